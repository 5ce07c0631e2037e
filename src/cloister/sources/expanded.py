"""The inventory as a document again: what `cloister show` prints, and what reads back to the same inventory.

An attribute stands there if its author stated it or if it differs from its default. The rest would only repeat the
reference.
"""

from dataclasses import fields
from ipaddress import IPv4Address
from typing import Any

import yaml

from cloister.facts.well_known_ports import DOMAIN
from cloister.inventory import aws, azure
from cloister.inventory.clouds import AnyInventory
from cloister.sources.aws.expanded import aws_sections
from cloister.sources.stated import Members, named, plain, short, stated
from cloister.sources.wished import wishes_of
from cloister.sources.yaml_text import QuotingDumper

_Forwards = tuple[tuple[str, tuple[IPv4Address, ...]], ...]
_Records = tuple[tuple[str, IPv4Address], ...]


def document_of(inventory: AnyInventory) -> Members:
    """The document that describes the inventory without a blueprint, sections in the order of the reference."""
    of_cloud = aws_sections(inventory) if isinstance(inventory, aws.Inventory) else _azure_sections(inventory)
    head = {"version": 1, "name": inventory.name, "cloud": inventory.cloud.value, "region": inventory.region}
    sections = of_cloud | wishes_of(inventory)
    return head | {section: members for section, members in sections.items() if members}


def _azure_sections(inventory: azure.Inventory) -> Members:
    return {
        "resource_groups": named(inventory.resource_groups),
        "networks": {network.name: _network(network, inventory) for network in inventory.networks},
        "network_security_groups": {
            group.name: {"rules": named(group.rules)} for group in inventory.network_security_groups
        },
        "application_security_groups": named(inventory.application_security_groups),
        "network_groups": named(inventory.network_groups),
        "admin_rule_collections": {
            one.name: stated(one, "rules") | {"rules": named(one.rules)} for one in inventory.admin_rule_collections
        },
        "route_tables": {
            table.name: stated(table) | {"routes": named(table.routes)} for table in inventory.route_tables
        },
        "service_endpoint_policies": named(inventory.service_endpoint_policies),
        "public_ips": named(inventory.public_ips),
        "nat_gateways": named(inventory.nat_gateways),
        "load_balancers": {one.name: _balancer(one) for one in inventory.load_balancers},
        "firewalls": {firewall.name: _firewall(firewall) for firewall in inventory.firewalls},
        "firewall_policies": {policy.name: _firewall(policy) for policy in inventory.firewall_policies},
        "ip_groups": named(inventory.ip_groups),
        "gateways": named(inventory.gateways),
        "bastions": named(inventory.bastions),
        "on_premises": {site.name: _site(site) for site in inventory.on_premises},
        "machines": {one.name: _machine(one) for one in inventory.machines},
        "private_endpoints": named(inventory.private_endpoints),
        "private_dns_zones": {zone.name: _zone(zone) for zone in inventory.private_dns_zones},
        "dns_resolvers": {resolver.name: _resolver(resolver) for resolver in inventory.dns_resolvers},
        "forwarding_rulesets": {ruleset.name: _ruleset(ruleset) for ruleset in inventory.forwarding_rulesets},
        "name_servers": {server.name: _name_server(server) for server in inventory.name_servers},
        "storage_accounts": named(inventory.storage_accounts),
        "key_vaults": {vault.name: _vault(vault) for vault in inventory.key_vaults},
        "keys": named(inventory.keys),
        "container_registries": named(inventory.container_registries),
        "services": {service.name: _service(service) for service in inventory.services},
        "workspaces": {workspace.name: _workspace(workspace) for workspace in inventory.workspaces},
        "computes": named(inventory.computes),
        "online_endpoints": {endpoint.name: _online(endpoint) for endpoint in inventory.online_endpoints},
        "batch_endpoints": named(inventory.batch_endpoints),
        "diagnostic_settings": named(inventory.diagnostic_settings),
        "metric_alerts": named(inventory.metric_alerts),
        "autoscale_settings": named(inventory.autoscale_settings),
        "budgets": named(inventory.budgets),
        "groups": named(inventory.groups),
        "principals": named(inventory.principals),
        "role_definitions": named(inventory.role_definitions),
        "role_assignments": named(inventory.role_assignments),
        "deny_assignments": named(inventory.deny_assignments),
        "policy_assignments": {one.name: _policy(one) for one in inventory.policy_assignments},
        "defender_plans": named(inventory.defender_plans),
        "requirements": _requirements(inventory.requirements) if inventory.requirements else {},
        "observed": _observed(inventory.observed) if inventory.observed else {},
    }


def document_text(inventory: AnyInventory) -> str:
    """The same as YAML: a blank line before each section, innermost mappings and lists on one line."""
    return members_text(document_of(inventory))


def members_text(document: Members) -> str:
    """A document, or a part of one to be laid over another, as YAML in the same form."""
    head = {key: value for key, value in document.items() if not isinstance(value, dict | list)}
    sections = ({key: value} for key, value in document.items() if key not in head)
    return "\n".join(_yaml(part) for part in (head, *sections) if part)


def _yaml(part: Members) -> str:
    flow = None if any(isinstance(value, dict) for value in part.values()) else False
    return yaml.dump(
        part, Dumper=QuotingDumper, sort_keys=False, default_flow_style=flow, width=250, allow_unicode=True
    )


def _requirements(requirements: azure.Requirements) -> Members:
    nodes = {"peak_nodes": dict(requirements.peak_nodes)} if requirements.peak_nodes else {}
    return stated(requirements, "peak_nodes") | nodes


