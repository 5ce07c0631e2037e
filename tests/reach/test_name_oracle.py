"""Names held against a second reading: straight from the inventory, by recursion, with nothing of `reach` in it.

Both give the set of what can come out: an address, a public address, NXDOMAIN, silence, or nobody knows. Networks that
are peered reach each other, and no filter or route stands in the way; what those do to a query stands in the cases.
"""

from ipaddress import IPv4Address, IPv4Network
from random import Random

import pytest

from cloister.fabric.lower_azure import lower
from cloister.inventory.azure import (
    Cloud,
    DnsResolver,
    Firewall,
    ForwardingRule,
    ForwardingRuleset,
    InboundEndpoint,
    Inventory,
    Machine,
    NameServer,
    OutboundEndpoint,
    Peering,
    PrivateDnsZone,
    PrivateEndpoint,
    RulesetLink,
    StorageAccount,
    Subnet,
    VirtualNetwork,
    ZoneLink,
)
from cloister.origin import Origin
from cloister.reach.judged import answer_of
from cloister.reach.lookup import Lookup
from cloister.reach.names import look_up
from cloister.reach.travel import query
from cloister.verdict import Answer

HERE = Origin("names.yaml", 1)
AZURE = "168.63.129.16"
BLOB = "privatelink.blob.core.windows.net"
ZONES = ["example.com", "sub.example.com", BLOB, "windows.net"]
SUFFIXES = [".", "example.com", "sub.example.com", "core.windows.net", BLOB]
HOSTS = ["www.example.com", "a.sub.example.com", "store.blob.core.windows.net", "x.blob.core.windows.net", "pypi.org"]
MOSTLY = 0.75
RESERVED = ("windows.net", "azure.com")
Asked = frozenset[tuple[str, str]]
NETS = ["a", "b", "c"]
SERVERS = [f"10.{n}.{s}.4" for n in range(3) for s in (0, 1, 4)]  # firewall, inbound endpoint, machine of each network


def environment(seed: int) -> Inventory:
    """Three networks, each with a firewall, a resolver and a machine, joined, linked and forwarding by chance."""
    chance = Random(seed)  # noqa: S311 - environments under test, not secrets

    def some(of: list[str], most: int) -> list[str]:
        return chance.sample(of, chance.randint(0, min(most, len(of))))

    def ips(of: list[str]) -> tuple[IPv4Address, ...]:
        return tuple(map(IPv4Address, of))

    def forwards() -> tuple[tuple[str, tuple[IPv4Address, ...]], ...]:
        return tuple((s, ips([chance.choice([AZURE, *SERVERS]), *some(SERVERS, 1)])) for s in some(SUFFIXES, 2))

    def records() -> tuple[tuple[str, IPv4Address], ...]:
        return tuple((label, IPv4Address(f"10.9.9.{chance.randint(1, 9)}")) for label in some(["www", "*", "store"], 2))

    subnets = ("AzureFirewallSubnet", "in", "out", "ends", "work")
    pairs = [(x, y) for x in NETS for y in NETS if x < y and chance.random() < MOSTLY]
    return Inventory(
        name="oracle",
        cloud=Cloud.PUBLIC,
        region="westeurope",
        origin=HERE,
        networks=tuple(
            VirtualNetwork(
                name=net,
                resource_group="rg",
                address_space=(IPv4Network(f"10.{n}.0.0/16"),),
                origin=HERE,
                dns_servers=ips(some([AZURE, *SERVERS], 2)),
                subnets=tuple(
                    Subnet(name=name, prefix=IPv4Network(f"10.{n}.{i}.0/24"), origin=HERE)
                    for i, name in enumerate(subnets)
                ),
            )
            for n, net in enumerate(NETS)
        ),
        peerings=tuple(
            Peering(network=one, remote=two, origin=HERE) for x, y in pairs for one, two in ((x, y), (y, x))
        ),
        firewalls=tuple(
            Firewall(
                name=f"fw-{net}",
                network=net,
                private_ip=IPv4Address(f"10.{n}.0.4"),
                dns_proxy=chance.random() < MOSTLY,
                dns_servers=ips(some([AZURE, *SERVERS], 2)),
                origin=HERE,
            )
            for n, net in enumerate(NETS)
        ),
        machines=tuple(
            Machine(
                name=f"vm-{net}",
                purpose="other",
                subnet=f"{net}/work",
                private_ip=IPv4Address(f"10.{n}.4.4"),
                dns_servers=ips(some(SERVERS, 1)),
                origin=HERE,
            )
            for n, net in enumerate(NETS)
        ),
        name_servers=tuple(
            NameServer(
                name=f"ns-{net}",
                machine=f"vm-{net}",
                forwards=forwards(),
                static_records=tuple((f"{label}.example.com", ip) for label, ip in records()),
                origin=HERE,
            )
            for net in some(NETS, 3)
        ),
        dns_resolvers=tuple(
            DnsResolver(
                name=f"r-{net}",
                network=net,
                origin=HERE,
                inbound_endpoints=(
                    InboundEndpoint(name="in", subnet=f"{net}/in", private_ip=IPv4Address(f"10.{n}.1.4"), origin=HERE),
                ),
                outbound_endpoints=(OutboundEndpoint(name="out", subnet=f"{net}/out", origin=HERE),),
            )
            for n, net in enumerate(NETS)
        ),
        forwarding_rulesets=tuple(
            ForwardingRuleset(
                name=f"set-{net}",
                outbound_endpoints=(f"r-{net}/out",),
                origin=HERE,
                links=tuple(RulesetLink(network=linked, origin=HERE) for linked in some(NETS, 2)),
                rules=tuple(
                    ForwardingRule(
                        name=f"r{i}",
                        suffix=suffix,
                        targets=tuple((ip, 53) for ip in ips([chance.choice(SERVERS), *some(SERVERS, 1)])),
                        enabled=chance.random() < MOSTLY,
                        origin=HERE,
                    )
                    for i, suffix in enumerate(some(SUFFIXES, 3))
                ),
            )
            for net in some(NETS, 1)
        ),
        private_dns_zones=tuple(
            PrivateDnsZone(
                name=zone,
                records=records(),
                origin=HERE,
                links=tuple(
                    ZoneLink(network=net, nxdomain_redirect=chance.random() > MOSTLY, origin=HERE)
                    for net in some(NETS, 3)
                ),
            )
            for zone in some(ZONES, 3)
        ),
        storage_accounts=(StorageAccount(name="store", origin=HERE), StorageAccount(name="x", origin=HERE)),
        private_endpoints=tuple(
            PrivateEndpoint(
                name="end",
                subnet="a/ends",
                target="store",
                subresource="blob",
                private_ips=ips(["10.0.3.9"]),
                zones=tuple(some([BLOB], 1)),
                origin=HERE,
            )
            for _ in some(["end"], 1)
        ),
    )


