"""Large environments to measure on: a hub with a firewall, spokes behind it, thousands of interfaces, 20 rules a group.

Of the rules 30 % are about any source, 80 % about one port. A quarter of the interfaces has a group of its own, every
subnet has one. From one spoke to another the way leads through the firewall; each spoke has private endpoints.
"""

from ipaddress import IPv4Address, IPv4Network
from random import Random
from typing import Literal

from cloister.inventory.azure import (
    Cloud,
    Firewall,
    Inventory,
    Machine,
    NetworkRule,
    NetworkSecurityGroup,
    Peering,
    PrivateEndpoint,
    Route,
    RouteTable,
    RuleCollection,
    RuleCollectionGroup,
    SecurityRule,
    StorageAccount,
    Subnet,
    VirtualNetwork,
)
from cloister.origin import Origin

HERE = Origin("large.yaml", 1)
SPOKES = 25
MACHINES_A_SUBNET = 4
RULES_A_DIRECTION = 10
ENDPOINTS_A_SPOKE = 20
FIREWALL_RULES = 60
_FIRST_MACHINE = 5
_ANY_SOURCE, _ONE_PORT, _WHOLE_PREFIX = 0.3, 0.8, 24
_PORTS = (
    "22",
    "53",
    "80",
    "443",
    "445",
    "1433",
    "3306",
    "3389",
    "5432",
    "6379",
    "8080",
    "8443",
    "8787",
    "9092",
    "27017",
)
_RANGES = ("1-1024", "8000-9000", "40000-50000", "*")
_FIREWALL = IPv4Address("10.0.0.4")


