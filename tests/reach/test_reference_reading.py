"""Routes, peerings and security groups read straight from the inventory: a second reading, in whole sentences of Azure.

It knows machines in subnets of several networks, peerings with both halves, user-defined routes to an appliance that
nobody knows, and groups at subnets and interfaces with prefixes and the tag VirtualNetwork. It knows no firewall,
gateway, endpoint, published tag, public address or other next hop: its environments hold none.
Both engines walk routes by the same function, so this reading shares no code with them.
"""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from random import Random

import pytest

from cloister.fabric.flows import Protocol
from cloister.fabric.lower_azure import lower
from cloister.inventory.azure import (
    Cloud,
    Inventory,
    Machine,
    NetworkSecurityGroup,
    Peering,
    Route,
    RouteTable,
    SecurityRule,
    Subnet,
    VirtualNetwork,
)
from cloister.origin import Origin
from cloister.reach.matrix.ends import destinations, plainly
from cloister.verdict import Answer

HERE = Origin("reference.yaml", 1)
PREFIXES = ["10.0.0.0/8", "10.1.0.0/16", "10.2.0.0/16", "10.2.1.0/24", "10.3.1.0/25", "10.1.1.4/32", "0.0.0.0/0"]
ENVIRONMENTS = 150
MAY_CROSS = "a peering of which a half allows no access: whether that stops a packet is told in two ways"


class Reading:
    """The answers of one inventory."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.networks = {network.name: network for network in inventory.networks}
        self.halves = {(half.network, half.remote): half for half in inventory.peerings}

    def reaches(self, sender: Machine, receiver: Machine, port: int, protocol: str) -> Answer:
        """Out through the groups, along the route, in through the groups, and back along the route."""
        flow = (sender.private_ip, receiver.private_ip, port, protocol)
        if not self.passes(sender, "Outbound", flow):
            return Answer.DENY
        there = self.route(sender, receiver)
        if there not in (Answer.ALLOW, MAY_CROSS):
            return Answer(there)
        if not self.passes(receiver, "Inbound", flow):
            return Answer.DENY
        back = self.route(receiver, sender)
        return Answer.UNKNOWN if there == MAY_CROSS and back is not Answer.DENY else Answer(back)

    def subnet(self, machine: Machine) -> tuple[VirtualNetwork, Subnet]:
        network, _, name = machine.subnet.partition("/")
        return self.networks[network], next(one for one in self.networks[network].subnets if one.name == name)

    def joined(self, name: str) -> list[tuple[VirtualNetwork, bool, bool]]:
        """The networks that a peering joins to this one: whether this one's half, and whether both, allow access."""
        return [
            (other, there.allow_virtual_network_access, both)
            for other in self.inventory.networks
            for there, back in [(self.halves.get((name, other.name)), self.halves.get((other.name, name)))]
            if there and back
            for both in [there.allow_virtual_network_access and back.allow_virtual_network_access]
        ]

    def table(self, subnet: Subnet) -> tuple[Route, ...]:
        return next((one.routes for one in self.inventory.route_tables if one.name == subnet.route_table), ())

    def route(self, sender: Machine, receiver: Machine) -> str:
        """The longest prefix wins; at one length a user's route wins. What it leads to decides."""
        network, subnet = self.subnet(sender)
        near = [(prefix, "near") for prefix in network.address_space]
        for other, _, both in self.joined(network.name):
            near += [(prefix, "near" if both else MAY_CROSS) for prefix in other.address_space]
        user = [(IPv4Network(route.prefix), route.next_hop_type) for route in self.table(subnet)]
        matching: list[tuple[int, int, str]] = [(p.prefixlen, 1, hop) for p, hop in user if receiver.private_ip in p]
        matching += [(p.prefixlen, 0, hop) for p, hop in near if receiver.private_ip in p]
        _, _, hop = max(matching, default=(0, 0, ""))
        ends = {"near": Answer.ALLOW, "VirtualAppliance": Answer.UNKNOWN, MAY_CROSS: MAY_CROSS}
        return ends.get(hop, Answer.DENY)

    def passes(self, machine: Machine, direction: str, flow: tuple[IPv4Address, IPv4Address, int, str]) -> bool:
        """Whether the groups at the interface and at the subnet let the flow through."""
        network, subnet = self.subnet(machine)
        names = {machine.network_security_group, subnet.network_security_group}
        groups = [group for group in self.inventory.network_security_groups if group.name in names]
        return all(self.decides(group, direction, network, subnet, flow) for group in groups)

    def decides(
        self,
        group: NetworkSecurityGroup,
        direction: str,
        network: VirtualNetwork,
        subnet: Subnet,
        flow: tuple[IPv4Address, IPv4Address, int, str],
    ) -> bool:
        source, destination, port, protocol = flow
        for rule in sorted(group.rules, key=lambda rule: rule.priority):
            if (
                rule.direction == direction
                and rule.protocol in ("*", protocol.capitalize())
                and any(text == "*" or int(text) == port for text in rule.destination_ports)
                and any(self.means(word, source, network, subnet) for word in rule.source)
                and any(self.means(word, destination, network, subnet) for word in rule.destination)
            ):
                return rule.access == "Allow"
        return all(self.means("VirtualNetwork", one, network, subnet) for one in (source, destination))

    def means(self, word: str, address: IPv4Address, network: VirtualNetwork, subnet: Subnet) -> bool:
        if word != "VirtualNetwork":
            return word == "*" or address in IPv4Network(word)
        named = [other for other, own, _ in self.joined(network.name) if own]
        spaces = [prefix for one in (network, *named) for prefix in one.address_space]
        spaces += [IPv4Network(route.prefix) for route in self.table(subnet)]
        return any(address in prefix for prefix in spaces)


