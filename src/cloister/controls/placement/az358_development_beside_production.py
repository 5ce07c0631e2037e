"""AZ358: development and production stand apart."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import lately
from cloister.inventory.azure import Inventory, Workspace
from cloister.inventory.azure.placement import group_of

_EXPLORING = "inner"
_REGISTRY = "ml-registry"
Pair = tuple[Workspace, Workspace]
"""A workspace in which people explore, and one in which nobody does."""

CONTROL = Control(
    id="AZ358",
    title="Workspaces in which people explore share no network, peering or resource group with those that serve",
    why="Development is open so that people can work, and production is closed so that nobody gets in: one "
    "network or one group of rights for both makes the second as open as the first.",
    remedy="Give production a network and a resource group of its own, and let assets go over through a registry.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        lately(
            "Set up MLOps with Azure Machine Learning registries",
            "Share models, components, and environments across workspaces",
            "azure/machine-learning/how-to-share-models-pipelines-across-workspaces-with-registries",
        ),
    ),
    aliases=("S3-R5",),
)


def subjects(inventory: Inventory) -> Iterable[Pair]:
    """Each workspace in which people explore with each in which nobody does; loops that are not stated are all."""
    exploring = [one for one in inventory.workspaces if not one.loops or _EXPLORING in one.loops]
    return [(one, other) for one in exploring for other in inventory.workspaces if other not in exploring]


def check(pair: Pair, environment: Environment) -> Iterator[Finding]:
    """A finding for each network, peering and resource group that the two share, and for the lack of a registry."""
    inventory, (open_, closed) = environment.inventory, pair
    thing, place = f'workspace "{closed.name}"', closed.origin
    mine, theirs = _homes(inventory, open_), _homes(inventory, closed)
    for network in sorted(mine & theirs):
        yield CONTROL.finding(thing, f"it stands in network {network}, and so does {open_.name}", at=place)
    for half in inventory.peerings:
        if half.network in mine - theirs and half.remote in theirs - mine:
            message = f"its network {half.remote} is peered with {half.network} of {open_.name}"
            mend = "remove the peering: what both need goes through the hub and a registry"
            yield CONTROL.finding(thing, message, at=half.origin, mend=mend)
    for group in sorted({group_of(inventory, one) for one in mine} & {group_of(inventory, one) for one in theirs}):
        message = (
            f"it is in resource group {group}, and so is {open_.name}: whoever may change one may change the other"
        )
        mend = "state another resource_group for its network"
        yield CONTROL.finding(thing, message, at=place, mend=mend)
    if not any(service.kind == _REGISTRY for service in inventory.services):
        message = f"no registry stands between it and {open_.name}"
        yield CONTROL.finding(thing, message, at=place, mend=f"add a service of kind {_REGISTRY}")


def _homes(inventory: Inventory, workspace: Workspace) -> set[str]:
    """The networks of a workspace's private endpoints and computes."""
    subnets = {one.subnet for one in inventory.private_endpoints if one.target == workspace.name}
    subnets |= {one.subnet or "" for one in inventory.computes if inventory.workspace_of(one) is workspace}
    return {subnet.partition("/")[0] for subnet in subnets} - {""}
