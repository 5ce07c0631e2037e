"""AZ245: somebody is asked before a job runs."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.policies import regulated
from cloister.controls.sources import azure_policy
from cloister.inventory.azure import Inventory, Workspace

_APPROVAL = "3948394e-63de-11ea-bc55-0242ac130003"

CONTROL = Control(
    id="AZ245",
    title="A job runs only after an approval, where that is needed",
    why="What a job does with data is decided when it starts, and afterwards it is done.",
    remedy="Assign the policy that calls an approval endpoint before jobs run.",
    severity=Severity.LOW,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        azure_policy(
            "[Preview]: Configure an approval endpoint called prior to jobs running", "ApprovalEndpoint_EnforceSetting"
        ),
    ),
    aliases=("AzurePolicy 3948394e-63de-11ea-bc55-0242ac130003",),
    question="must somebody approve a job before it runs, and what asks for it",
)


def subjects(inventory: Inventory) -> Iterable[Workspace]:
    """Every workspace."""
    return inventory.workspaces


def check(workspace: Workspace, environment: Environment) -> Iterator[Finding | Due]:
    """A finding where the policy is assigned and stops nothing; due where none is stated."""
    yield from regulated(CONTROL, workspace, environment.inventory, _APPROVAL)
