"""Small environments by chance: every kind of thing that the way looks at, in odd company, from one seed each.

They are inventory values, so that lowering is exercised as well. They need not make sense, and some of what they hold
would be refused by a reader: prefixes that overlap, machines outside of their subnets, two things with one address.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network
from random import Random
from typing import Any, TypeVar

from cloister.inventory.azure import (
    AdminRule,
    AdminRuleCollection,
    ApplicationRule,
    ApplicationSecurityGroup,
    BalancerFrontend,
    BalancerOutboundRule,
    BalancingRule,
    Bastion,
    Cloud,
    Compute,
    Firewall,
    Gateway,
    Inventory,
    LoadBalancer,
    Machine,
    NatRule,
    NetworkRule,
    NetworkSecurityGroup,
    OnPremises,
    Peering,
    PrivateEndpoint,
    PrivateEndpointPolicies,
    PublicIp,
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

T = TypeVar("T")
HERE = Origin("random.yaml", 1)
SPACES = ["10.0.0.0/16", "10.1.0.0/16", "10.2.0.0/16", "10.2.0.0/17", "172.16.0.0/20", "20.30.0.0/16"]
SITES = ["192.168.0.0/16", "192.168.7.0/24", "10.9.0.0/16", "10.1.0.0/16"]
TAGS = ["VirtualNetwork", "Internet", "AzureLoadBalancer", "Storage", "AzureCloud", "AzureFrontDoor.Frontend"]
PLATFORM_TAGS = ["AzurePlatformDNS", "AzurePlatformIMDS"]
WIDE = ["*", "0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "192.168.0.0/16", "172.16.0.0/12", "20.0.0.0/8"]
PORTS = [("*",), ("443",), ("22",), ("53",), ("80", "443"), ("1-1024",), ("22", "443-450", "8080")]
SERVICES = ["Microsoft.Storage", "Microsoft.Storage.Global", "Microsoft.KeyVault"]
APPLICATION_GROUPS = ["web", "db"]
RESERVED = 4  # addresses at the start of a subnet that its machines do not have


class Chance:
    """One environment in the making."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - environments under test, not secrets
        self.subnets: list[tuple[str, IPv4Network]] = []
        self.sites: list[tuple[str, IPv4Network]] = []
        self.taken: list[IPv4Address] = []

    def maybe(self, share: float) -> bool:
        return self.random.random() < share

    def one(self, values: Sequence[T]) -> T:
        return self.random.choice(values)

    def some(self, values: Sequence[T], most: int) -> tuple[T, ...]:
        return tuple(self.random.sample(values, self.random.randint(1, min(most, len(values)))))

    def address(self, prefix: IPv4Network) -> IPv4Address:
        """An address of a prefix, now and then one that something else has, or one out of place."""
        if self.taken and self.maybe(0.04):
            return self.one(self.taken)
        if self.maybe(0.04):
            return IPv4Address(self.one(["10.9.9.9", "20.30.0.9", "168.63.129.16"]))
        last = prefix.num_addresses - 1
        address = prefix[self.random.randint(min(RESERVED, last), min(last, RESERVED + 12))]
        self.taken.append(address)
        return address

    def word(self, tags: Sequence[str] = ()) -> str:
        """A prefix, an address or a tag, mostly one that is about something."""
        near = [str(prefix) for _, prefix in (*self.subnets, *self.sites)]
        near += [str(prefix.supernet()) for _, prefix in self.subnets]
        near += [str(next(prefix.subnets())) for _, prefix in self.subnets if prefix.prefixlen < 32]
        near += [str(address) for address in self.taken]
        pools = [pool for pool in (near, near, WIDE, list(tags)) if pool]
        return self.one(self.one(pools))

    def group(self, name: str) -> NetworkSecurityGroup:
        priorities = self.random.sample(range(100, 130), self.random.randint(0, 5))
        return NetworkSecurityGroup(name=name, rules=tuple(self.rule(p) for p in priorities), origin=HERE)

    def rule(self, priority: int) -> SecurityRule:
        tags = TAGS if self.maybe(0.9) else PLATFORM_TAGS
        words = [self.word(tags) for _ in range(3)]
        return SecurityRule(
            name=f"r{priority}",
            priority=priority,
            direction=self.one(["Inbound", "Outbound"]),
            access=self.one(["Allow", "Deny"]),
            protocol=self.one(["Tcp", "Udp", "Icmp", "Esp", "*", "*", "*"]),
            source=self.some(["*", *words], 2),
            source_ports=self.ports_of_sender(),
            source_application_security_groups=self.groups(0.1),
            destination=self.some(["*", *words], 2),
            destination_ports=self.one(PORTS),
            destination_application_security_groups=self.groups(0.1),
            origin=HERE,
        )

    def ports_of_sender(self) -> tuple[str, ...]:
        return self.one([("1-1023",), ("1024-65535",), ("5000",)]) if self.maybe(0.1) else ("*",)

    def groups(self, share: float) -> tuple[str, ...]:
        return self.some(APPLICATION_GROUPS, 2) if self.maybe(share) else ()

    def admin_rule(self, priority: int) -> AdminRule:
        return AdminRule(
            name=f"a{priority}",
            priority=priority,
            direction=self.one(["Inbound", "Outbound"]),
            access=self.one(["Allow", "Deny", "AlwaysAllow"]),
            protocol=self.one(["Tcp", "Udp", "Icmp", "*", "*"]),
            source=self.some(["*", self.word(TAGS), self.word()], 2),
            source_ports=self.ports_of_sender(),
            destination=self.some(["*", self.word(TAGS), self.word()], 2),
            destination_ports=self.one(PORTS),
            origin=HERE,
        )

    def route(self, number: int, appliances: Sequence[IPv4Address]) -> Route:
        kinds: list[Any] = ["VirtualAppliance", "VirtualAppliance", "VirtualNetworkGateway", "VnetLocal"]
        kind = self.one([*kinds, "Internet", "None"])
        hops = [*appliances, *appliances, *appliances, IPv4Address("10.0.0.77"), *self.taken[:1]]
        prefix = self.word(["Storage", "AzureCloud"] if self.maybe(0.3) else [])
        prefix = "0.0.0.0/0" if prefix == "*" else prefix
        return Route(
            name=f"u{number}",
            prefix=prefix,
            next_hop_type=kind,
            next_hop=self.one(hops) if kind == "VirtualAppliance" else None,
            origin=HERE,
        )

    def collection(self, priority: int) -> RuleCollection:
        network = self.maybe(0.7)
        rules = tuple(self.network_rule(n) if network else self.host_rule(n) for n in range(self.random.randint(1, 3)))
        return RuleCollection(
            name=f"c{priority}",
            priority=priority,
            action=self.one(["Allow", "Allow", "Deny"]),
            rules=rules,  # type: ignore[arg-type]  # all of them are of one kind
            kind="network" if network else "application",
            origin=HERE,
        )

    def translations(self, private: IPv4Address) -> RuleCollection:
        """Rules that lead from the public or the private address of a firewall to machines, or to a name."""
        rules = tuple(
            NatRule(
                name=f"d{number}",
                protocols=("TCP",),
                sources=self.some(["*", "20.0.0.0/8", self.word()], 1),
                destination=private if self.maybe(0.5) else None,
                ports=(self.one(["22", "53", "4443", "8080"]),),
                translated_address=None if to_name else self.one(self.taken),
                translated_fqdn="m.corp.example" if to_name else None,
                translated_port=self.one([22, 443]),
                origin=HERE,
            )
            for number in range(self.random.randint(1, 3))
            for to_name in [self.maybe(0.2)]
        )
        return RuleCollection(name="nat", priority=99, action="Dnat", rules=rules, kind="nat", origin=HERE)

    def network_rule(self, number: int) -> NetworkRule:
        protocols: Any = self.one([("TCP",), ("UDP",), ("TCP", "UDP"), ("Any",), ("ICMP",)])
        return NetworkRule(
            name=f"n{number}",
            protocols=protocols,
            sources=self.some([self.word(), self.word(), "*"], 2),
            destinations=self.some([self.word(["Storage", "AzureCloud"]), self.word(), "*"], 2),
            destination_fqdns=("*",) if self.maybe(0.1) else (),
            ports=self.one(PORTS),
            origin=HERE,
        )

    def host_rule(self, number: int) -> ApplicationRule:
        return ApplicationRule(
            name=f"h{number}",
            protocols=self.one([(("Https", 443),), (("Http", 80), ("Https", 443)), (("Mssql", 1433),)]),
            sources=self.some([self.word(), "*"], 2),
            fqdns=self.one([("*",), ("pypi.org",), ("*.windows.net", "*")]),
            origin=HERE,
        )


