"""Only filters guard the way out: what has no tag reaches nobody. The way out is a firewall that reads names."""

from collections.abc import Iterator
from typing import Any

from cloister.ask.lessons.managed import managed_network
from cloister.ask.lessons.permits import name_rules
from cloister.ask.lessons.room import address_space_with, first_address, free_name, free_prefix, priority_before
from cloister.ask.lessons.seen import Seen, host_of
from cloister.ask.lessons.values import Lesson, WayOut, lesson, way_out
from cloister.facts.well_known_ports import HTTPS
from cloister.inventory.azure import NetworkSecurityGroup, SecurityRule, Subnet, VirtualNetwork
from cloister.verdict import Layer

ID = "nsg-only"
_FIREWALL_SUBNET = "AzureFirewallSubnet"
_FIREWALL_LENGTH = 26  # the smallest that Azure takes for it
_WEB = "web-for-the-firewall-to-judge"
_NOT_A_SERVICE = ("*", "Internet", "VirtualNetwork", "AzureLoadBalancer")
_PROTOCOLS = {"Tcp": "TCP", "Udp": "UDP", "*": "Any"}


def recognise(seen: Seen) -> Lesson | None:
    """The lesson, where no firewall stands and filters refuse from a compute all that development needs."""
    shut = {} if seen.inventory.firewalls else seen.shut(Layer.FILTER)
    if not shut:
        return None
    explains = tuple(one for flows in shut.values() for one in flows)
    filters = dict.fromkeys(group.name for place in shut for group in _groups(seen, place))
    return lesson(
        ID,
        explains[0].decisive,
        explains,
        tuple(_ways(seen, tuple(shut))),
        filters=", ".join(filters) or "filters",
        hosts=", ".join(dict.fromkeys(host_of(one) for one in explains)),
    )


def _ways(seen: Seen, places: tuple[str, ...]) -> Iterator[WayOut]:
    """A firewall in the computes' network, where they stand in one whose filters have room; or a network of Azure's."""
    networks = list(dict.fromkeys(network for network, _ in _stands(seen, places)))
    rules = _web_rules(seen, places)
    if len(networks) == 1 and None not in [rule["priority"] for rule in rules.values()]:
        yield way_out(ID, "firewall", _firewall(seen, places, networks[0], rules))
    kept = managed_network(seen, places)
    if kept:
        yield way_out(ID, "managed-network", kept)


def _firewall(
    seen: Seen, places: tuple[str, ...], network: VirtualNetwork, web_rules: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    inventory = seen.inventory
    prefix = free_prefix(inventory, network, _FIREWALL_LENGTH)
    address, table = str(first_address(prefix)), free_name("through-firewall", _tables(seen))
    subnets: dict[str, Any] = {_FIREWALL_SUBNET: {"prefix": str(prefix), "default_outbound_access": False}}
    for _, subnet in _stands(seen, places):
        subnets[subnet.name] = {"route_table": table, "nat_gateway": False}
    everything = {"prefix": "0.0.0.0/0", "next_hop_type": "VirtualAppliance", "next_hop": address}
    return {
        "networks": {network.name: address_space_with(network, prefix) | {"subnets": subnets}},
        "network_security_groups": {name: {"rules": {_WEB: rule}} for name, rule in web_rules.items()},
        "route_tables": {table: {"routes": {"everything": everything}}},
        "firewalls": {
            "firewall": {
                "network": network.name,
                "private_ip": address,
                "threat_intelligence": "Deny",
                "rule_collection_groups": {"approved": _approved(seen, places)},
            }
        },
    }


def _approved(seen: Seen, places: tuple[str, ...]) -> dict[str, Any]:
    """What was allowed by tag, as before; and by name what is needed."""
    tags = {"azure-services": {"priority": 210, "action": "Allow", "rules": _tag_rules(seen, places)}}
    names = {"names": {"priority": 220, "action": "Allow", "rules": name_rules(seen, places)}}
    return {"priority": 200, "network_rule_collections": tags, "application_rule_collections": names}


def _tag_rules(seen: Seen, places: tuple[str, ...]) -> dict[str, Any]:
    rules: dict[str, Any] = {}
    for place in places:
        subnet = seen.subnet_of(seen.compute(place))
        for group in _groups(seen, place):
            for rule in group.rules:
                tags = [_of_all_regions(tag, seen.inventory.region) for tag in rule.destination if _is_tag(tag)]
                if subnet and tags and _lets_out(rule):
                    made = {"protocols": [_PROTOCOLS[rule.protocol]], "sources": [str(subnet.prefix)]}
                    rules.setdefault(rule.name, made | {"destinations": tags, "ports": list(rule.destination_ports)})
                    _join(rules[rule.name]["sources"], str(subnet.prefix))
    return rules


def _lets_out(rule: SecurityRule) -> bool:
    return rule.direction == "Outbound" and rule.access == "Allow" and rule.protocol in _PROTOCOLS


def _is_tag(word: str) -> bool:
    return word not in _NOT_A_SERVICE and not word[0].isdigit()


def _of_all_regions(tag: str, region: str) -> str:
    """A firewall takes the tag of all regions where a filter takes that of one."""
    name, _, part = tag.partition(".")
    return name if part.lower() == region else tag


def _web_rules(seen: Seen, places: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """For each filter the rule that lets the web out to the firewall, which judges it."""
    rules: dict[str, dict[str, Any]] = {}
    for place in places:
        subnet = seen.subnet_of(seen.compute(place))
        for group in _groups(seen, place) if subnet else ():
            rule = rules.setdefault(
                group.name,
                {
                    "priority": priority_before(group.rules, "Outbound"),
                    "direction": "Outbound",
                    "access": "Allow",
                    "source": [],
                    "destination": "Internet",
                    "destination_ports": HTTPS,
                },
            )
            _join(rule["source"], str(subnet.prefix) if subnet else "")
    return rules


def _stands(seen: Seen, places: tuple[str, ...]) -> list[tuple[VirtualNetwork, Subnet]]:
    found = (seen.inventory.subnet(seen.compute(place).subnet or "") for place in places)
    return list(dict.fromkeys(one for one in found if one))


def _groups(seen: Seen, place: str) -> list[NetworkSecurityGroup]:
    """The filter of the subnet that a place stands in."""
    subnet = seen.subnet_of(seen.compute(place))
    groups = seen.inventory.network_security_groups
    return [group for group in groups if subnet and group.name == subnet.network_security_group]


def _tables(seen: Seen) -> set[str]:
    return {table.name for table in seen.inventory.route_tables}


def _join(listed: list[str], one: str) -> None:
    if one not in listed:
        listed.append(one)