def _environment(random: Random) -> Inventory:
    names = ["v1", "v2", "v3"]
    halves = [(one, two) for one in names for two in names if one != two and random.random() < 0.8]
    return Inventory(
        name="reference",
        cloud=Cloud.PUBLIC,
        region="westeurope",
        networks=tuple(_network(random, name) for name in names),
        peerings=tuple(
            Peering(
                network=one,
                remote=two,
                allow_virtual_network_access=random.random() < 0.9,
                allow_forwarded_traffic=random.random() < 0.5,
                origin=HERE,
            )
            for one, two in halves
        ),
        network_security_groups=tuple(
            NetworkSecurityGroup(name=f"g{number}", rules=tuple(_rules(random)), origin=HERE) for number in range(3)
        ),
        route_tables=tuple(
            RouteTable(name=f"t{number}", routes=tuple(_routes(random)), origin=HERE) for number in range(2)
        ),
        machines=tuple(
            Machine(
                name=f"m-{name}-{number}",
                purpose="other",
                subnet=f"{name}/s{number}",
                private_ip=IPv4Address(f"10.{name[1]}.{number}.4"),
                network_security_group=random.choice([None, "g0", "g1", "g2"]),
                origin=HERE,
            )
            for name in names
            for number in (1, 2)
        ),
        origin=HERE,
    )


def _network(random: Random, name: str) -> VirtualNetwork:
    subnets = tuple(
        Subnet(
            name=f"s{number}",
            prefix=IPv4Network(f"10.{name[1]}.{number}.0/24"),
            network_security_group=random.choice([None, "g0", "g1", "g2"]),
            route_table=random.choice([None, "t0", "t1"]),
            origin=HERE,
        )
        for number in (1, 2)
    )
    space = (IPv4Network(f"10.{name[1]}.0.0/16"),)
    return VirtualNetwork(name=name, resource_group="rg", address_space=space, subnets=subnets, origin=HERE)


def _routes(random: Random) -> Iterator[Route]:
    """Hops to an appliance that nothing stands at, so that the way ends there; all widen the tag in a sure way."""
    for number, prefix in enumerate(random.sample(PREFIXES, random.randint(0, 3))):
        yield Route(
            name=f"r{number}",
            prefix=prefix,
            next_hop_type="VirtualAppliance",
            next_hop=IPv4Address("10.1.9.9"),
            origin=HERE,
        )


def _rules(random: Random) -> Iterator[SecurityRule]:
    words = [*PREFIXES, "*", "VirtualNetwork"]
    for priority in random.sample(range(100, 120), random.randint(0, 5)):
        yield SecurityRule(
            name=f"r{priority}",
            priority=priority,
            direction=random.choice(["Inbound", "Outbound"]),
            access=random.choice(["Allow", "Deny"]),
            protocol=random.choice(["Tcp", "Udp", "*"]),
            source=tuple(random.sample(words, random.randint(1, 2))),
            destination=tuple(random.sample(words, random.randint(1, 2))),
            destination_ports=(random.choice(["22", "443", "*"]),),
            origin=HERE,
        )


@pytest.mark.parametrize("first", range(0, ENVIRONMENTS, 50))
def test_the_plain_evaluator_reads_routes_peerings_and_groups_as_azure_says(first: int) -> None:
    for seed in range(first, first + 50):
        inventory = _environment(Random(seed))  # noqa: S311 - environments under test, not secrets
        reading, fabric = Reading(inventory), lower(inventory)
        goals = {goal.name: goal for goal in destinations(fabric)}
        for sender in inventory.machines:
            for receiver in inventory.machines:
                for port, protocol in ((22, "tcp"), (443, "udp")):
                    found = plainly(fabric, fabric.places[sender.name], goals[receiver.name], port, Protocol(protocol))
                    assert found is reading.reaches(sender, receiver, port, protocol), (seed, sender, receiver, port)
