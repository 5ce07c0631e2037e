"""AZ324: what goes between spokes past the hub is judged all the same."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import lately
from cloister.facts.azure_subnets import NAMED_SUBNETS
from cloister.inventory.azure import Inventory, Peering

CONTROL = Control(
    id="AZ324",
    title="Spokes that are peered past the hub have a filter before every subnet",
    why="A peering between spokes goes around the firewall of the hub: only the filters of the subnets are left "
    "to judge what passes.",
    remedy="Let the spokes reach each other through the hub, or put a filter before each subnet at both ends.",
    severity=Severity.LOW,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        lately(
            "Hub-spoke network topology in Azure",
            "Spoke virtual networks: communication through a hub appliance or by peering",
            "azure/architecture/networking/architecture/hub-spoke",
        ),
    ),
    aliases=("S3-S3",),
)


def subjects(inventory: Inventory) -> Iterable[Peering]:
    """Halves of peerings between two networks that are both peered with a network that has a firewall or a gateway."""
    hubs = {one.network for one in inventory.firewalls} | {one.network for one in inventory.gateways}
    peers: dict[str, set[str]] = {}
    for half in inventory.peerings:
        peers.setdefault(half.network, set()).add(half.remote)
    return [
        half
        for half in inventory.peerings
        if not {half.network, half.remote} & hubs and peers[half.network] & peers.get(half.remote, set()) & hubs
    ]


def check(half: Peering, environment: Environment) -> Iterator[Finding]:
    """A finding for each subnet of the half's own network that has no filter; the other half is asked for its own."""
    network = environment.inventory.network(half.network)
    for subnet in network.subnets if network else ():
        if subnet.network_security_group is None and subnet.name not in NAMED_SUBNETS:
            yield CONTROL.finding(
                f'subnet "{half.network}/{subnet.name}"',
                f"{half.remote} reaches it past the hub, and no filter stands before it",
                at=subnet.origin.of("network_security_group"),
                mend=f"name a network security group for it, or remove the peering with {half.remote}",
            )
