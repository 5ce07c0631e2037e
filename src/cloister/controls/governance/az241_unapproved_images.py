"""AZ241: images come from registries that somebody approved."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.policies import regulated
from cloister.controls.sources import azure_policy, security_baseline, well_architected
from cloister.inventory.azure import Inventory, Workspace

_ALLOWED_REGISTRIES = "5853517a-63de-11ea-bc55-0242ac130003"

CONTROL = Control(
    id="AZ241",
    title="Computes run only images of approved registries",
    why="An image brings its own programs. One from a registry of strangers runs their programs beside your data.",
    remedy="Assign the policy that names the allowed registries.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        well_architected("Security: regulate access to approved container registries"),
        security_baseline(
            "PV-3: Define and establish secure configurations for compute resources, custom containers images"
        ),
        azure_policy(
            "[Preview]: Configure allowed registries for specified Azure Machine Learning computes",
            "AllowedACRs_EnforceSetting",
        ),
    ),
    aliases=(
        "WAF-SEC-C6",
        "MSB-PV-3",
        "AzurePolicy 5853517a-63de-11ea-bc55-0242ac130003",
    ),
    question="which container registries may computes pull from, and what stops others",
)


def subjects(inventory: Inventory) -> Iterable[Workspace]:
    """Every workspace."""
    return inventory.workspaces


def check(workspace: Workspace, environment: Environment) -> Iterator[Finding | Due]:
    """A finding where the policy is assigned and stops nothing; due where none is stated."""
    yield from regulated(CONTROL, workspace, environment.inventory, _ALLOWED_REGISTRIES)