class Oracle:
    """Each question as a function of the inventory; the answers are sets."""

    def __init__(self, inventory: Inventory) -> None:
        self.inv = inventory
        self.peered = {(half.network, half.remote) for half in inventory.peerings}

    def by_machine(self, machine: Machine, host: str) -> set[str]:
        net = machine.subnet.partition("/")[0]
        found = self.inv.network(net)
        servers = machine.dns_servers or (found.dns_servers if found else ()) or (IPv4Address(AZURE),)
        return self.in_order(net, [str(server) for server in servers], host, frozenset())

    def in_order(self, net: str, servers: list[str], name: str, asked: Asked) -> set[str]:
        found = self.ask(net, servers[0], name, asked)
        if "silent" in found and servers[1:]:
            return found - {"silent"} | self.in_order(net, servers[1:], name, asked)
        return found

    def ask(self, net: str, server: str, name: str, asked: Asked) -> set[str]:
        if server == AZURE:
            return self.azure(net, name, asked)
        home = NETS[int(server.split(".")[1])]
        if (server, name) in asked or (home != net and (net, home) not in self.peered):
            return {"silent"}
        asked |= {(server, name)}
        kind = server.split(".")[2]
        if kind == "1":
            return self.azure(home, name, asked)
        return self.firewall(home, name, asked) if kind == "0" else self.own(home, name, asked)

    def firewall(self, net: str, name: str, asked: Asked) -> set[str]:
        firewall = next(one for one in self.inv.firewalls if one.network == net)
        if not firewall.dns_proxy:
            return {"silent"}
        if not firewall.dns_servers:
            return self.azure(net, name, asked)
        found = [self.ask(net, str(server), name, asked) for server in firewall.dns_servers]
        silent = all("silent" in one for one in found)
        return {one for each in found for one in each if silent or one != "silent"}

    def own(self, net: str, name: str, asked: Asked) -> set[str]:
        server = next((one for one in self.inv.name_servers if one.machine == f"vm-{net}"), None)
        if server is None:
            return {"unknown"}
        if found := _record({host: str(ip) for host, ip in server.static_records}, name):
            return {found}
        best = _longest([suffix for suffix, _ in server.forwards], name)
        servers = dict(server.forwards).get(best) if best is not None else None
        return self.in_order(net, [str(ip) for ip in servers], name, asked) if servers else {"unknown"}

    def azure(self, net: str, name: str, asked: Asked) -> set[str]:
        linked = {zone.name: link for zone in self.inv.private_dns_zones for link in zone.links if link.network == net}
        best = _longest(list(linked), name)
        if best is not None:
            redirects = linked[best].nxdomain_redirect and "privatelink" in best
            return {_record(self.records(best), name) or ("public" if redirects else "nxdomain")}
        rulesets = [one for one in self.inv.forwarding_rulesets if any(link.network == net for link in one.links)]
        rules = {rule.suffix: (ruleset, rule) for ruleset in rulesets for rule in ruleset.rules if rule.enabled}
        best = _longest(list(rules), name)
        reserved = name.endswith(RESERVED)
        if best is None or (best == "." and reserved):
            return self.public(net, name, asked)
        chosen = {best, "."} if reserved and "." in rules else {best}
        return {one for suffix in chosen for one in self.rule(*rules[suffix], name, asked)}

    def rule(self, ruleset: ForwardingRuleset, rule: ForwardingRule, name: str, asked: Asked) -> set[str]:
        net = ruleset.outbound_endpoints[0].removeprefix("r-").removesuffix("/out")
        return self.in_order(net, [str(ip) for ip, _ in rule.targets], name, asked)

    def records(self, zone: str) -> dict[str, str]:
        """By name; of two writers of one record nobody knows which was the last."""
        stated = next(one for one in self.inv.private_dns_zones if one.name == zone)
        found = {f"{label}.{zone}": str(ip) for label, ip in stated.records}
        for end in self.inv.private_endpoints if zone == BLOB else ():
            if BLOB in end.zones:
                found[f"store.{BLOB}"] = "unknown" if f"store.{BLOB}" in found else str(end.private_ips[0])
        return found

    def public(self, net: str, name: str, asked: Asked) -> set[str]:
        if name == "store.blob.core.windows.net" and self.inv.private_endpoints:
            return self.azure(net, f"store.{BLOB}", asked)
        return {"public"}


