"""AZ337: computes and their workspace are of one subscription."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import training_guide
from cloister.inventory.azure import Compute, Inventory, ResourceGroup
from cloister.inventory.azure.placement import group_of, service_group

CONTROL = Control(
    id="AZ337",
    title="The network of each compute is in the subscription of its workspace",
    why="The service does not put computes into a network of another subscription: their creation fails.",
    remedy="Put the computes into a network of the workspace's subscription, and peer it with the other.",
    severity=Severity.HIGH,
    pillar=Pillar.OPERATIONS,
    decided=Decided.INVENTORY,
    sources=(training_guide("Prerequisites: the network is in the same subscription as the workspace"),),
    aliases=("S2-01",),
)


def subjects(inventory: Inventory) -> Iterable[Compute]:
    """Computes in subnets, where resource groups are said to be of several subscriptions."""
    stated = {group.subscription for group in inventory.resource_groups if group.subscription}
    return [one for one in inventory.computes if one.subnet and stated]


def check(compute: Compute, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding where the two differ, a doubt where one of them is not stated."""
    inventory, thing = environment.inventory, f'compute {compute.kind} "{compute.name}"'
    workspace = inventory.workspace_of(compute)
    if workspace is None:
        return
    names = group_of(inventory, compute.subnet or ""), service_group(inventory, workspace.name)
    here, there = (_subscription(inventory.resource_groups, name) for name in names)
    if names[0] == names[1] or (here and here == there):
        return
    if here and there:
        message = f"its network is in subscription {here}, and workspace {workspace.name} in {there}"
        yield CONTROL.finding(thing, message, at=compute.origin.of("subnet"))
        return
    missing = names[1] if here else names[0]
    message = f"of which subscription resource group {missing} is, is not stated"
    yield CONTROL.doubt(
        thing, message, at=compute.origin, mend=f"state the subscription of {missing} under resource_groups"
    )


def _subscription(groups: tuple[ResourceGroup, ...], name: str) -> str | None:
    return next((group.subscription for group in groups if group.name == name), None)
