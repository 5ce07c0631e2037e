"""AZ243: training code is signed."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.policies import regulated
from cloister.controls.sources import azure_policy, well_architected
from cloister.inventory.azure import Inventory, Workspace

_SIGNING = "6a6f7384-63de-11ea-bc55-0242ac130003"

CONTROL = Control(
    id="AZ243",
    title="Training code is signed before it runs",
    why="Whoever can write to a repository or a share decides what runs with the rights of the job, and nobody sees "
    "it before.",
    remedy="Assign the policy that requires signed code, with the public key.",
    severity=Severity.LOW,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        well_architected("Security: require code used for training to be signed"),
        azure_policy("[Preview]: Configure code signing for training code", "AllowedSigningKey_EnforceSetting"),
    ),
    aliases=(
        "WAF-SEC-C8",
        "AzurePolicy 6a6f7384-63de-11ea-bc55-0242ac130003",
    ),
    question="is training code signed, and what refuses code that is not",
)


def subjects(inventory: Inventory) -> Iterable[Workspace]:
    """Every workspace."""
    return inventory.workspaces


def check(workspace: Workspace, environment: Environment) -> Iterator[Finding | Due]:
    """A finding where the policy is assigned and stops nothing; due where none is stated."""
    yield from regulated(CONTROL, workspace, environment.inventory, _SIGNING)