def large_environment(interfaces: int, seed: int = 1) -> Inventory:
    """An environment with so many interfaces, half as many security groups, and ten times as many rules."""
    random = Random(seed)  # noqa: S311 - an environment to measure on
    subnets = [(spoke, index) for spoke in range(SPOKES) for index in range(interfaces // MACHINES_A_SUBNET // SPOKES)]
    machines = [_machine(spoke, index, number) for spoke, index in subnets for number in range(MACHINES_A_SUBNET)]
    groups = [f"{machine.network_security_group}" for machine in machines if machine.network_security_group]
    groups += [f"subnet-{spoke}-{index}" for spoke, index in subnets]
    return Inventory(
        name=f"large-{interfaces}",
        cloud=Cloud.PUBLIC,
        region="westeurope",
        networks=(_hub(), *(_spoke(spoke, sum(1 for one, _ in subnets if one == spoke)) for spoke in range(SPOKES))),
        peerings=tuple(_peerings()),
        network_security_groups=tuple(
            NetworkSecurityGroup(name=name, rules=tuple(_rules(random)), origin=HERE) for name in groups
        ),
        route_tables=tuple(_route_table(number) for number in range(4)),
        firewalls=(_firewall(random),),
        machines=tuple(machines),
        private_endpoints=tuple(
            _endpoint(spoke, number) for spoke in range(SPOKES) for number in range(ENDPOINTS_A_SPOKE)
        ),
        storage_accounts=(StorageAccount(name="store", public_network_access=False, origin=HERE),),
        origin=HERE,
    )


def _space(spoke: int) -> IPv4Network:
    return IPv4Network((int(IPv4Address("10.0.0.0")) + ((spoke + 1) << 16), 16))


def _prefix(spoke: int, index: int) -> IPv4Network:
    """The subnet with that index: /26, so that a spoke has room for a thousand of them."""
    return IPv4Network((int(_space(spoke).network_address) + (index << 6), 26))


def _hub() -> VirtualNetwork:
    subnet = Subnet(name="AzureFirewallSubnet", prefix=IPv4Network("10.0.0.0/26"), origin=HERE)
    return VirtualNetwork(
        name="hub", resource_group="rg", address_space=(IPv4Network("10.0.0.0/16"),), subnets=(subnet,), origin=HERE
    )


def _spoke(spoke: int, count: int) -> VirtualNetwork:
    subnets = [
        Subnet(
            name=f"s{index}",
            prefix=_prefix(spoke, index),
            network_security_group=f"subnet-{spoke}-{index}",
            route_table=f"routes-{index % 4}",
            default_outbound_access=False,
            origin=HERE,
        )
        for index in range(count)
    ]
    ends = Subnet(name="endpoints", prefix=_prefix(spoke, 1023), origin=HERE)
    return VirtualNetwork(
        name=f"spoke-{spoke}",
        resource_group="rg",
        address_space=(_space(spoke),),
        subnets=(*subnets, ends),
        origin=HERE,
    )


def _peerings() -> list[Peering]:
    names = [f"spoke-{spoke}" for spoke in range(SPOKES)]
    halves = [*(("hub", name) for name in names), *((name, "hub") for name in names)]
    return [Peering(network=one, remote=two, allow_forwarded_traffic=True, origin=HERE) for one, two in halves]


def _route_table(number: int) -> RouteTable:
    """Everything to the firewall; two of the tables leave out the way from spoke to spoke."""
    prefixes = ["0.0.0.0/0", "10.0.0.0/8"] if number % 2 else ["0.0.0.0/0", "10.0.0.0/12"]
    routes = tuple(
        Route(name=f"r{at}", prefix=prefix, next_hop_type="VirtualAppliance", next_hop=_FIREWALL, origin=HERE)
        for at, prefix in enumerate(prefixes)
    )
    return RouteTable(name=f"routes-{number}", routes=routes, bgp_route_propagation=number < 2, origin=HERE)  # noqa: PLR2004 - half of them


def _machine(spoke: int, index: int, number: int) -> Machine:
    name = f"m-{spoke}-{index}-{number}"
    return Machine(
        name=name,
        purpose="other",
        subnet=f"spoke-{spoke}/s{index}",
        private_ip=_prefix(spoke, index)[_FIRST_MACHINE + number],
        network_security_group=f"interface-{name}" if number == 0 else None,
        origin=HERE,
    )


def _endpoint(spoke: int, number: int) -> PrivateEndpoint:
    return PrivateEndpoint(
        name=f"end-{spoke}-{number}",
        subnet=f"spoke-{spoke}/endpoints",
        target="store",
        subresource="blob",
        private_ips=(_prefix(spoke, 1023)[_FIRST_MACHINE + number],),
        origin=HERE,
    )


def _rules(random: Random) -> list[SecurityRule]:
    directions: tuple[Literal["Inbound", "Outbound"], ...] = ("Inbound", "Outbound")
    return [
        SecurityRule(
            name=f"{direction.lower()}-{number}",
            priority=100 + 10 * number,
            direction=direction,
            access="Allow" if random.random() < 0.6 else "Deny",  # noqa: PLR2004 - a share
            protocol=random.choice(("Tcp", "Tcp", "Tcp", "Udp", "*")),
            source=("*",) if random.random() < _ANY_SOURCE else (_some_prefix(random),),
            destination=(_some_prefix(random),),
            destination_ports=(random.choice(_PORTS if random.random() < _ONE_PORT else _RANGES),),
            origin=HERE,
        )
        for direction in directions
        for number in range(RULES_A_DIRECTION)
    ]


def _some_prefix(random: Random) -> str:
    length = random.choice((8, 12, 16, 16, 20, _WHOLE_PREFIX, _WHOLE_PREFIX, 26, 32))
    address = int(IPv4Address("10.0.0.0")) + random.randrange(SPOKES + 1 << 16)
    return str(IPv4Network((address >> (32 - length) << (32 - length), length)))


def _firewall(random: Random) -> Firewall:
    rules = tuple(
        NetworkRule(
            name=f"n{number}",
            protocols=("TCP",),
            sources=(_some_prefix(random),),
            destinations=(_some_prefix(random),),
            ports=(random.choice(_PORTS),),
            origin=HERE,
        )
        for number in range(FIREWALL_RULES)
    )
    collection = RuleCollection(name="c", priority=100, action="Allow", rules=rules, kind="network", origin=HERE)
    group = RuleCollectionGroup(name="g", priority=100, collections=(collection,), origin=HERE)
    return Firewall(name="fw", network="hub", private_ip=_FIREWALL, rule_collection_groups=(group,), origin=HERE)
