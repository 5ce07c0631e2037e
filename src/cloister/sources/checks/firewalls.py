"""Faults of firewalls and their policies: an undefined order, rules that Azure refuses, a base that is weakened."""

from collections.abc import Iterable, Iterator

from cloister.errors import Fault
from cloister.facts.tables import ServiceName, service_names
from cloister.inventory.azure import (
    VIGILANCE,
    ApplicationRule,
    Cloud,
    Firewall,
    FirewallPolicy,
    Inventory,
    NatRule,
    NetworkRule,
    RuleCollectionGroup,
)
from cloister.origin import Origin

_TIERS = ("Basic", "Standard", "Premium")
_OWN = (
    "dns_proxy",
    "dns_servers",
    "threat_intelligence",
    "threat_intelligence_allowlist",
    "intrusion_detection",
    "snat_private_ranges",
    "explicit_proxy_ports",
    "rule_collection_groups",
)
"""What a firewall says only where it has a policy of its own."""


def firewall_faults(inventory: Inventory) -> Iterator[Fault]:
    """Every firewall, policy and rule of one that Azure would refuse, or whose order is undefined."""
    policies = {policy.name: policy for policy in inventory.firewall_policies}
    for firewall in inventory.firewalls:
        yield from _doubled_policy_faults(firewall)
        yield from _destination_faults(inventory, firewall)
        shared = policies.get(firewall.policy or "")
        if shared and _TIERS.index(shared.sku_tier) > _TIERS.index(firewall.sku_tier):
            reason = f'policy "{shared.name}" is of the {shared.sku_tier} tier, the firewall of {firewall.sku_tier}'
            yield Fault(f'firewall "{firewall.name}"', reason, f"write sku_tier: {shared.sku_tier}", firewall.origin)
        if not firewall.policy:
            yield from _policy_faults(firewall.own_policy, f'firewall "{firewall.name}"')
    for policy in inventory.firewall_policies:
        thing = f'firewall policy "{policy.name}"'
        yield from _base_faults(policies, policy, thing)
        yield from _policy_faults(policy, thing)


def _doubled_policy_faults(firewall: Firewall) -> Iterator[Fault]:
    for attribute in _OWN if firewall.policy else ():
        if firewall.origin.states(attribute):
            reason = f'{attribute} stands beside policy "{firewall.policy}", which says that'
            mend = f"move {attribute} into the policy, or remove policy"
            yield Fault(f'firewall "{firewall.name}"', reason, mend, firewall.origin.of(attribute))


def _destination_faults(inventory: Inventory, firewall: Firewall) -> Iterator[Fault]:
    own = (*firewall.public_ips, firewall.private_ip)
    for path, rule in _rules(inventory.policies_of(firewall)[-1]):
        if isinstance(rule, NatRule) and rule.destination and rule.destination not in own:
            reason = f"destination {rule.destination} is none of the addresses of firewall {firewall.name}"
            mend = f"write one of {', '.join(map(str, own))}, or add it to public_ips of {firewall.name}"
            yield Fault(f'rule "{path}"', reason, mend, rule.origin.of("destination"))
        elif isinstance(rule, NatRule) and rule.destination == firewall.private_ip and firewall.sku_tier == "Basic":
            reason = f"destination {rule.destination} is private, and {firewall.name} of the Basic tier takes none such"
            mend = f"write sku_tier: Standard on {firewall.name}, or name a public address"
            yield Fault(f'rule "{path}"', reason, mend, rule.origin.of("destination"))


def _base_faults(policies: dict[str, FirewallPolicy], policy: FirewallPolicy, thing: str) -> Iterator[Fault]:
    base = policies.get(policy.base_policy or "")
    if base is None:
        return
    seen = {policy.name}
    while base.base_policy in policies and base.name not in seen:
        seen.add(base.name)
        base = policies[base.base_policy or ""]
    if base.name in seen:
        reason = f'base_policy "{policy.base_policy}" leads back to the policy itself'
        yield Fault(thing, reason, "remove one base_policy of the circle", policy.origin.of("base_policy"))
        return
    base = policies[policy.base_policy or ""]
    stated = policy.origin.states("threat_intelligence")
    if stated and VIGILANCE.index(policy.threat_intelligence) < VIGILANCE.index(base.threat_intelligence):
        weak, strong = policy.threat_intelligence, base.threat_intelligence
        reason = f'threat_intelligence {weak} is weaker than {strong} of its base "{base.name}"'
        mend = f"write {strong}, or leave it out; a policy may only be stricter than its base"
        yield Fault(thing, reason, mend, policy.origin.of("threat_intelligence"))


