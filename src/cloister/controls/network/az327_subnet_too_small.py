"""AZ327: subnets have room for all that may start in them."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.occupants import room_in
from cloister.controls.sources import lately, training_guide
from cloister.controls.wording import listed
from cloister.inventory.azure import Inventory, Subnet

CONTROL = Control(
    id="AZ327",
    title="Each subnet has an address for every instance, every node of its clusters, every machine and every endpoint",
    why="A cluster that finds no address stays below its size, and jobs wait; a subnet that is in use cannot be "
    "widened.",
    remedy="Give the subnet a larger prefix, or the clusters fewer nodes.",
    severity=Severity.HIGH,
    pillar=Pillar.RELIABILITY,
    decided=Decided.INVENTORY,
    sources=(
        training_guide("Prerequisites: the subnet contains enough free IP addresses"),
        lately(
            "Azure Virtual Network frequently asked questions",
            "Are there any restrictions on using IP addresses within these subnets?",
            "azure/virtual-network/virtual-networks-faq",
        ),
    ),
    aliases=("S2-06", "S3-S1"),
)


def subjects(inventory: Inventory) -> Iterable[tuple[str, Subnet]]:
    """The subnets that anything is known to stand in, by their full names."""
    named = ((f"{network.name}/{subnet.name}", subnet) for network, subnet in inventory.subnets())
    return [(name, subnet) for name, subnet in named if room_in(inventory, name, subnet).takers]


def check(named: tuple[str, Subnet], environment: Environment) -> Iterator[Finding]:
    """A finding where more may start than there are addresses. Azure keeps the first four of a subnet and the last."""
    name, subnet = named
    room = room_in(environment.inventory, name, subnet)
    if room.taken > room.usable:
        takers = listed(f"{who} ({count})" for who, count in room.takers)
        message = f"{subnet.prefix} has {room.usable} usable addresses for {takers}"
        yield CONTROL.finding(f'subnet "{name}"', message, at=subnet.origin.of("prefix"))