def random_environment(seed: int) -> Inventory:
    """The environment of a seed."""
    chance = Chance(seed)
    networks = _networks(chance)
    names = [network.name for network in networks]
    firewalls = _firewalls(chance, names)
    gateways = tuple(
        Gateway(name=f"g{name}", network=name, kind=chance.one(["Vpn", "ExpressRoute"]), origin=HERE)
        for name in names
        if chance.maybe(0.3)
    )
    sites = _sites(chance, [gateway.name for gateway in gateways])
    endpoints = _endpoints(chance)
    machines = _machines(chance)
    balancers = _balancers(chance, machines) if chance.maybe(0.4) else ()
    return Inventory(
        name=f"random {seed}",
        cloud=Cloud.PUBLIC,
        region="westeurope",
        networks=networks,
        peerings=_peerings(chance, names),
        network_security_groups=tuple(chance.group(f"nsg{number}") for number in range(3)),
        application_security_groups=tuple(ApplicationSecurityGroup(name=n, origin=HERE) for n in APPLICATION_GROUPS),
        admin_rule_collections=_admin_rules(chance, names) if chance.maybe(0.5) else (),
        route_tables=_route_tables(chance, [*(one.private_ip for one in firewalls), *_inside(balancers)]),
        public_ips=(PublicIp(name="lb", ip_address=IPv4Address("20.99.0.9"), origin=HERE),),
        load_balancers=balancers,
        firewalls=tuple(_with_policy(chance, firewall) for firewall in firewalls),
        gateways=gateways,
        bastions=tuple(Bastion(name=f"b{name}", network=name, origin=HERE) for name in names if chance.maybe(0.2)),
        on_premises=sites,
        machines=machines,
        private_endpoints=endpoints,
        storage_accounts=(StorageAccount(name="store", public_network_access=False, origin=HERE),),
        computes=_computes(chance),
        origin=HERE,
    )


