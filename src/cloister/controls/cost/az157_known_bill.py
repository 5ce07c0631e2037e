"""AZ157: the bill of the network is no surprise."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import network_security_guide, price
from cloister.controls.wording import listed
from cloister.inventory.azure import Inventory

_CHARGED = (
    ("private_endpoints", "private endpoint"),
    ("private_dns_zones", "private zone"),
    ("gateways", "gateway"),
    ("bastions", "bastion"),
    ("firewalls", "firewall"),
    ("nat_gateways", "NAT gateway"),
    ("public_ips", "public address"),
    ("dns_resolvers", "resolver"),
)
"""What is paid for by its number; a virtual network itself costs nothing."""

CONTROL = Control(
    id="AZ157",
    title="The monthly price of the network is estimated and accepted",
    why="A virtual network costs nothing, and what closes it does: who learns the sum from the first bill takes parts "
    "of it away again.",
    remedy="Multiply what is counted here with the prices of the region, and have the sum accepted.",
    severity=Severity.LOW,
    pillar=Pillar.COST,
    decided=Decided.ATTESTED,
    sources=(
        network_security_guide("Next steps: Azure Virtual Network pricing"),
        price("Virtual Network", "a virtual network is free of charge", "virtual-network"),
    ),
    aliases=("S0-C1",),
    question="What does the network cost in a month, and who accepted that?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """The environment as a whole."""
    return (inventory,)


def check(inventory: Inventory, _: Environment) -> Iterator[Due]:
    """Due, with what is charged for by its number."""
    counted = [(len(getattr(inventory, section)), word) for section, word in _CHARGED]
    words = [f"{count} {word}{'' if count == 1 else 's'}" for count, word in counted if count]
    message = f"what the network costs in a month is not stated: {listed(words)}" if words else ""
    yield CONTROL.due("the environment", at=inventory.origin, message=message)
