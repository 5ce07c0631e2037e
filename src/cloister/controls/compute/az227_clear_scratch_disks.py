"""AZ227: what jobs leave on local disks is encrypted."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import lately, security_baseline
from cloister.inventory.azure import Compute, Inventory

CONTROL = Control(
    id="AZ227",
    title="Nothing sensitive lies on the local disks of nodes unencrypted",
    why="Azure encrypts the temporary disks of nodes only in workspaces of high business impact. What a job leaves "
    "there lies open.",
    remedy="Create the workspace with high_business_impact, or keep sensitive data off local disks.",
    severity=Severity.LOW,
    pillar=Pillar.SECURITY,
    decided=Decided.ATTESTED,
    sources=(
        security_baseline("DP-4: Enable data at rest encryption by default"),
        lately(
            "Data encryption with Azure Machine Learning",
            "Machine Learning Compute: temporary disk",
            "azure/machine-learning/concept-data-encryption",
        ),
    ),
    aliases=("MSB-DP-4",),
    question="does no job write sensitive data to the local disk of its node",
)


def subjects(inventory: Inventory) -> Iterable[Compute]:
    """Every instance and cluster."""
    return inventory.computes


def check(compute: Compute, environment: Environment) -> Iterator[Due]:
    """Due where the workspace is not one of high business impact."""
    workspace = environment.inventory.workspace_of(compute)
    if workspace is None or not workspace.high_business_impact:
        yield CONTROL.due(f'compute {compute.kind} "{compute.name}"', at=compute.origin)
