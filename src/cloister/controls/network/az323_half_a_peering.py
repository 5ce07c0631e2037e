"""AZ323: peerings have two halves that let traffic through."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import lately, network_security_guide
from cloister.inventory.azure import Inventory, Peering, VirtualNetwork

CONTROL = Control(
    id="AZ323",
    title="Each peering has both halves, lets traffic through, and joins networks that share no addresses",
    why="A peering with one half stays initiated and carries nothing; networks that share addresses cannot be "
    "joined, and renumbering them later stops everything in them.",
    remedy="Declare the other half, allow access in both, and give the networks address spaces of their own.",
    severity=Severity.CRITICAL,
    pillar=Pillar.RELIABILITY,
    decided=Decided.INVENTORY,
    sources=(
        network_security_guide("Virtual Network peering: both halves with allow_virtual_network_access"),
        lately(
            "Create, change, or delete a virtual network peering",
            "Requirements and constraints; Create a peering",
            "azure/virtual-network/virtual-network-manage-peering",
        ),
    ),
    aliases=("S0-19", "S0-20", "S3-R2"),
)


def subjects(inventory: Inventory) -> Iterable[Peering]:
    """Every half of a peering."""
    return inventory.peerings


def check(half: Peering, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for what the half lacks, a doubt where the remote network is not described."""
    inventory, thing = environment.inventory, f'peering "{half.network} to {half.remote}"'
    home, remote = inventory.network(half.network), inventory.network(half.remote)
    if home is None or remote is None:
        message = f"network {half.remote} is not described, so its half and its addresses are not known"
        yield CONTROL.doubt(thing, message, at=half.origin, mend=f"describe network {half.remote}")
        return
    if not any((one.network, one.remote) == (half.remote, half.network) for one in inventory.peerings):
        mend = f"add a peering to {half.network} in network {half.remote}"
        yield CONTROL.finding(thing, f"{half.remote} has no half of its own", at=half.origin, mend=mend)
    if not half.allow_virtual_network_access:
        place = half.origin.of("allow_virtual_network_access")
        mend = "set allow_virtual_network_access: true, or remove the peering"
        yield CONTROL.finding(thing, "allow_virtual_network_access is false", at=place, mend=mend)
    for mine, theirs in _shared(half, home, remote):
        mend = "give one of the two another prefix"
        yield CONTROL.finding(thing, f"{mine} here and {theirs} there overlap", at=half.origin, mend=mend)


def _shared(half: Peering, home: VirtualNetwork, remote: VirtualNetwork) -> Iterator[tuple[IPv4Network, IPv4Network]]:
    """The prefixes of both sides that overlap, of the networks or else of the subnets that are joined."""
    for mine in _joined(half, home, half.local_subnet_names):
        yield from ((mine, one) for one in _joined(half, remote, half.remote_subnet_names) if mine.overlaps(one))


def _joined(half: Peering, network: VirtualNetwork, names: tuple[str, ...]) -> tuple[IPv4Network, ...]:
    if half.peer_complete_virtual_networks_enabled:
        return network.address_space
    return tuple(subnet.prefix for subnet in network.subnets if subnet.name in names)
