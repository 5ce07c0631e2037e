"""AZ228: a workspace acts as an identity that outlives it, where that is required."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.sources import azure_policy, psrule
from cloister.inventory.azure import Inventory, Workspace

CONTROL = Control(
    id="AZ228",
    title="Workspaces act as user-assigned identities, where the owner requires it",
    why="An identity that lives apart keeps its roles when the workspace is made anew, and somebody decided each of "
    "them.",
    remedy="Set the workspace's identity to UserAssigned.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        psrule("Azure.ML.UserManagedIdentity", "ML workspaces should use user-assigned managed identity"),
        azure_policy(
            "Azure Machine Learning workspaces should use user-assigned managed identity", "Workspace_UAIEnabled_Audit"
        ),
    ),
    aliases=(
        "PSRule Azure.ML.UserManagedIdentity AZR-000407",
        "AzurePolicy 5f0c7d88-c7de-45b8-ac49-db49e72eaa78",
    ),
    question="must workspaces act as identities that live apart from them",
)


def subjects(inventory: Inventory) -> Iterable[Workspace]:
    """Every workspace, unless the owner requires nothing."""
    required = inventory.requirements.user_assigned_identities if inventory.requirements else None
    return () if required is False else inventory.workspaces


def check(workspace: Workspace, environment: Environment) -> Iterator[Finding | Due]:
    """A finding where its own identity is the system's and that is not enough; due where nobody says."""
    required, place = environment.inventory.requirements, workspace.origin.of("identity")
    thing = f'workspace "{workspace.name}"'
    if workspace.identity == "UserAssigned":
        return
    if required is None or required.user_assigned_identities is None:
        mend = f"state user_assigned_identities under requirements, or attest {CONTROL.id}"
        yield CONTROL.due(thing, at=place, mend=mend)
        return
    message = "its identity goes with it, and the owner requires one that lives apart"
    yield CONTROL.finding(thing, message, at=place, mend="set identity: UserAssigned")
