"""AZ155: one firewall for all networks of a hub."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.cost.shared import standing_before
from cloister.controls.sources import network_security_guide, price
from cloister.inventory.azure import Firewall, Inventory

CONTROL = Control(
    id="AZ155",
    title="Networks of one hub share its firewall",
    why="A firewall costs by the hour more than most that stands behind it; each further one also doubles the rules "
    "that somebody has to keep alike.",
    remedy="Route the spokes through the firewall of the hub.",
    severity=Severity.LOW,
    pillar=Pillar.COST,
    decided=Decided.INVENTORY,
    sources=(
        network_security_guide("Azure Firewall in the hub"),
        price("Azure Firewall", "a firewall by the hour and SKU, data by the GB", "azure-firewall"),
    ),
    aliases=("S0-C8",),
)


def subjects(inventory: Inventory) -> Iterable[Firewall]:
    """Every firewall."""
    return inventory.firewalls


def check(firewall: Firewall, environment: Environment) -> Iterator[Finding]:
    """A finding for one that stands beside another."""
    for second, first in standing_before(environment.inventory, environment.inventory.firewalls):
        if second == firewall:
            message = (
                f"{second.network} and {first.network} are peered, or have one hub, and {first.name} could serve both"
            )
            mend = f"route {second.network} through {first.name}, or move one firewall for both to the hub"
            yield CONTROL.finding(f'firewall "{firewall.name}"', message, at=firewall.origin, mend=mend)
