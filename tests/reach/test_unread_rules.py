"""Rules that are never read: a table of facts, and random groups held against a reading packet by packet."""

from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv4Network
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloister.ask.asking import Environment
from cloister.fabric.lower_azure import lower
from cloister.inventory.azure import Cloud, Inventory, NetworkSecurityGroup, SecurityRule, Subnet, VirtualNetwork
from cloister.origin import Origin
from cloister.reach.unread import Unread, unread_rules

HERE = Origin("unread.yaml", 1)


def _in(priority: int, access: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - attributes of a rule
    return {"priority": priority, "direction": "Inbound", "access": access, "protocol": "*", **more}


GROUPS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a rule behind one of everything": (
        {"all": _in(100, "Deny"), "ssh": _in(200, "Allow", source="10.9.0.0/16", destination_ports=22)},
        ["nsg/ssh (200) <- nsg/all (100), opposed"],
    ),
    "a rule behind two that share it between them": (
        {
            "low": _in(100, "Allow", protocol="Tcp", destination_ports="0-1023"),
            "high": _in(110, "Allow", protocol="Tcp", destination_ports="1024-65535"),
            "all": _in(200, "Allow", protocol="Tcp", destination_ports="*"),
        },
        ["nsg/all (200) <- nsg/low (100), nsg/high (110)"],
    ),
    "a rule behind two that leave one port between them": (
        {
            "low": _in(100, "Allow", protocol="Tcp", destination_ports="0-1022"),
            "high": _in(110, "Allow", protocol="Tcp", destination_ports="1024-65535"),
            "all": _in(200, "Allow", protocol="Tcp", destination_ports="*"),
        },
        [],
    ),
    "only those are named that it takes": (
        {
            "some": _in(100, "Deny", source="10.9.1.0/24"),
            "most": _in(110, "Deny", source="10.9.0.0/16"),
            "late": _in(200, "Allow", source="10.9.0.0/23"),
        },
        ["nsg/late (200) <- nsg/most (110), opposed"],
    ),
    "another protocol takes nothing": (
        {"udp": _in(100, "Deny", protocol="Udp"), "tcp": _in(200, "Allow", protocol="Tcp")},
        [],
    ),
    "ports say nothing of protocols without them": (
        {"web": _in(100, "Deny", destination_ports="0-65535"), "ping": _in(200, "Allow", protocol="Icmp")},
        ["nsg/ping (200) <- nsg/web (100), opposed"],
    ),
    "one port takes nothing of them": (
        {"web": _in(100, "Deny", destination_ports=443), "ping": _in(200, "Allow", protocol="Icmp")},
        [],
    ),
    "another direction takes nothing": (
        {"out": _in(100, "Deny") | {"direction": "Outbound"}, "in": _in(200, "Allow")},
        [],
    ),
    "a tag takes what it surely holds": (
        {"own": _in(100, "Deny", source="VirtualNetwork"), "work": _in(200, "Allow", source="10.1.0.0/16")},
        ["nsg/work (200) <- nsg/own (100), opposed"],
    ),
    "a tag of which nobody knows the members takes no prefix": (
        {"storage": _in(100, "Deny", source="Storage"), "some": _in(200, "Allow", source="20.60.0.0/16")},
        [],
    ),
    "nor does a prefix take a tag": (
        {"some": _in(100, "Deny", source="20.0.0.0/8"), "storage": _in(200, "Allow", source="Storage")},
        [],
    ),
    "a tag takes itself, and its part in one region": (
        {
            "storage": _in(100, "Deny", source="Storage"),
            "again": _in(200, "Allow", source="Storage"),
            "here": _in(210, "Allow", source="Storage.WestEurope"),
        },
        ["nsg/again (200) <- nsg/storage (100), opposed", "nsg/here (210) <- nsg/storage (100), opposed"],
    ),
    "its part in one region does not take it": (
        {
            "here": _in(100, "Deny", source="Storage.WestEurope"),
            "storage": _in(200, "Allow", source="Storage"),
        },
        [],
    ),
    "a rule on the platform's own addresses stands apart": (
        {
            "all": _in(100, "Deny") | {"direction": "Outbound"},
            "names": _in(200, "Deny", destination="AzurePlatformDNS") | {"direction": "Outbound"},
        },
        [],
    ),
    "a source port of its own takes nothing of every source port": (
        {
            "some": _in(100, "Deny", protocol="Tcp", source_ports="1024-2000"),
            "all": _in(200, "Allow", protocol="Tcp"),
        },
        [],
    ),
}


def _told(found: tuple[Unread, ...]) -> list[str]:
    return [
        f"{one.rule.name} <- {', '.join(rule.name for rule in one.by)}{', opposed' if one.opposed else ''}"
        for one in found
    ]


