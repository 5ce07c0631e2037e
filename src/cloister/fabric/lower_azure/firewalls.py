"""Azure Firewalls with their policies: DNAT, network and application rules, those of the base policy first in each."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from cloister.fabric.addresses import Address, AddressMatch
from cloister.fabric.appliances import AddressRule, Appliance, HostGroup, HostRule, Translation
from cloister.fabric.flows import Protocol
from cloister.fabric.lower_azure.addresses import is_prefix, plain_match, region_words
from cloister.fabric.lower_azure.layout import Layout
from cloister.fabric.lower_azure.networks import FIREWALL_SUBNET
from cloister.fabric.sets import AddressSet, PortSet
from cloister.facts import tables
from cloister.inventory.azure import (
    VIGILANCE,
    ApplicationRule,
    Firewall,
    FirewallPolicy,
    Inventory,
    IpGroup,
    NatRule,
    NetworkRule,
    RuleCollection,
)
from cloister.verdict import Rule

_WITH_PORTS = frozenset({Protocol.TCP, Protocol.UDP})
_PROTOCOLS = {
    "TCP": frozenset({Protocol.TCP}),
    "UDP": frozenset({Protocol.UDP}),
    "ICMP": frozenset({Protocol.ICMP}),
    "Any": frozenset(Protocol),
}
_ALWAYS_TRANSLATED = "255.255.255.255/32"
_PLAIN = "Http"
_SECURE = "Https"


def lower_firewalls(layout: Layout) -> tuple[Appliance, ...]:
    """The firewalls as appliances."""
    return tuple(_appliance(layout, firewall) for firewall in layout.inventory.firewalls)


def _appliance(layout: Layout, firewall: Firewall) -> Appliance:
    facts = tables.behaviours()
    policies = layout.inventory.policies_of(firewall)
    own = policies[-1]
    allowed = [entry for policy in policies for entry in policy.threat_intelligence_allowlist]
    return Appliance(
        name=firewall.name,
        address=firewall.private_ip,
        segment=f"{firewall.network}/{FIREWALL_SUBNET}",
        name_proxy=answers_names(layout.inventory, firewall),
        threats=max((policy.threat_intelligence for policy in policies), key=VIGILANCE.index).lower(),
        address_rules=tuple(_sharpened(layout, rule) for rule in _address_rules(layout.inventory, policies)),
        host_rules=tuple(_host_rules(layout.inventory, policies)),
        name_ports=PortSet.of(*(row.port for row in tables.name_protocols())),
        rule=Rule(f"firewall {firewall.name}", own.origin.of("threat_intelligence")),
        unlisted=Rule(facts["firewall-deny"].text, firewall.origin, facts["firewall-deny"].source),
        own=_own_address(layout.inventory, firewall),
        public_addresses=AddressSet.of(*firewall.public_ips),
        translations=tuple(one for one in _translations(layout.inventory, policies) if _has_rule(firewall, one)),
        trusted=tuple(plain_match(entry) for entry in allowed if is_prefix(entry)),
        trusted_hosts=tuple(entry for entry in allowed if not is_prefix(entry)),
        keeps_source=_kept(own),
        keeping=Rule(f"snat_private_ranges of {own.name}", own.origin.of("snat_private_ranges")),
        proxy_ports=PortSet.of(*map(str, own.explicit_proxy_ports)),
        builtin=_builtin(layout.inventory),
    )


def _has_rule(firewall: Firewall, translation: Translation) -> bool:
    """Whether a firewall of this tier takes the rule: the Basic tier translates nothing on its private address."""
    return firewall.sku_tier != "Basic" or firewall.private_ip not in translation.addresses


def answers_names(inventory: Inventory, firewall: Firewall) -> bool:
    """Whether the firewall has a DNS proxy that is on; the Basic tier has none."""
    return inventory.policies_of(firewall)[-1].dns_proxy and firewall.sku_tier != "Basic"


def _own_address(inventory: Inventory, firewall: Firewall) -> Address:
    """What others see of the firewall: an address of one of its instances, somewhere in its subnet."""
    found = inventory.subnet(f"{firewall.network}/{FIREWALL_SUBNET}")
    return Address(AddressSet.of(found[1].prefix if found else firewall.private_ip), firewall.name)


def _kept(policy: FirewallPolicy) -> AddressSet:
    """The destinations towards which network rules leave the source as it is."""
    private = AddressSet.of(*(row.prefix for row in tables.special_addresses() if row.meaning in _UNTRANSLATED))
    if _ALWAYS_TRANSLATED in policy.snat_private_ranges:
        return AddressSet()
    stated = [entry for entry in policy.snat_private_ranges if is_prefix(entry)]
    default = private if not policy.snat_private_ranges or len(stated) < len(policy.snat_private_ranges) else None
    return AddressSet.union((default or AddressSet(), *(plain_match(entry).sure for entry in stated)))


_UNTRANSLATED = ("private use", "shared address space")
"""What RFC 1918 and RFC 6598 set apart, in the words of facts."""


def _collections(policies: tuple[FirewallPolicy, ...]) -> Iterator[tuple[str, RuleCollection]]:
    """The collections in the order in which they are read, each with the name of what it stands in."""
    for policy in policies:
        for group in sorted(policy.rule_collection_groups, key=lambda group: group.priority):
            for collection in sorted(group.collections, key=lambda collection: collection.priority):
                yield f"{policy.name}/{group.name}/{collection.name}", collection


def _matches(inventory: Inventory, texts: tuple[str, ...], groups: tuple[str, ...]) -> tuple[AddressMatch, ...]:
    """The sources or destinations of a rule; those of an IP group go by the group's name."""
    by_name = {group.name: group for group in inventory.ip_groups}
    return (*(plain_match(text) for text in texts), *(_members(by_name[name]) for name in groups if name in by_name))


