"""Network security groups and admin rules, as one subnet sees them, with the default rules that every group has."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from cloister.fabric.addresses import AddressMatch
from cloister.fabric.filters import Filter, FilterRule
from cloister.fabric.flows import Protocol
from cloister.fabric.lower_azure.addresses import TagReader, plain_match, tag_readers
from cloister.fabric.lower_azure.layout import Layout
from cloister.fabric.sets import AddressSet, PortSet
from cloister.facts import tables
from cloister.facts.azure_subnets import ADMIN_RULES_SPARE
from cloister.inventory.azure import AdminRule, NetworkSecurityGroup, SecurityRule
from cloister.verdict import Rule

EVERY_PROTOCOL = frozenset(Protocol)
_PROTOCOLS = {protocol.value.capitalize(): frozenset({protocol}) for protocol in Protocol} | {"*": EVERY_PROTOCOL}
_WITHIN_DEFAULTS = frozenset({Protocol.TCP, Protocol.UDP, Protocol.ICMP})


@dataclass(frozen=True, slots=True)
class Filters:
    """Every network security group as each subnet sees it; subnets that see a group alike share one filter."""

    readers: Mapping[str, TagReader]
    lowered: Mapping[tuple[str, int], Filter]

    @classmethod
    def of(cls, layout: Layout) -> "Filters":
        """The filters at subnets and at interfaces of machines."""
        inventory, readers = layout.inventory, tag_readers(layout)
        groups = {group.name: group for group in inventory.network_security_groups}
        standing = [
            *((subnet.network_security_group, f"{net.name}/{subnet.name}") for net, subnet in inventory.subnets()),
            *((machine.network_security_group, machine.subnet) for machine in inventory.machines),
        ]
        lowered: dict[tuple[str, int], Filter] = {}
        for name, where in standing:
            if name in groups and where in readers and (name, id(readers[where])) not in lowered:
                lowered[name, id(readers[where])] = _lower_group(groups[name], readers[where])
        return cls(readers, lowered)

    def at(self, where: str, group: str | None) -> Filter | None:
        """The filter of a group at a subnet or at an interface in it."""
        return self.lowered.get((group, id(self.readers[where]))) if group and where in self.readers else None


def _lower_group(group: NetworkSecurityGroup, tags: TagReader) -> Filter:
    """The filter of a group; its rules by priority, then the default rules."""
    return Filter(
        name=group.name,
        inbound=(*_custom_rules(group, "Inbound", tags), *_default_rules("Inbound", tags)),
        outbound=(*_custom_rules(group, "Outbound", tags), *_default_rules("Outbound", tags)),
        rule=Rule(f"network security group {group.name}", group.origin),
    )


def _custom_rules(group: NetworkSecurityGroup, direction: str, tags: TagReader) -> list[FilterRule]:
    rules = sorted((rule for rule in group.rules if rule.direction == direction), key=lambda rule: rule.priority)
    return [_lower_rule(group, rule, tags) for rule in rules]


def _lower_rule(group: NetworkSecurityGroup, rule: SecurityRule, tags: TagReader) -> FilterRule:
    sources = _side(tags, rule.source_application_security_groups, rule.source)
    destinations = _side(tags, rule.destination_application_security_groups, rule.destination)
    return FilterRule(
        rule=Rule(f"{group.name}/{rule.name} ({rule.priority})", rule.origin, _publication(sources, destinations)),
        allow=rule.access == "Allow",
        protocols=_PROTOCOLS[rule.protocol],
        sources=sources,
        destinations=destinations,
        ports=_ports(rule.destination_ports),
        port_ranges=len(rule.destination_ports),
        source_ports=_ports(rule.source_ports),
    )


@lru_cache(maxsize=1 << 12)  # most rules state one of few ports
def _ports(texts: tuple[str, ...]) -> PortSet:
    return PortSet.of(*texts)


def _side(tags: TagReader, groups: Iterable[str], texts: Iterable[str]) -> tuple[AddressMatch, ...]:
    """One side of a rule: its application security groups, or where it names none, its addresses and tags."""
    return tuple(tags.members[group] for group in groups) or tags.matches(texts)


def _publication(*sides: tuple[AddressMatch, ...]) -> str:
    """The published list from which a rule takes the members of its tags, where it names some."""
    return next((match.publication for side in sides for match in side if match.publication), "")


def _default_rules(direction: str, tags: TagReader) -> list[FilterRule]:
    return [
        FilterRule(
            rule=Rule(f"{row.name} ({row.priority})", source=row.source_page),
            allow=row.access == "Allow",
            protocols=_WITHIN_DEFAULTS,
            doubtful_protocols=EVERY_PROTOCOL - _WITHIN_DEFAULTS,
            sources=(tags.match(row.source),),
            destinations=(tags.match(row.destination),),
            ports=PortSet.everything(),
        )
        for row in tables.default_rules()
        if row.direction == direction
    ]


def node_filter(tags: TagReader) -> Filter:
    """The group that Azure ML itself puts on nodes with a public address: open to the service, else the defaults."""
    behaviour = tables.behaviours()["aml-node-filter"]
    needed = next(row for row in tables.required_traffic("azure") if row.direction == "in")
    rule = Rule("Azure ML's own group on the node", source=behaviour.source)
    opened = FilterRule(
        rule=rule,
        allow=True,
        protocols=frozenset({Protocol.TCP}),
        sources=(plain_match(needed.destination),),
        destinations=(AddressMatch.of("*", AddressSet.everything()),),
        ports=PortSet.of(needed.ports),
    )
    return Filter(
        name="Azure ML's own group",
        inbound=(opened, *_default_rules("Inbound", tags)),
        outbound=tuple(_default_rules("Outbound", tags)),
        rule=rule,
    )


def lower_guard(layout: Layout, network: str, subnet: str, tags: TagReader) -> Filter | None:
    """The admin rules that are deployed to a network, as one subnet of it meets them, if there are any."""
    if subnet in ADMIN_RULES_SPARE:
        return None
    groups = {group.name for group in layout.inventory.network_groups if network in group.networks}
    collections = [
        one
        for one in layout.inventory.admin_rule_collections
        if network in one.networks or groups & set(one.network_groups)
    ]
    rules = [(f"{one.name}/{rule.name}", rule) for one in collections for rule in one.rules]
    if not rules:
        return None
    ordered = sorted(rules, key=lambda named: named[1].priority)
    return Filter(
        name="the network manager",
        inbound=tuple(_admin_rule(name, rule, tags) for name, rule in ordered if rule.direction == "Inbound"),
        outbound=tuple(_admin_rule(name, rule, tags) for name, rule in ordered if rule.direction == "Outbound"),
        rule=Rule("admin rules", collections[0].origin, tables.behaviours()["admin-rules"].source),
        hands_on=True,
    )


def _admin_rule(name: str, rule: AdminRule, tags: TagReader) -> FilterRule:
    sources, destinations = tags.matches(rule.source), tags.matches(rule.destination)
    return FilterRule(
        rule=Rule(f"{name} ({rule.priority})", rule.origin, _publication(sources, destinations)),
        allow=rule.access != "Deny",
        protocols=_PROTOCOLS[rule.protocol],
        sources=sources,
        destinations=destinations,
        ports=PortSet.of(*rule.destination_ports),
        port_ranges=len(rule.destination_ports),
        source_ports=PortSet.of(*rule.source_ports),
        ends=rule.access == "AlwaysAllow",
    )