@pytest.mark.parametrize(("rules", "unread"), GROUPS.values(), ids=GROUPS)
def test_of_a_group(plain: Callable[[dict[str, Any]], Environment], rules: dict[str, Any], unread: list[str]) -> None:
    fabric = plain({"network_security_groups": {"nsg": {"rules": rules}}}).fabric
    assert _told(unread_rules(fabric)) == unread


def test_a_rule_is_read_where_one_of_its_subnets_reads_it(plain: Callable[[dict[str, Any]], Environment]) -> None:
    changes: dict[str, Any] = {
        "network_security_groups": {
            "nsg": {
                "rules": {
                    "own": _in(100, "Deny", source="VirtualNetwork"),
                    "office": _in(200, "Allow", source="198.51.100.0/24"),
                }
            }
        },
        "route_tables": {
            "routes": {
                "routes": {
                    "a": {"prefix": "198.51.100.0/24", "next_hop_type": "VirtualAppliance", "next_hop": "10.0.0.4"}
                }
            }
        },
    }
    assert _told(unread_rules(plain(changes).fabric)) == ["nsg/office (200) <- nsg/own (100), opposed"]
    changes["networks"] = {"hub": {"subnets": {"tools": {"network_security_group": "nsg"}}}}
    assert _told(unread_rules(plain(changes).fabric)) == []


def _policy(collections: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"firewalls": {"fw": {"rule_collection_groups": {"g": {"priority": 200, **collections}}, **more}}}


def _one(action: str, priority: int, **rules: dict[str, Any]) -> dict[str, Any]:
    return {"priority": priority, "action": action, "rules": rules}


def _any(**more: object) -> dict[str, Any]:
    """A network rule from everywhere to everywhere."""
    return {"sources": ["*"], "destinations": ["*"], **more}


FIREWALLS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a network rule of the whole web leaves no application rule to be read": (
        _policy(
            {
                "network_rule_collections": {"n": _one("Allow", 900, web=_any(ports=[80, 443]))},
                "application_rule_collections": {
                    "a": _one("Deny", 100, games={"sources": ["10.1.0.0/16"], "fqdns": ["*.games.example"]})
                },
            }
        ),
        ["fw/g/a/games <- fw/g/n/web, opposed"],
    ),
    "one for some addresses does": (
        _policy(
            {
                "network_rule_collections": {
                    "n": _one("Allow", 900, web={"sources": ["*"], "destinations": ["20.0.0.0/8"], "ports": 443})
                },
                "application_rule_collections": {"a": _one("Deny", 100, g={"sources": ["*"], "fqdns": ["a.example"]})},
            }
        ),
        [],
    ),
    "a wildcard takes the names below it": (
        _policy(
            {
                "application_rule_collections": {
                    "a": _one("Deny", 100, all={"sources": ["*"], "fqdns": ["*.example"]}),
                    "b": _one("Allow", 200, one={"sources": ["*"], "fqdns": ["a.example", "*.b.example"]}),
                }
            }
        ),
        ["fw/g/b/one <- fw/g/a/all, opposed"],
    ),
    "it does not take the name itself": (
        _policy(
            {
                "application_rule_collections": {
                    "a": _one("Deny", 100, all={"sources": ["*"], "fqdns": ["*.example.com"]}),
                    "b": _one("Allow", 200, one={"sources": ["*"], "fqdns": ["example.com"]}),
                }
            }
        ),
        [],
    ),
    "every name takes a list of names, and a list itself": (
        _policy(
            {
                "application_rule_collections": {
                    "a": _one("Deny", 100, news={"sources": ["*"], "web_categories": ["News"]}),
                    "b": _one("Allow", 200, again={"sources": ["*"], "web_categories": ["News"]}),
                    "c": _one("Deny", 300, all={"sources": ["*"], "fqdns": ["*"]}),
                    "d": _one("Allow", 400, updates={"sources": ["*"], "fqdn_tags": ["WindowsUpdate"]}),
                }
            }
        ),
        ["fw/g/b/again <- fw/g/a/news, opposed", "fw/g/d/updates <- fw/g/c/all, opposed"],
    ),
    "the protocol Any with a port is about those with ports alone": (
        _policy(
            {
                "network_rule_collections": {
                    "n": _one("Allow", 100, dns=_any(protocols=["TCP", "UDP"], ports=53)),
                    "m": _one("Deny", 200, dns=_any(protocols=["Any"], ports=53)),
                }
            }
        ),
        ["fw/g/m/dns <- fw/g/n/dns, opposed"],
    ),
    "a name takes itself among network rules": (
        _policy(
            {
                "network_rule_collections": {
                    "n": _one("Allow", 100, git={"sources": ["*"], "destination_fqdns": ["github.com"], "ports": 22}),
                    "m": _one("Deny", 200, git={"sources": ["*"], "destination_fqdns": ["github.com"], "ports": 22}),
                }
            }
        ),
        ["fw/g/m/git <- fw/g/n/git, opposed"],
    ),
    "a DNAT rule behind another for the same port": (
        _policy(
            {
                "nat_rule_collections": {
                    "n": {
                        "priority": 100,
                        "rules": {
                            "a": {
                                "sources": ["*"],
                                "ports": "2000-3000",
                                "translated_address": "10.1.1.4",
                                "translated_port": 22,
                            },
                            "b": {
                                "sources": ["203.0.113.0/24"],
                                "ports": 2222,
                                "translated_address": "10.1.1.5",
                                "translated_port": 22,
                            },
                        },
                    }
                }
            }
        ),
        ["fw/g/n/b <- fw/g/n/a"],
    ),
}


