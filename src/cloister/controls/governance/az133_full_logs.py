"""AZ133: full logs of jobs go where they are kept."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.policies import regulated
from cloister.controls.sources import azure_policy
from cloister.inventory.azure import Inventory, Workspace

_FULL_LOGS = "1d413020-63de-11ea-bc55-0242ac130003"

CONTROL = Control(
    id="AZ133",
    title="A policy says which logs of jobs are kept in full, and where",
    why="A job's own logs may hold what nobody should read, and what an investigation needs: without the policy each "
    "job decides for itself.",
    remedy="Assign the policy, with its logFilters and its datastore.",
    severity=Severity.LOW,
    pillar=Pillar.OPERATIONS,
    decided=Decided.INVENTORY,
    sources=(
        azure_policy(
            "[Preview]: Configure log filter expressions and datastore to be used for full logs",
            "AllowedLogFilter_EnforceSetting",
        ),
    ),
    aliases=("AzurePolicy 1d413020-63de-11ea-bc55-0242ac130003",),
    question="Which logs of jobs are kept in full, and where?",
)


def subjects(inventory: Inventory) -> Iterable[Workspace]:
    """Every workspace."""
    return inventory.workspaces


def check(workspace: Workspace, environment: Environment) -> Iterator[Finding | Due]:
    """A finding where the policy is assigned and sets nothing; due where none is stated."""
    yield from regulated(CONTROL, workspace, environment.inventory, _FULL_LOGS)
