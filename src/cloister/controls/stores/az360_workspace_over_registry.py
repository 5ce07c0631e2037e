"""AZ360: the workspace may pull images, and not change their registry."""

from collections.abc import Iterable, Iterator

from cloister.access.azure.definitions import Operation
from cloister.ask.rights.principals import own_identity
from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.sources import lately, network_security_guide
from cloister.inventory.azure import Inventory, Workspace
from cloister.verdict import Answer

_PULL = Operation("Microsoft.ContainerRegistry/registries/pull/read")
_CHANGE = Operation("Microsoft.ContainerRegistry/registries/write")

CONTROL = Control(
    id="AZ360",
    title="The identity of each workspace may pull from its registry, and not change the registry itself",
    why="Without a right to pull, no job has an image; with the right to change the registry, whoever runs code "
    "in the workspace can switch its doors back on.",
    remedy="Assign AcrPull, and AcrPush where the workspace builds, to the workspace's identity on the registry, "
    "in the place of Contributor.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.REACH,
    sources=(
        network_security_guide("Azure Container Registry: the workspace's managed identity has a role on it"),
        lately(
            "Set up service authentication",
            "Azure Container Registry: AcrPull and AcrPush",
            "azure/machine-learning/how-to-identity-based-service-authentication",
        ),
    ),
    aliases=("S0-29",),
    question="Which role on its registry did Azure give the workspace's identity, and can it do no more than pull and "
    "push?",
)


def subjects(inventory: Inventory) -> Iterable[Workspace]:
    """Every workspace with a registry."""
    return [workspace for workspace in inventory.workspaces if workspace.container_registry]


def check(workspace: Workspace, environment: Environment) -> Iterator[Finding | Due]:
    """A finding where it may change the registry; due where no assignment that is stated lets it pull."""
    inventory, registry = environment.inventory, workspace.container_registry or ""
    who, rights, thing = own_identity(inventory, workspace.name), environment.rights, f'workspace "{workspace.name}"'
    change = rights.by_role(who, _CHANGE, registry) if who else None
    if change and change.answer is Answer.ALLOW:
        message = f"it may change {registry}: {change.reason}"
        yield CONTROL.finding(thing, message, at=workspace.origin.of("identity"))
    elif who is None or rights.by_role(who, _PULL, registry).answer is not Answer.ALLOW:
        yield CONTROL.due(thing, at=workspace.origin.of("identity"))