def _networks(chance: Chance) -> tuple[VirtualNetwork, ...]:
    spaces = [IPv4Network(text) for text in chance.random.sample(SPACES, chance.random.randint(1, 4))]
    return tuple(_network(chance, f"v{number}", space) for number, space in enumerate(spaces))


def _network(chance: Chance, name: str, space: IPv4Network) -> VirtualNetwork:
    blocks = list(space.subnets(new_prefix=24))
    subnets = [_subnet(chance, f"s{number}", blocks[number]) for number in range(chance.random.randint(1, 3))]
    for special in ("AzureFirewallSubnet", "GatewaySubnet", "AzureBastionSubnet"):
        if chance.maybe(0.35):
            subnets.append(_subnet(chance, special, blocks[10 + len(subnets)]))
    if chance.maybe(0.15):
        subnets.append(_subnet(chance, "tiny", next(blocks[9].subnets(new_prefix=32))))
    chance.subnets += [(f"{name}/{subnet.name}", subnet.prefix) for subnet in subnets]
    return VirtualNetwork(name=name, resource_group="rg", address_space=(space,), subnets=tuple(subnets), origin=HERE)


def _subnet(chance: Chance, name: str, prefix: IPv4Network) -> Subnet:
    return Subnet(
        name=name,
        prefix=prefix,
        network_security_group=chance.one([None, "nsg0", "nsg1", "nsg2"]),
        route_table=chance.one([None, None, "t0", "t1", "t2"]),
        nat_gateway=chance.maybe(0.2),
        default_outbound_access=chance.maybe(0.5),
        service_endpoints=chance.some(SERVICES, 2) if chance.maybe(0.2) else (),
        private_endpoint_network_policies=chance.one(list(PrivateEndpointPolicies)),
        origin=HERE,
    )