def _observed(observed: azure.Observed) -> Members:
    """What was seen: its lists, of which an empty one says that there was nothing."""
    lists = {field.name: getattr(observed, field.name) for field in fields(observed)}
    seen = {
        key: [_record(record) for record in records] for key, records in lists.items() if isinstance(records, tuple)
    }
    return {"collected": plain(observed.collected), **seen}


def _record(record: Any) -> Members:  # noqa: ANN401 - any record of what was seen
    name = {"name": record.name} if hasattr(record, "name") else {}
    return name | stated(record)


def _machine(machine: azure.Machine) -> Members:
    return stated(machine, "forwards") | ({"forwards": named(machine.forwards)} if machine.forwards else {})


def _balancer(balancer: azure.LoadBalancer) -> Members:
    frontends = {
        one.name: stated(one, "rules", "outbound_rules")
        | ({"rules": named(one.rules)} if one.rules else {})
        | ({"outbound_rules": named(one.outbound_rules)} if one.outbound_rules else {})
        for one in balancer.frontends
    }
    return stated(balancer, "frontends") | {"frontends": frontends}


def _network(network: azure.VirtualNetwork, inventory: azure.Inventory) -> Members:
    halves = {
        peering.remote: stated(peering, "network", "remote")
        for peering in inventory.peerings
        if peering.network == network.name
    }
    peerings = {"peerings": halves} if halves else {}
    return stated(network, "subnets") | {"subnets": named(network.subnets)} | peerings


def _firewall(firewall: azure.Firewall | azure.FirewallPolicy) -> Members:
    groups = {group.name: _collection_group(group) for group in firewall.rule_collection_groups}
    return stated(firewall, "rule_collection_groups") | ({"rule_collection_groups": groups} if groups else {})


def _collection_group(group: azure.RuleCollectionGroup) -> Members:
    sections: Members = {"priority": group.priority}
    for collection in group.collections:
        section = sections.setdefault(f"{collection.kind}_rule_collections", {})
        rules = {rule.name: _rule(rule) for rule in collection.rules}
        action = {} if collection.kind == "nat" else {"action": collection.action}
        section[collection.name] = {"priority": collection.priority, **action, "rules": rules}
    return sections


def _rule(rule: azure.NetworkRule | azure.ApplicationRule | azure.NatRule) -> Members:
    if not isinstance(rule, azure.ApplicationRule):
        return stated(rule)
    return {"protocols": [f"{kind}:{port}" for kind, port in rule.protocols], **stated(rule, "protocols")}


def _site(site: azure.OnPremises) -> Members:
    own = stated(site, "forwarders", "static_records")
    return own | _answers("conditional_forwarders", site.forwarders, site.static_records)


def _name_server(server: azure.NameServer) -> Members:
    return stated(server, "forwards", "static_records") | _answers("forwards", server.forwards, server.static_records)


def _answers(forwarding: str, forwards: _Forwards, records: _Records) -> Members:
    """What a name server forwards, an only server without its list, and what it states itself."""
    servers = {suffix: short(plain(addresses)) for suffix, addresses in forwards}
    written = {forwarding: servers, "static_records": {name: str(address) for name, address in records}}
    return {key: given for key, given in written.items() if given}


def _resolver(resolver: azure.DnsResolver) -> Members:
    ends = {"inbound_endpoints": resolver.inbound_endpoints, "outbound_endpoints": resolver.outbound_endpoints}
    return stated(resolver, *ends) | {key: named(given) for key, given in ends.items() if given}


def _ruleset(ruleset: azure.ForwardingRuleset) -> Members:
    links: Members = {"links": {link.network: {} for link in ruleset.links}} if ruleset.links else {}
    rules = {"rules": {rule.name: _forwarding_rule(rule) for rule in ruleset.rules}} if ruleset.rules else {}
    return stated(ruleset, "links", "rules") | links | rules


def _forwarding_rule(rule: azure.ForwardingRule) -> Members:
    targets = [str(address) if port == DOMAIN else f"{address}:{port}" for address, port in rule.targets]
    return {"suffix": rule.suffix, "targets": short(targets)} | stated(rule, "suffix", "targets")


def _zone(zone: azure.PrivateDnsZone) -> Members:
    links = {"links": {link.network: stated(link, "network") for link in zone.links}}
    records = {"records": {name: str(address) for name, address in zone.records}} if zone.records else {}
    return links | records


def _vault(vault: azure.KeyVault) -> Members:
    policies = {words: list(permissions) for words, permissions in vault.access_policies}
    return stated(vault, "access_policies") | ({"access_policies": policies} if policies else {})


def _service(service: azure.OtherService) -> Members:
    settings = {"kubernetes": stated(service.kubernetes)} if service.kubernetes else {}
    return stated(service, "kubernetes") | settings


def _policy(assignment: azure.PolicyAssignment) -> Members:
    parameters = {name: values[0] if len(values) == 1 else list(values) for name, values in assignment.parameters}
    return stated(assignment, "parameters") | ({"parameters": parameters} if parameters else {})


def _workspace(workspace: azure.Workspace) -> Members:
    rules = {"outbound_rules": named(workspace.outbound_rules)} if workspace.outbound_rules else {}
    return stated(workspace, "outbound_rules") | rules


def _online(endpoint: azure.OnlineEndpoint) -> Members:
    deployments = {"deployments": named(endpoint.deployments)} if endpoint.deployments else {}
    return stated(endpoint, "deployments") | deployments
