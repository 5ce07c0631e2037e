"""AZ154: one Bastion for all networks that are peered."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.cost.shared import standing_before
from cloister.controls.sources import lately, price
from cloister.inventory.azure import Bastion, Inventory

CONTROL = Control(
    id="AZ154",
    title="Networks that are peered share one Bastion",
    why="A Bastion costs by the hour and by each unit of scale; it reaches the machines of every peered network.",
    remedy="Keep the Bastion of the hub, and remove the others.",
    severity=Severity.LOW,
    pillar=Pillar.COST,
    decided=Decided.INVENTORY,
    sources=(
        lately("Virtual network peering and Azure Bastion", "Overview", "azure/bastion/vnet-peering"),
        price(
            "Azure Bastion", "a Bastion by the hour and SKU, further scale units, data out by the GB", "azure-bastion"
        ),
    ),
    aliases=("S0-C7",),
)


def subjects(inventory: Inventory) -> Iterable[Bastion]:
    """Every Bastion."""
    return inventory.bastions


def check(bastion: Bastion, environment: Environment) -> Iterator[Finding]:
    """A finding for one that stands beside another."""
    for second, first in standing_before(environment.inventory, environment.inventory.bastions):
        if second == bastion:
            message = f"{second.network} and {first.network} are peered, or have one hub, and {first.name} reaches both"
            yield CONTROL.finding(f'bastion "{bastion.name}"', message, at=bastion.origin, mend=f"use {first.name}")