@pytest.mark.parametrize(("changes", "unread"), FIREWALLS.values(), ids=FIREWALLS)
def test_of_a_firewall(
    plain: Callable[[dict[str, Any]], Environment], changes: dict[str, Any], unread: list[str]
) -> None:
    assert _told(unread_rules(plain(changes).fabric)) == unread


PREFIXES = ["10.1.1.0/24", "10.1.1.0/25", "10.1.1.128/25", "10.1.1.4", "10.2.0.0/16", "*"]
PORTS = ["*", "22", "22-443", "0-21", "23-65535", "443"]
rules = st.builds(
    SecurityRule,
    name=st.just("rule"),
    priority=st.integers(100, 120),
    direction=st.just("Inbound"),
    access=st.sampled_from(["Allow", "Deny"]),
    protocol=st.sampled_from(["Tcp", "Udp"]),
    source=st.lists(st.sampled_from(PREFIXES), min_size=1, max_size=2, unique=True).map(tuple),
    destination=st.lists(st.sampled_from(PREFIXES), min_size=1, max_size=2, unique=True).map(tuple),
    destination_ports=st.lists(st.sampled_from(PORTS), min_size=1, max_size=2, unique=True).map(tuple),
    origin=st.just(HERE),
)
# One address of every part into which the prefixes cut the space, and one port of every part.
ADDRESSES = [IPv4Address(text) for text in ("10.1.1.4", "10.1.1.5", "10.1.1.200", "10.2.0.1", "8.8.8.8")]
PORT_SAMPLES = [10, 22, 100, 443, 8080]


def _packets() -> Iterator[tuple[IPv4Address, IPv4Address, str, int]]:
    yield from product(ADDRESSES, ADDRESSES, ("Tcp", "Udp"), PORT_SAMPLES)


def _is(address: IPv4Address, words: tuple[str, ...]) -> bool:
    return any(word == "*" or address in IPv4Network(word) for word in words)


def _fits(port: int, texts: tuple[str, ...]) -> bool:
    spans = [(text.partition("-")[0], text.partition("-")[2]) for text in texts if text != "*"]
    return "*" in texts or any(int(low) <= port <= int(high or low) for low, high in spans)


def _first(ordered: list[SecurityRule], packet: tuple[IPv4Address, IPv4Address, str, int]) -> int | None:
    source, destination, protocol, port = packet
    for rule in ordered:
        if (
            rule.protocol == protocol
            and _is(source, rule.source)
            and _is(destination, rule.destination)
            and _fits(port, rule.destination_ports)
        ):
            return rule.priority
    return None


@settings(max_examples=150, deadline=None)
@given(st.lists(rules, min_size=1, max_size=8, unique_by=lambda rule: rule.priority))
def test_both_readings_agree(group: list[SecurityRule]) -> None:
    subnet = Subnet(name="work", prefix=IPv4Network("10.1.1.0/24"), network_security_group="g", origin=HERE)
    space = (IPv4Network("10.1.0.0/16"),)
    network = VirtualNetwork(name="net", resource_group="rg", address_space=space, subnets=(subnet,), origin=HERE)
    inventory = Inventory(
        name="unread",
        cloud=Cloud.PUBLIC,
        region="westeurope",
        networks=(network,),
        network_security_groups=(NetworkSecurityGroup(name="g", rules=tuple(group), origin=HERE),),
        origin=HERE,
    )
    ordered = sorted(group, key=lambda rule: rule.priority)
    read = {_first(ordered, packet) for packet in _packets()}
    expected = [f"g/rule ({rule.priority})" for rule in ordered if rule.priority not in read]
    assert [one.rule.name for one in unread_rules(lower(inventory))] == expected
