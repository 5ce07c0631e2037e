"""Firewalls with their policy, and the rule collection groups that say what may leave."""

from collections.abc import Iterator, Mapping

from cloister.inventory.azure import (
    VIGILANCE,
    ApplicationRule,
    Firewall,
    FirewallPolicy,
    Inventory,
    NatRule,
    NetworkRule,
    RuleCollection,
    RuleCollectionGroup,
)
from cloister.inventory.azure.placement import group_of, home_group
from cloister.render.terraform.blocks import Block, Expression, reference
from cloister.render.terraform.network import appliance_address, public_address
from cloister.render.terraform.placement import placed

_SUBNET = "AzureFirewallSubnet"
_MANAGEMENT_SUBNET = "AzureFirewallManagementSubnet"


def firewall_blocks(inventory: Inventory) -> Iterator[Block]:
    """Each firewall after its policy, and its rule collection groups in the order in which they are read."""
    for ip_group in inventory.ip_groups:
        arguments = {"name": ip_group.name, **placed(home_group(inventory)), "cidrs": ip_group.addresses}
        yield Block("ip_group", ip_group.name, arguments, ip_group.origin)
    for policy in inventory.firewall_policies:
        yield from _policy(inventory, policy, policy.name, home_group(inventory))
    for firewall in inventory.firewalls:
        if not firewall.policy:
            name = f"policy-{firewall.name}"
            yield from _policy(inventory, firewall.own_policy, name, group_of(inventory, firewall.network))
        yield from _firewall(inventory, firewall)


def _policy(inventory: Inventory, policy: FirewallPolicy, name: str, group: str) -> Iterator[Block]:
    servers = [appliance_address(inventory, server) for server in policy.dns_servers]
    arguments = {
        "name": name,
        **placed(group),
        "base_policy_id": reference("firewall_policy", policy.base_policy) if policy.base_policy else None,
        "sku": policy.sku_tier,
        "threat_intelligence_mode": _mode(inventory, policy),
        "threat_intelligence_allowlist": _allowlist(policy),
        "dns": {"proxy_enabled": policy.dns_proxy, "servers": servers or None},
        "private_ip_ranges": policy.snat_private_ranges or None,
        "intrusion_detection": {"mode": policy.intrusion_detection} if policy.intrusion_detection != "Off" else None,
    }
    yield Block("firewall_policy", policy.name, arguments, policy.origin)
    for one in sorted(policy.rule_collection_groups, key=lambda one: one.priority):
        yield _group(inventory, policy, one)


def _mode(inventory: Inventory, policy: FirewallPolicy) -> str:
    """The mode of threat intelligence: Azure refuses one that is weaker than the base's, even as a default."""
    return max((one.threat_intelligence for one in inventory.with_bases(policy)), key=VIGILANCE.index)


def _allowlist(policy: FirewallPolicy) -> Mapping[str, object] | None:
    addresses = [entry for entry in policy.threat_intelligence_allowlist if entry[:1].isdigit()]
    names = [entry for entry in policy.threat_intelligence_allowlist if entry not in addresses]
    return {"ip_addresses": addresses or None, "fqdns": names or None} if addresses or names else None


def _firewall(inventory: Inventory, firewall: Firewall) -> Iterator[Block]:
    group = group_of(inventory, firewall.network)
    yield public_address(firewall.name, group, firewall.origin)
    arguments: dict[str, object] = {
        "name": firewall.name,
        **placed(group),
        "sku_name": "AZFW_VNet",
        "sku_tier": firewall.sku_tier,
        "firewall_policy_id": reference("firewall_policy", firewall.policy or firewall.name),
        "ip_configuration": _ip_configuration(firewall, _SUBNET, firewall.name),
        "lifecycle": {"postcondition": [_address_held(firewall)]},
    }
    management = f"{firewall.network}/{_MANAGEMENT_SUBNET}"
    if inventory.subnet(management):
        name = f"{firewall.name}-management"
        yield public_address(name, group, firewall.origin)
        arguments["management_ip_configuration"] = _ip_configuration(firewall, _MANAGEMENT_SUBNET, name)
    yield Block("firewall", firewall.name, arguments, firewall.origin)


def _ip_configuration(firewall: Firewall, subnet: str, public_ip: str) -> Mapping[str, object]:
    return {
        "name": subnet,
        "subnet_id": reference("subnet", f"{firewall.network}/{subnet}"),
        "public_ip_address_id": reference("public_ip", public_ip),
    }


def _address_held(firewall: Firewall) -> Mapping[str, object]:
    """Azure picks a firewall's address. Routes and name servers were proved for one address, so apply must insist."""
    return {
        "condition": Expression(f'${{self.ip_configuration[0].private_ip_address == "{firewall.private_ip}"}}'),
        "error_message": f"The environment was proved closed for a firewall at {firewall.private_ip}.",
    }


def _group(inventory: Inventory, policy: FirewallPolicy, group: RuleCollectionGroup) -> Block:
    collections: dict[str, list[object]] = {}
    users = [one for one in inventory.firewalls if inventory.policies_of(one)[-1].name == policy.name]
    for collection in sorted(group.collections, key=lambda collection: collection.priority):
        collections.setdefault(f"{collection.kind}_rule_collection", []).append(_collection(collection, users))
    arguments = {
        "name": group.name,
        "firewall_policy_id": reference("firewall_policy", policy.name),
        "priority": group.priority,
        **collections,
    }
    return Block("firewall_policy_rule_collection_group", f"{policy.name}/{group.name}", arguments, group.origin)


def _collection(collection: RuleCollection, users: list[Firewall]) -> Mapping[str, object]:
    return {
        "name": collection.name,
        "priority": collection.priority,
        "action": collection.action,
        "rule": [_rule(rule, users) for rule in collection.rules],
    }


def _rule(rule: NetworkRule | ApplicationRule | NatRule, users: list[Firewall]) -> Mapping[str, object]:
    source = {"source_addresses": rule.sources or None, "source_ip_groups": _ip_groups(rule.source_ip_groups)}
    match rule:
        case NetworkRule():
            return {"name": rule.name, "protocols": rule.protocols, **source, **_network(rule)}
        case ApplicationRule():
            return {"name": rule.name, **source, **_application(rule)}
        case NatRule():
            return {"name": rule.name, "protocols": rule.protocols, **source, **_nat(rule, users)}


def _ip_groups(names: tuple[str, ...]) -> list[Expression] | None:
    return [reference("ip_group", name) for name in names] or None


def _network(rule: NetworkRule) -> Mapping[str, object]:
    return {
        "destination_addresses": rule.destinations or None,
        "destination_ip_groups": _ip_groups(rule.destination_ip_groups),
        "destination_fqdns": rule.destination_fqdns or None,
        "destination_ports": rule.ports,
    }


def _application(rule: ApplicationRule) -> Mapping[str, object]:
    return {
        "destination_fqdns": rule.fqdns or None,
        "destination_fqdn_tags": rule.fqdn_tags or None,
        "web_categories": rule.web_categories or None,
        "terminate_tls": rule.tls_inspection or None,
        "protocols": [{"type": kind, "port": port} for kind, port in rule.protocols],
    }


def _nat(rule: NatRule, users: list[Firewall]) -> Mapping[str, object]:
    public = [reference("public_ip", firewall.name, "ip_address") for firewall in users[:1]]
    return {
        "destination_address": rule.destination or (public[0] if public else None),
        "destination_ports": rule.ports,
        "translated_address": rule.translated_address,
        "translated_fqdn": rule.translated_fqdn,
        "translated_port": rule.translated_port,
    }
