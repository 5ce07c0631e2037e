"""AZ341: Databricks stands where its workspace stands."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.databricks import homes_of
from cloister.controls.sources import training_guide
from cloister.inventory.azure import Inventory, OtherService
from cloister.inventory.azure.placement import group_of, service_group

CONTROL = Control(
    id="AZ341",
    title="The network of each Databricks workspace is in the subscription and the region of the machine-learning "
    "workspace",
    why="The service does not attach a cluster that stands elsewhere.",
    remedy="Put Databricks into a network of the same subscription and region.",
    severity=Severity.HIGH,
    pillar=Pillar.OPERATIONS,
    decided=Decided.INVENTORY,
    sources=(training_guide("Azure Databricks: same subscription and region as the workspace"),),
    aliases=("S2-14",),
)


def subjects(inventory: Inventory) -> Iterable[OtherService]:
    """Databricks workspaces with nodes in a network, beside a machine-learning workspace."""
    return homes_of(inventory) if inventory.workspaces else ()


def check(service: OtherService, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for another region or subscription, a doubt where the subscription of one of them is not stated."""
    inventory, thing = environment.inventory, f'service "{service.name}"'
    for workspace in inventory.workspaces:
        here, there = service.location or inventory.region, workspace.location or inventory.region
        if here != there:
            message = f"it stands in {here}, and workspace {workspace.name} in {there}"
            yield CONTROL.finding(thing, message, at=service.origin.of("location"))
        stated = {group.name: group.subscription for group in inventory.resource_groups}
        own, other = group_of(inventory, service.subnets[0]), service_group(inventory, workspace.name)
        if own == other or not any(stated.values()):
            continue
        mine, theirs = stated.get(own), stated.get(other)
        if mine and theirs and mine != theirs:
            message = f"its network is in subscription {mine}, and workspace {workspace.name} in {theirs}"
            yield CONTROL.finding(thing, message, at=service.origin.of("subnets"))
        elif not (mine and theirs):
            missing = own if theirs else other
            message = f"of which subscription resource group {missing} is, is not stated"
            mend = f"state the subscription of {missing} under resource_groups"
            yield CONTROL.doubt(thing, message, at=service.origin, mend=mend)