def _policy_faults(policy: FirewallPolicy, thing: str) -> Iterator[Fault]:
    groups = ((f"{policy.name}/{group.name}", group.priority, group.origin) for group in policy.rule_collection_groups)
    yield from _order_faults("rule collection group", groups)
    for group in policy.rule_collection_groups:
        path = f"{policy.name}/{group.name}"
        collections = ((f"{path}/{one.name}", one.priority, one.origin) for one in group.collections)
        yield from _order_faults("rule collection", collections)
    if policy.sku_tier != "Premium" and policy.intrusion_detection != "Off":
        reason = f"intrusion_detection takes the Premium tier, and it is of {policy.sku_tier}"
        mend = "write sku_tier: Premium, or leave it out"
        yield Fault(thing, reason, mend, policy.origin.of("intrusion_detection"))
    for path, rule in _rules(policy):
        yield from _rule_faults(f'rule "{path}"', rule, policy)


def _rules(policy: FirewallPolicy) -> Iterator[tuple[str, NetworkRule | ApplicationRule | NatRule]]:
    """Each rule with the names of what it stands in."""
    for group in policy.rule_collection_groups:
        yield from _rules_of(f"{policy.name}/{group.name}", group)


def _rules_of(path: str, group: RuleCollectionGroup) -> Iterator[tuple[str, NetworkRule | ApplicationRule | NatRule]]:
    for collection in group.collections:
        for rule in collection.rules:
            yield f"{path}/{collection.name}/{rule.name}", rule


def _order_faults(kind: str, ordered: Iterable[tuple[str, int, Origin]]) -> Iterator[Fault]:
    first: dict[int, str] = {}
    for name, priority, origin in ordered:
        other = first.setdefault(priority, name)
        if other != name:
            reason = f'priority {priority} is that of {kind} "{other}" already, so their order is undefined'
            yield Fault(f'{kind} "{name}"', reason, "choose another priority", origin.of("priority"))


def _rule_faults(thing: str, rule: NetworkRule | ApplicationRule | NatRule, policy: FirewallPolicy) -> Iterator[Fault]:
    if _states_none(rule, "sources", "source_ip_groups"):
        yield Fault(thing, "names no source", "add sources, or source_ip_groups", rule.origin)
    match rule:
        case NetworkRule():
            yield from _network_rule_faults(thing, rule)
        case ApplicationRule():
            yield from _application_rule_faults(thing, rule, policy)
        case NatRule():
            if (rule.translated_address is None) == (rule.translated_fqdn is None):
                reason = "names neither translated_address nor translated_fqdn"
                if rule.translated_address:
                    reason = "names both translated_address and translated_fqdn"
                yield Fault(thing, reason, "write one of the two", rule.origin)


def _states_none(rule: NetworkRule | ApplicationRule | NatRule, *attributes: str) -> bool:
    """Whether none of the attributes says anything; one that was written with a fault of its own is told already."""
    return not any(getattr(rule, name) for name in attributes) and not any(
        rule.origin.states(name) for name in attributes
    )


def _network_rule_faults(thing: str, rule: NetworkRule) -> Iterator[Fault]:
    if _states_none(rule, "destinations", "destination_ip_groups", "destination_fqdns"):
        reason = "names no destination"
        yield Fault(thing, reason, "add destinations, or destination_fqdns", rule.origin)
    for name in rule.destination_fqdns:
        if "*" in name:
            reason = f'destination_fqdns "{name}" has a wildcard, and a network rule resolves whole names only'
            mend = "write the whole name, or make it an application rule"
            yield Fault(thing, reason, _mend_of_wildcard(name) or mend, rule.origin.of("destination_fqdns"))


def _mend_of_wildcard(name: str) -> str:
    """What stands in for a well-known name of Azure Machine Learning that no network rule can express."""
    suffixes = {suffix for row in _instance_names() for suffix in row.public_suffixes.split()}
    if not name.lower().endswith(tuple(suffixes)):
        return ""
    return "name the service tag AzureMachineLearning under destinations: ports 8787 and 18881 take no application rule"


def _instance_names() -> Iterator[ServiceName]:
    return (row for cloud in Cloud for row in service_names(cloud.value) if row.service == "instance")


def _application_rule_faults(thing: str, rule: ApplicationRule, policy: FirewallPolicy) -> Iterator[Fault]:
    if _states_none(rule, "fqdns", "fqdn_tags", "web_categories"):
        yield Fault(thing, "names no host", "add fqdns, fqdn_tags or web_categories", rule.origin)
    if rule.tls_inspection and policy.sku_tier != "Premium":
        reason = f"tls_inspection takes the Premium tier, and its policy is of {policy.sku_tier}"
        mend = "write sku_tier: Premium, or leave tls_inspection out"
        yield Fault(thing, reason, mend, rule.origin.of("tls_inspection"))