@lru_cache(maxsize=64)  # a group of thousands of addresses may stand in hundreds of rules
def _members(group: IpGroup) -> AddressMatch:
    return AddressMatch.of(group.name, AddressSet.union(plain_match(text).sure for text in group.addresses))


def _translations(inventory: Inventory, policies: tuple[FirewallPolicy, ...]) -> Iterator[Translation]:
    """DNAT rules; of those in a base policy, sources disagree whether a policy inherits them."""
    inherited = frozenset(path for path, _ in _collections(policies[:-1]))
    doubt = tables.behaviours()["firewall-nat-inheritance"]
    for path, collection in _collections(policies):
        for rule in collection.rules:
            if isinstance(rule, NatRule):
                yield Translation(
                    rule=Rule(f"{path}/{rule.name}", rule.origin, doubt.source if path in inherited else ""),
                    protocols=frozenset(p for text in rule.protocols for p in _PROTOCOLS[text]),
                    sources=_matches(inventory, rule.sources, rule.source_ip_groups),
                    addresses=AddressSet.of(*filter(None, (rule.destination,))),
                    ports=PortSet.of(*rule.ports),
                    to=rule.translated_address,
                    to_host=(rule.translated_fqdn or "").lower(),
                    to_port=rule.translated_port,
                    doubt=doubt.text if path in inherited else "",
                )


def _address_rules(inventory: Inventory, policies: tuple[FirewallPolicy, ...]) -> Iterator[AddressRule]:
    for path, collection in _collections(policies):
        for rule in collection.rules:
            if isinstance(rule, NetworkRule):
                yield lower_network_rule(inventory, path, rule, allow=collection.action == "Allow")


def _sharpened(layout: Layout, rule: AddressRule) -> AddressRule:
    """The rule with the members of the service tags that it names, where their list is at hand."""
    destinations = tuple(layout.sharpened(match) for match in rule.destinations)
    publication = next((match.publication for match in destinations if match.publication), rule.rule.source)
    return replace(rule, rule=replace(rule.rule, source=publication), destinations=destinations)


def lower_network_rule(inventory: Inventory, path: str, rule: NetworkRule, *, allow: bool) -> AddressRule:
    """A rule on addresses of whatever forwards; `path` is what it stands in."""
    return AddressRule(
        rule=Rule(f"{path}/{rule.name}", rule.origin),
        allow=allow,
        protocols=_protocols(rule),
        sources=_matches(inventory, rule.sources, rule.source_ip_groups),
        destinations=_matches(inventory, rule.destinations, rule.destination_ip_groups),
        hosts=tuple(name.lower() for name in rule.destination_fqdns),
        ports=PortSet.of(*rule.ports),
    )


def _protocols(rule: NetworkRule) -> frozenset[Protocol]:
    """What a network rule is about: with a port of its own, `Any` means the protocols that have ports."""
    found = frozenset(protocol for text in rule.protocols for protocol in _PROTOCOLS[text])
    stated = PortSet.of(*rule.ports) != PortSet.everything()
    return found & _WITH_PORTS if stated and "Any" in rule.protocols else found


def _host_rules(inventory: Inventory, policies: tuple[FirewallPolicy, ...]) -> Iterator[HostRule]:
    for path, collection in _collections(policies):
        for rule in collection.rules:
            if isinstance(rule, ApplicationRule):
                resolved = (_PLAIN, _SECURE) if rule.tls_inspection else (_PLAIN,)
                yield HostRule(
                    rule=Rule(f"{path}/{rule.name}", rule.origin),
                    allow=collection.action == "Allow",
                    sources=_matches(inventory, rule.sources, rule.source_ip_groups),
                    hosts=rule.fqdns,
                    ports=PortSet.of(*(str(port) for _, port in rule.protocols)),
                    groups=tuple(_host_groups(inventory, rule)),
                    resolved_ports=PortSet.of(*(str(port) for kind, port in rule.protocols if kind in resolved)),
                )


def _host_groups(inventory: Inventory, rule: ApplicationRule) -> Iterator[HostGroup]:
    """Lists that others keep: of a tag some hosts are published, of a category none, and both change without notice."""
    yield from (HostGroup(f"FQDN tag {tag}", _known_hosts(inventory, tag), ()) for tag in rule.fqdn_tags)
    yield from (HostGroup(f"web category {name}", (), ()) for name in rule.web_categories)


def _builtin(inventory: Inventory) -> HostGroup:
    """The collection that every firewall has after all rules: it holds hosts of the cloud alone."""
    own = tuple(row.subject for row in tables.tag_members() if row.kind == "own-suffix")
    return HostGroup("the built-in infrastructure collection", _known_hosts(inventory, "infrastructure"), own)


def _known_hosts(inventory: Inventory, group: str) -> tuple[str, ...]:
    rows = (row for row in tables.host_groups() if row.group.lower() == group.lower())
    return tuple(sorted(word for row in rows for word in region_words(row.hosts, inventory.region)))
