"""Firewalls with their policy, and the rule collection groups that say what may leave."""

from collections.abc import Iterator, Mapping

from cloister.inventory.azure import (
    ApplicationRule,
    Firewall,
    Inventory,
    NetworkRule,
    RuleCollection,
    RuleCollectionGroup,
)
from cloister.inventory.azure.placement import group_of
from cloister.render.terraform.blocks import Block, Expression, reference
from cloister.render.terraform.network import appliance_address, public_address
from cloister.render.terraform.placement import placed

_SUBNET = "AzureFirewallSubnet"
_MANAGEMENT_SUBNET = "AzureFirewallManagementSubnet"


def firewall_blocks(inventory: Inventory) -> Iterator[Block]:
    """Each firewall after its policy, and its rule collection groups in the order in which they are read."""
    for firewall in inventory.firewalls:
        yield _policy(inventory, firewall)
        for group in sorted(firewall.rule_collection_groups, key=lambda group: group.priority):
            yield _group(firewall, group)
        yield from _firewall(inventory, firewall)


def _policy(inventory: Inventory, firewall: Firewall) -> Block:
    servers = [appliance_address(inventory, server) for server in firewall.dns_servers]
    arguments = {
        "name": f"policy-{firewall.name}",
        **placed(group_of(inventory, firewall.network)),
        "sku": firewall.sku_tier,
        "threat_intelligence_mode": firewall.threat_intelligence,
        "dns": {"proxy_enabled": firewall.dns_proxy, "servers": servers or None},
    }
    return Block("firewall_policy", firewall.name, arguments, firewall.origin)


def _firewall(inventory: Inventory, firewall: Firewall) -> Iterator[Block]:
    group = group_of(inventory, firewall.network)
    yield public_address(firewall.name, group, firewall.origin)
    arguments: dict[str, object] = {
        "name": firewall.name,
        **placed(group),
        "sku_name": "AZFW_VNet",
        "sku_tier": firewall.sku_tier,
        "firewall_policy_id": reference("firewall_policy", firewall.name),
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


def _group(firewall: Firewall, group: RuleCollectionGroup) -> Block:
    collections: dict[str, list[object]] = {}
    for collection in sorted(group.collections, key=lambda collection: collection.priority):
        collections.setdefault(f"{collection.kind}_rule_collection", []).append(_collection(collection))
    arguments = {
        "name": group.name,
        "firewall_policy_id": reference("firewall_policy", firewall.name),
        "priority": group.priority,
        **collections,
    }
    return Block("firewall_policy_rule_collection_group", f"{firewall.name}/{group.name}", arguments, group.origin)


def _collection(collection: RuleCollection) -> Mapping[str, object]:
    rules = [_network(rule) if isinstance(rule, NetworkRule) else _application(rule) for rule in collection.rules]
    return {
        "name": collection.name,
        "priority": collection.priority,
        "action": collection.action,
        "rule": rules,
    }


def _network(rule: NetworkRule) -> Mapping[str, object]:
    return {
        "name": rule.name,
        "protocols": rule.protocols,
        "source_addresses": rule.sources,
        "destination_addresses": rule.destinations or None,
        "destination_fqdns": rule.destination_fqdns or None,
        "destination_ports": rule.ports,
    }


def _application(rule: ApplicationRule) -> Mapping[str, object]:
    return {
        "name": rule.name,
        "source_addresses": rule.sources,
        "destination_fqdns": rule.fqdns,
        "protocols": [{"type": kind, "port": port} for kind, port in rule.protocols],
    }
