"""AZ244: components come from known authors."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.policies import regulated
from cloister.controls.sources import azure_policy
from cloister.inventory.azure import Inventory, Workspace

_AUTHORS = "53c70b02-63dd-11ea-bc55-0242ac130003"

CONTROL = Control(
    id="AZ244",
    title="Only components of approved authors run",
    why="A component is code with the rights of the job, and everybody in the workspace may register one.",
    remedy="Assign the policy that names the allowed authors.",
    severity=Severity.LOW,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        azure_policy(
            "[Preview]: Configure allowed module authors for specified Azure Machine Learning computes",
            "AllowedModuleAuthors_EnforceSetting",
        ),
    ),
    aliases=("AzurePolicy 53c70b02-63dd-11ea-bc55-0242ac130003",),
    question="whose components may run, and what stops others",
)


def subjects(inventory: Inventory) -> Iterable[Workspace]:
    """Every workspace."""
    return inventory.workspaces


def check(workspace: Workspace, environment: Environment) -> Iterator[Finding | Due]:
    """A finding where the policy is assigned and stops nothing; due where none is stated."""
    yield from regulated(CONTROL, workspace, environment.inventory, _AUTHORS)
