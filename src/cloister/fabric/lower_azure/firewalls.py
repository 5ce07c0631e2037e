"""Azure Firewalls with their policies: network rules first, then application rules, each kind by priorities."""

from collections.abc import Iterator

from cloister.fabric.appliances import AddressRule, Appliance, HostRule
from cloister.fabric.flows import Protocol
from cloister.fabric.lower_azure.addresses import plain_match
from cloister.fabric.lower_azure.layout import Layout
from cloister.fabric.lower_azure.networks import FIREWALL_SUBNET
from cloister.fabric.sets import PortSet
from cloister.facts import tables
from cloister.inventory.azure import ApplicationRule, Firewall, NetworkRule, RuleCollection, RuleCollectionGroup
from cloister.verdict import Rule

_PROTOCOLS = {
    "TCP": frozenset({Protocol.TCP}),
    "UDP": frozenset({Protocol.UDP}),
    "ICMP": frozenset({Protocol.ICMP}),
    "Any": frozenset(Protocol),
}


def lower_firewalls(layout: Layout) -> tuple[Appliance, ...]:
    """The firewalls as appliances."""
    return tuple(_appliance(firewall) for firewall in layout.inventory.firewalls)


def _appliance(firewall: Firewall) -> Appliance:
    facts = tables.behaviours()
    return Appliance(
        name=firewall.name,
        address=firewall.private_ip,
        segment=f"{firewall.network}/{FIREWALL_SUBNET}",
        name_proxy=answers_names(firewall),
        threats=firewall.threat_intelligence.lower(),
        address_rules=tuple(_address_rules(firewall)),
        host_rules=tuple(_host_rules(firewall)),
        plain_ports=PortSet.of(*(row.port for row in tables.name_protocols() if row.protocol == "Http")),
        name_ports=PortSet.of(*(row.port for row in tables.name_protocols())),
        rule=Rule(f"firewall {firewall.name}", firewall.origin.of("threat_intelligence")),
        unlisted=Rule(facts["firewall-deny"].text, firewall.origin, facts["firewall-deny"].source),
    )


def answers_names(firewall: Firewall) -> bool:
    """Whether the firewall has a DNS proxy that is on; the Basic tier has none."""
    return firewall.dns_proxy and firewall.sku_tier != "Basic"


def _collections(firewall: Firewall) -> Iterator[tuple[RuleCollectionGroup, RuleCollection]]:
    for group in sorted(firewall.rule_collection_groups, key=lambda group: group.priority):
        for collection in sorted(group.collections, key=lambda collection: collection.priority):
            yield group, collection


def _name(firewall: Firewall, group: RuleCollectionGroup, collection: RuleCollection, rule: str) -> str:
    return f"{firewall.name}/{group.name}/{collection.name}/{rule}"


def _address_rules(firewall: Firewall) -> Iterator[AddressRule]:
    for group, collection in _collections(firewall):
        for rule in collection.rules:
            if isinstance(rule, NetworkRule):
                yield AddressRule(
                    rule=Rule(_name(firewall, group, collection, rule.name), rule.origin),
                    allow=collection.action == "Allow",
                    protocols=frozenset(p for text in rule.protocols for p in _PROTOCOLS[text]),
                    sources=tuple(plain_match(text) for text in rule.sources),
                    destinations=tuple(plain_match(text) for text in rule.destinations),
                    hosts=tuple(name.lower() for name in rule.destination_fqdns),
                    ports=PortSet.of(*rule.ports),
                )


def _host_rules(firewall: Firewall) -> Iterator[HostRule]:
    for group, collection in _collections(firewall):
        for rule in collection.rules:
            if isinstance(rule, ApplicationRule):
                yield HostRule(
                    rule=Rule(_name(firewall, group, collection, rule.name), rule.origin),
                    allow=collection.action == "Allow",
                    sources=tuple(plain_match(text) for text in rule.sources),
                    hosts=rule.fqdns,
                    ports=PortSet.of(*(str(port) for _, port in rule.protocols)),
                )