def _peerings(chance: Chance, names: Sequence[str]) -> tuple[Peering, ...]:
    halves = [(one, other) for one in names for other in names if one != other and chance.maybe(0.8)]
    return tuple(
        Peering(
            network=one,
            remote=other,
            allow_virtual_network_access=chance.maybe(0.9),
            allow_forwarded_traffic=chance.maybe(0.6),
            allow_gateway_transit=chance.maybe(0.5),
            use_remote_gateways=chance.maybe(0.5),
            peer_complete_virtual_networks_enabled=not subnets,
            local_subnet_names=subnets,
            remote_subnet_names=subnets,
            origin=HERE,
        )
        for one, other in halves
        for subnets in [("s0",) if chance.maybe(0.1) else ()]
    )


def _firewalls(chance: Chance, names: Sequence[str]) -> tuple[Firewall, ...]:
    homes = {reference: prefix for reference, prefix in chance.subnets if reference.endswith("AzureFirewallSubnet")}
    found = []
    for name in names:
        prefix = homes.get(f"{name}/AzureFirewallSubnet")
        if prefix or chance.maybe(0.15):
            address = prefix[4] if prefix else IPv4Address("10.0.200.4")
            found.append(
                Firewall(name=f"fw{name}", network=name, private_ip=address, dns_proxy=chance.maybe(0.5), origin=HERE)
            )
            chance.taken.append(address)
    return tuple(found)


def _with_policy(chance: Chance, firewall: Firewall) -> Firewall:
    priorities = chance.random.sample(range(100, 120), chance.random.randint(0, 4))
    collections = [chance.collection(priority) for priority in priorities]
    if chance.taken and chance.maybe(0.4):
        collections.append(chance.translations(firewall.private_ip))
    group = RuleCollectionGroup(name="g", priority=100, collections=tuple(collections), origin=HERE)
    return Firewall(
        name=firewall.name,
        network=firewall.network,
        private_ip=firewall.private_ip,
        sku_tier=chance.one(["Basic", "Standard"]),
        dns_proxy=firewall.dns_proxy,
        public_ips=(IPv4Address("20.99.0.1"),) if chance.maybe(0.5) else (),
        snat_private_ranges=chance.one([(), (), (), ("10.1.0.0/16",), ("0.0.0.0/0",)]),
        threat_intelligence=chance.one(["Off", "Alert", "Deny"]),
        rule_collection_groups=(group,),
        origin=HERE,
    )


def _sites(chance: Chance, gateways: Sequence[str]) -> tuple[OnPremises, ...]:
    spaces = chance.random.sample(SITES, chance.random.randint(0, 2))
    sites = tuple(
        OnPremises(
            name=f"site{number}",
            address_space=(IPv4Network(space),),
            gateway=chance.one([None, *gateways]),
            backup_gateway=chance.one([None, None, *gateways]),
            advertised_prefixes=tuple(map(IPv4Network, chance.one([(), (), ("0.0.0.0/0", space), (space,)]))),
            dns_server=IPv4Network(space)[53],
            origin=HERE,
        )
        for number, space in enumerate(spaces)
    )
    chance.sites = [(site.name, site.address_space[0]) for site in sites]
    return sites


def _endpoints(chance: Chance) -> tuple[PrivateEndpoint, ...]:
    return tuple(
        PrivateEndpoint(
            name=f"end{number}",
            subnet=reference,
            target="store",
            subresource="blob",
            private_ips=(chance.address(prefix),),
            application_security_groups=chance.groups(0.2),
            approval=chance.one(["Approved", "Approved", "Pending", "Rejected", "Disconnected"]),
            origin=HERE,
        )
        for number, (reference, prefix) in enumerate(chance.some(chance.subnets, 3))
    )


