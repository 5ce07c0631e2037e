"""Network security groups, as one subnet sees them, with the default rules that every group has."""

from cloister.fabric.addresses import AddressMatch
from cloister.fabric.filters import Filter, FilterRule
from cloister.fabric.flows import Protocol
from cloister.fabric.lower_azure.addresses import TagReader, plain_match
from cloister.fabric.sets import AddressSet, PortSet
from cloister.facts import tables
from cloister.inventory.azure import NetworkSecurityGroup, SecurityRule
from cloister.verdict import Rule

EVERY_PROTOCOL = frozenset(Protocol)
_PROTOCOLS = {"Tcp": frozenset({Protocol.TCP}), "Udp": frozenset({Protocol.UDP}), "*": EVERY_PROTOCOL}


def lower_group(group: NetworkSecurityGroup, tags: TagReader) -> Filter:
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
    return FilterRule(
        rule=Rule(f"{group.name}/{rule.name} ({rule.priority})", rule.origin),
        allow=rule.access == "Allow",
        protocols=_PROTOCOLS.get(rule.protocol, frozenset()),
        sources=tags.matches(rule.source),
        destinations=tags.matches(rule.destination),
        ports=PortSet.of(*rule.destination_ports),
        port_ranges=len(rule.destination_ports),
    )


def _default_rules(direction: str, tags: TagReader) -> list[FilterRule]:
    return [
        FilterRule(
            rule=Rule(f"{row.name} ({row.priority})", source=row.source_page),
            allow=row.access == "Allow",
            protocols=EVERY_PROTOCOL,
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
