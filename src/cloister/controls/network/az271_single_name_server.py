"""AZ271: names are found when a server fails."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.facts.tables import platform_addresses
from cloister.inventory.azure import Inventory, VirtualNetwork

CONTROL = Control(
    id="AZ271",
    title="No network depends on one machine for its names",
    why="When that machine is down nothing finds anything: no job starts, nobody signs in, and every trace says "
    "something else.",
    remedy="Add a second name server, or use the firewall's DNS proxy, a private resolver or Azure DNS.",
    severity=Severity.MEDIUM,
    pillar=Pillar.RELIABILITY,
    decided=Decided.INVENTORY,
    sources=(checkov("CKV_AZURE_182", "Ensure that VNET has at least 2 connected DNS Endpoints"),),
    aliases=("CKV_AZURE_182",),
)


def subjects(inventory: Inventory) -> Iterable[VirtualNetwork]:
    """Every network with name servers of its own."""
    return [network for network in inventory.networks if network.dns_servers]


def check(network: VirtualNetwork, environment: Environment) -> Iterator[Finding]:
    """A finding where the only one is no service that stands on several machines."""
    inventory = environment.inventory
    several = {str(one.private_ip) for one in inventory.firewalls}
    several |= {str(end.private_ip) for one in inventory.dns_resolvers for end in one.inbound_endpoints}
    several |= {str(one.private_ip) for balancer in inventory.load_balancers for one in balancer.frontends}
    several.add(platform_addresses()[0].address)
    only = network.dns_servers[0]
    if len(set(network.dns_servers)) == 1 and str(only) not in several:
        yield CONTROL.finding(
            f'network "{network.name}"',
            f"all its names depend on {only}",
            at=network.origin.of("dns_servers"),
            mend="add a second name server to its dns_servers",
        )