def _machines(chance: Chance) -> tuple[Machine, ...]:
    homes = [chance.one([*chance.subnets, *chance.subnets, *chance.sites]) for _ in range(chance.random.randint(3, 8))]
    return tuple(
        Machine(
            name=f"m{number}",
            purpose="other",
            subnet=reference,
            private_ip=chance.address(prefix),
            public_ip=chance.maybe(0.25),
            ip_forwarding=chance.one([None, True, True, False]),
            forwards=tuple(chance.network_rule(n) for n in range(chance.random.randint(0, 2))),
            translates_source=chance.maybe(0.3),
            application_security_groups=chance.groups(0.3),
            network_security_group=chance.one([None, "nsg0", "nsg1", "nsg2"]),
            origin=HERE,
        )
        for number, (reference, prefix) in enumerate(homes)
    )


def _inside(balancers: Sequence[LoadBalancer]) -> list[IPv4Address]:
    return [one.private_ip for balancer in balancers for one in balancer.frontends if one.private_ip]


def _balancers(chance: Chance, machines: Sequence[Machine]) -> tuple[LoadBalancer, ...]:
    """One inside or public, or both: in front of machines of any subnet, now and then of none."""
    backends = [machine.name for machine in machines if "/" in machine.subnet]
    found = [_balancer(chance, "inside", backends), _balancer(chance, "outside", backends)]
    return tuple(found if chance.maybe(0.3) else found[:1] if chance.maybe(0.6) else found[1:])


def _balancer(chance: Chance, name: str, backends: Sequence[str]) -> LoadBalancer:
    reference, prefix = chance.one(chance.subnets)
    inside = name == "inside"
    frontend = BalancerFrontend(
        name="f",
        subnet=reference if inside else None,
        private_ip=chance.address(prefix) if inside else None,
        public_ip=None if inside else "lb",
        rules=tuple(_balancing_rule(chance, number, inside=inside) for number in range(chance.random.randint(1, 2))),
        outbound_rules=() if inside or chance.maybe(0.6) else (_outbound_rule(chance),),
        origin=HERE,
    )
    pool = chance.some(backends, 3) if backends and chance.maybe(0.9) else ()
    return LoadBalancer(
        name=name, sku=chance.one(["Basic", "Standard"]), backends=pool, frontends=(frontend,), origin=HERE
    )


def _balancing_rule(chance: Chance, number: int, *, inside: bool) -> BalancingRule:
    every = inside and chance.maybe(0.5)
    return BalancingRule(
        name=f"b{number}",
        protocol="All" if every else chance.one(["Tcp", "Udp"]),
        frontend_port=0 if every else chance.one([22, 443, 8080]),
        backend_port=None if every else chance.one([None, 22, 443]),
        probe_port=chance.one([None, None, 443]),
        floating_ip=chance.maybe(0.1),
        disable_outbound_snat=chance.maybe(0.5),
        origin=HERE,
    )


def _outbound_rule(chance: Chance) -> BalancerOutboundRule:
    return BalancerOutboundRule(name="o", protocol=chance.one(["Tcp", "Udp", "All"]), origin=HERE)


def _computes(chance: Chance) -> tuple[Compute, ...]:
    found = []
    for number, (reference, prefix) in enumerate(chance.some(chance.subnets, 2)):
        found.append(
            Compute(
                name=f"c{number}",
                kind=chance.one(["instance", "cluster"]),
                subnet=reference if chance.maybe(0.9) else None,
                private_ip=chance.address(prefix) if chance.maybe(0.4) else None,
                node_public_ip=chance.maybe(0.4),
                origin=HERE,
            )
        )
    return tuple(found)


def _admin_rules(chance: Chance, names: Sequence[str]) -> tuple[AdminRuleCollection, ...]:
    priorities = chance.random.sample(range(1, 20), chance.random.randint(1, 4))
    rules = tuple(chance.admin_rule(priority) for priority in priorities)
    return (AdminRuleCollection(name="admin", networks=chance.some(names, 2), rules=rules, origin=HERE),)


def _route_tables(chance: Chance, appliances: Sequence[IPv4Address]) -> tuple[RouteTable, ...]:
    return tuple(
        RouteTable(
            name=f"t{number}",
            routes=tuple(chance.route(n, appliances) for n in range(chance.random.randint(0, 4))),
            bgp_route_propagation=chance.maybe(0.7),
            origin=HERE,
        )
        for number in range(3)
    )
