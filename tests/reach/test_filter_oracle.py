"""Security groups held against a second reading: rule by rule, addresses as numbers, nothing shared."""

from ipaddress import IPv4Address, IPv4Network

from hypothesis import given, settings
from hypothesis import strategies as st

from cloister.fabric.addresses import Address
from cloister.fabric.flows import Flow, Protocol
from cloister.fabric.lower_azure import lower
from cloister.inventory.azure import (
    Cloud,
    Inventory,
    NetworkSecurityGroup,
    Route,
    RouteTable,
    SecurityRule,
    Subnet,
    VirtualNetwork,
)
from cloister.origin import Origin
from cloister.reach.filters import judge_inbound, judge_outbound

HERE = Origin("oracle.yaml", 1)
SPACE = IPv4Network("10.1.0.0/16")
PRIVATE = [IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")]
ADDRESSES = ["10.1.1.4", "10.1.1.200", "10.1.9.9", "10.2.0.1", "172.16.5.5", "192.168.1.1", "20.30.40.50", "8.8.8.8"]
PREFIXES = ["10.1.1.0/24", "10.1.1.4", "10.0.0.0/8", "192.168.0.0/16", "20.0.0.0/8", "0.0.0.0/0", "8.8.8.8/32"]
WORDS = [*PREFIXES, "*", "VirtualNetwork", "Internet", "AzureLoadBalancer"]
PORTS = ["*", "22", "443", "440-450", "0-1023"]


def oracle(
    rules: tuple[SecurityRule, ...], routes: tuple[Route, ...], direction: str, flow: tuple[str, str, int, str]
) -> bool:
    """Whether the group lets the flow through: sort, walk, first match; then the three default rules."""
    source, destination, port, protocol = flow
    for rule in sorted(rules, key=lambda rule: rule.priority):
        if rule.direction != direction or rule.protocol not in ("*", protocol.capitalize()):
            continue
        if (
            any(_is(source, word, routes) for word in rule.source)
            and any(_is(destination, word, routes) for word in rule.destination)
            and any(_fits(port, text) for text in rule.destination_ports)
        ):
            return rule.access == "Allow"
    if _is(source, "VirtualNetwork", routes) and _is(destination, "VirtualNetwork", routes):
        return True
    return direction == "Outbound" and _is(destination, "Internet", routes)


def _is(address: str, word: str, routes: tuple[Route, ...]) -> bool:
    number = IPv4Address(address)
    if word == "*":
        return True
    if word == "AzureLoadBalancer":
        return address == "168.63.129.16"
    if word == "Internet":
        return not any(number in prefix for prefix in PRIVATE)
    if word == "VirtualNetwork":
        return number in SPACE or any(number in IPv4Network(route.prefix) for route in routes)
    return number in IPv4Network(word)


def _fits(port: int, text: str) -> bool:
    low, _, high = text.partition("-")
    return text == "*" or int(low) <= port <= int(high or low)


words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=2, unique=True).map(tuple)
rules = st.builds(
    SecurityRule,
    name=st.just("rule"),
    priority=st.integers(100, 130),
    direction=st.sampled_from(["Inbound", "Outbound"]),
    access=st.sampled_from(["Allow", "Deny"]),
    protocol=st.sampled_from(["Tcp", "Udp", "*"]),
    source=words,
    destination=words,
    destination_ports=st.lists(st.sampled_from(PORTS), min_size=1, max_size=2, unique=True).map(tuple),
    origin=st.just(HERE),
)
routes = st.builds(
    Route,
    name=st.just("route"),
    prefix=st.sampled_from(["0.0.0.0/0", "192.168.0.0/16", "20.0.0.0/8"]),
    next_hop_type=st.just("VirtualAppliance"),
    next_hop=st.just(IPv4Address("10.1.0.4")),
    origin=st.just(HERE),
)
flows = st.tuples(
    st.sampled_from(ADDRESSES),
    st.sampled_from(ADDRESSES),
    st.sampled_from([22, 443, 445, 8080]),
    st.sampled_from(["tcp", "udp"]),
)


def _inventory(rules: tuple[SecurityRule, ...], routes: tuple[Route, ...]) -> Inventory:
    subnet = Subnet(
        name="work", prefix=IPv4Network("10.1.1.0/24"), network_security_group="g", route_table="t", origin=HERE
    )
    return Inventory(
        name="oracle",
        cloud=Cloud.PUBLIC,
        region="westeurope",
        networks=(
            VirtualNetwork(name="net", resource_group="rg", address_space=(SPACE,), subnets=(subnet,), origin=HERE),
        ),
        network_security_groups=(NetworkSecurityGroup(name="g", rules=rules, origin=HERE),),
        route_tables=(RouteTable(name="t", routes=routes, origin=HERE),),
        origin=HERE,
    )


@settings(max_examples=200, deadline=None)
@given(
    st.lists(rules, max_size=6, unique_by=lambda rule: (rule.priority, rule.direction)).map(tuple),
    st.lists(routes, max_size=1).map(tuple),
    st.lists(flows, min_size=1, max_size=8),
)
def test_both_readings_agree(
    rules: tuple[SecurityRule, ...], routes: tuple[Route, ...], flows: list[tuple[str, str, int, str]]
) -> None:
    fabric = lower(_inventory(rules, routes))
    levels = fabric.segments["net/work"].inbound_levels(None)
    for flow in flows:
        source, destination, port, protocol = flow
        asked = Flow(
            Address.exactly(IPv4Address(source)), Address.exactly(IPv4Address(destination)), port, Protocol(protocol)
        )
        for direction, judge in (("Inbound", judge_inbound), ("Outbound", judge_outbound)):
            (found,) = judge(fabric, "net/work", levels, asked)
            expected = "pass" if oracle(rules, routes, direction, flow) else "refuse"
            assert found.step.outcome.value == expected, (flow, direction, found.step)