def _record(records: dict[str, str], name: str) -> str:
    labels = name.split(".")
    tries = [name, *(".".join(("*", *labels[depth:])) for depth in range(1, len(labels)))]
    return next((records[label] for label in tries if label in records), "")


def _longest(suffixes: list[str], name: str) -> str | None:
    fitting = [suffix for suffix in suffixes if suffix in (".", name) or name.endswith(f".{suffix}")]
    return max(fitting, key=len, default=None)


def _outcome(reading: Lookup) -> str:
    if answer_of(reading.judged) is Answer.UNKNOWN:
        return "unknown"
    if reading.address:
        return str(reading.address.single or "public")
    return "silent" if reading.silent else "nxdomain"


def disagreements(seed: int) -> list[str]:
    """Every name and machine of one environment for which the two readings differ."""
    inventory = environment(seed)
    fabric, oracle = lower(inventory), Oracle(inventory)
    told = []
    for machine in inventory.machines:
        for host in HOSTS:
            lookup = look_up(fabric, fabric.places[machine.name], host, lambda asker, to: query(fabric, asker, to))
            found, expected = {_outcome(one) for one in lookup.readings()}, oracle.by_machine(machine, host)
            if found != expected:
                told.append(f"seed {seed}: {machine.name} -> {host}: reach {sorted(found)}, oracle {sorted(expected)}")
    return told


def test_a_firewall_is_silent_only_where_all_of_its_servers_may_be() -> None:
    assert disagreements(1844) == []  # a mismatch that was found once


@pytest.mark.parametrize("start", range(0, 300, 50))
def test_both_readings_of_names_agree(start: int) -> None:
    assert [one for seed in range(start, start + 50) for one in disagreements(seed)] == []


def test_every_outcome_comes_up() -> None:
    found: set[str] = set()
    for seed in range(60):
        oracle = Oracle(environment(seed))
        for host in HOSTS:
            found |= {one if one[0].isalpha() else "address" for one in oracle.by_machine(oracle.inv.machines[0], host)}
    assert found == {"address", "public", "nxdomain", "silent", "unknown"}
