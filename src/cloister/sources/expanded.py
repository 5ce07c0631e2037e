"""The inventory as a document again: what `cloister show` prints, and what reads back to the same inventory.

An attribute stands there if its author stated it or if it differs from its default. The rest would only repeat the
reference.
"""

from dataclasses import MISSING, fields
from datetime import date
from enum import Enum
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import yaml

from cloister.facts.well_known_ports import DOMAIN
from cloister.inventory import azure
from cloister.inventory.intents import Approval, Flows, Intent, PackChoice, Side
from cloister.origin import Origin
from cloister.sources.written import IMPLICIT

_Members = dict[str, Any]
_Forwards = tuple[tuple[str, tuple[IPv4Address, ...]], ...]
_Records = tuple[tuple[str, IPv4Address], ...]
_SINGLE = ("source", "source_ports", "destination", "destination_ports", "ports")
"""Lists that may be written as their only item."""


def document_of(inventory: azure.Inventory) -> _Members:
    """The document that describes the inventory without a blueprint, sections in the order of the reference."""
    sections: _Members = {
        "resource_groups": _named(inventory.resource_groups),
        "networks": {network.name: _network(network, inventory) for network in inventory.networks},
        "network_security_groups": {
            group.name: {"rules": _named(group.rules)} for group in inventory.network_security_groups
        },
        "application_security_groups": _named(inventory.application_security_groups),
        "network_groups": _named(inventory.network_groups),
        "admin_rule_collections": {
            one.name: _stated(one, "rules") | {"rules": _named(one.rules)} for one in inventory.admin_rule_collections
        },
        "route_tables": {
            table.name: _stated(table) | {"routes": _named(table.routes)} for table in inventory.route_tables
        },
        "service_endpoint_policies": _named(inventory.service_endpoint_policies),
        "public_ips": _named(inventory.public_ips),
        "nat_gateways": _named(inventory.nat_gateways),
        "load_balancers": {one.name: _balancer(one) for one in inventory.load_balancers},
        "firewalls": {firewall.name: _firewall(firewall) for firewall in inventory.firewalls},
        "firewall_policies": {policy.name: _firewall(policy) for policy in inventory.firewall_policies},
        "ip_groups": _named(inventory.ip_groups),
        "gateways": _named(inventory.gateways),
        "bastions": _named(inventory.bastions),
        "on_premises": {site.name: _site(site) for site in inventory.on_premises},
        "machines": {one.name: _machine(one) for one in inventory.machines},
        "private_endpoints": _named(inventory.private_endpoints),
        "private_dns_zones": {zone.name: _zone(zone) for zone in inventory.private_dns_zones},
        "dns_resolvers": {resolver.name: _resolver(resolver) for resolver in inventory.dns_resolvers},
        "forwarding_rulesets": {ruleset.name: _ruleset(ruleset) for ruleset in inventory.forwarding_rulesets},
        "name_servers": {server.name: _name_server(server) for server in inventory.name_servers},
        "storage_accounts": _named(inventory.storage_accounts),
        "key_vaults": {vault.name: _vault(vault) for vault in inventory.key_vaults},
        "container_registries": _named(inventory.container_registries),
        "services": _named(inventory.services),
        "workspaces": {workspace.name: _workspace(workspace) for workspace in inventory.workspaces},
        "computes": _named(inventory.computes),
        "online_endpoints": {endpoint.name: _online(endpoint) for endpoint in inventory.online_endpoints},
        "batch_endpoints": _named(inventory.batch_endpoints),
        "groups": _named(inventory.groups),
        "principals": _named(inventory.principals),
        "role_definitions": _named(inventory.role_definitions),
        "role_assignments": _named(inventory.role_assignments),
        "deny_assignments": _named(inventory.deny_assignments),
        "requirements": _stated(inventory.requirements) if inventory.requirements else {},
        "observed": _observed(inventory.observed) if inventory.observed else {},
        "intents": {intent.name: _intent(intent) for intent in inventory.intents},
        "packs": {choice.name: _choice(choice) for choice in inventory.packs},
        "approved": {approval.host: _approval(approval) for approval in inventory.approved},
        "undeclared": [name for name, _ in inventory.undeclared],
    }
    head = {"version": 1, "name": inventory.name, "cloud": inventory.cloud.value, "region": inventory.region}
    return head | {section: members for section, members in sections.items() if members}


def document_text(inventory: azure.Inventory) -> str:
    """The same as YAML: a blank line before each section, innermost mappings and lists on one line."""
    return members_text(document_of(inventory))


def members_text(document: _Members) -> str:
    """A document, or a part of one to be laid over another, as YAML in the same form."""
    head = {key: value for key, value in document.items() if not isinstance(value, dict | list)}
    sections = ({key: value} for key, value in document.items() if key not in head)
    return "\n".join(_yaml(part) for part in (head, *sections) if part)


def _yaml(part: _Members) -> str:
    flow = None if any(isinstance(value, dict) for value in part.values()) else False
    return yaml.dump(part, Dumper=_Dumper, sort_keys=False, default_flow_style=flow, width=250, allow_unicode=True)


class _Dumper(yaml.SafeDumper):
    """Quotes what either YAML 1.1 or our reader would take for something else than text."""


for _tag, _pattern, _first in IMPLICIT:
    _Dumper.add_implicit_resolver(_tag, _pattern, _first)


def _named(resources: Any) -> _Members:  # noqa: ANN401 - any tuple of resources with names
    return {resource.name: _stated(resource) for resource in resources}


def _stated(resource: Any, *without: str) -> _Members:  # noqa: ANN401 - any resource
    """The attributes of a resource that say something, nested resources left to their own functions."""
    stated: _Members = {}
    for field in fields(resource):
        value = getattr(resource, field.name)
        if field.name in ("name", "origin", *without) or _nested(value):
            continue
        default = field.default if field.default is not MISSING else MISSING
        if value is not None and (value != default or resource.origin.states(field.name)):
            stated[field.name] = (
                _short(_plain(value)) if field.name in _SINGLE and isinstance(value, tuple) else _plain(value)
            )
    return stated


def _nested(value: object) -> bool:
    return isinstance(value, tuple) and bool(value) and isinstance(getattr(value[0], "origin", None), Origin)


def _plain(value: Any) -> Any:  # noqa: ANN401 - any attribute
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, IPv4Address | IPv4Network | azure.ProxyAddress | date) else value


def _short(items: list[str]) -> Any:  # noqa: ANN401 - what an author would write
    """A list as an author writes it: ports as numbers, an only item without its list."""
    written = [int(item) if item.isdecimal() else item for item in items]
    return written[0] if len(written) == 1 else written


def _observed(observed: azure.Observed) -> _Members:
    """What was seen: its lists, of which an empty one says that there was nothing."""
    lists = {field.name: getattr(observed, field.name) for field in fields(observed)}
    seen = {
        key: [_record(record) for record in records] for key, records in lists.items() if isinstance(records, tuple)
    }
    return {"collected": _plain(observed.collected), **seen}


def _record(record: Any) -> _Members:  # noqa: ANN401 - any record of what was seen
    named = {"name": record.name} if hasattr(record, "name") else {}
    return named | _stated(record)


def _machine(machine: azure.Machine) -> _Members:
    stated = _stated(machine, "forwards")
    return stated | ({"forwards": _named(machine.forwards)} if machine.forwards else {})


def _balancer(balancer: azure.LoadBalancer) -> _Members:
    frontends = {
        one.name: _stated(one, "rules", "outbound_rules")
        | ({"rules": _named(one.rules)} if one.rules else {})
        | ({"outbound_rules": _named(one.outbound_rules)} if one.outbound_rules else {})
        for one in balancer.frontends
    }
    return _stated(balancer, "frontends") | {"frontends": frontends}


def _network(network: azure.VirtualNetwork, inventory: azure.Inventory) -> _Members:
    halves = {
        peering.remote: _stated(peering, "network", "remote")
        for peering in inventory.peerings
        if peering.network == network.name
    }
    peerings = {"peerings": halves} if halves else {}
    return _stated(network, "subnets") | {"subnets": _named(network.subnets)} | peerings


def _firewall(firewall: azure.Firewall | azure.FirewallPolicy) -> _Members:
    groups = {group.name: _collection_group(group) for group in firewall.rule_collection_groups}
    return _stated(firewall, "rule_collection_groups") | ({"rule_collection_groups": groups} if groups else {})


def _collection_group(group: azure.RuleCollectionGroup) -> _Members:
    sections: _Members = {"priority": group.priority}
    for collection in group.collections:
        section = sections.setdefault(f"{collection.kind}_rule_collections", {})
        rules = {rule.name: _rule(rule) for rule in collection.rules}
        action = {} if collection.kind == "nat" else {"action": collection.action}
        section[collection.name] = {"priority": collection.priority, **action, "rules": rules}
    return sections


def _rule(rule: azure.NetworkRule | azure.ApplicationRule | azure.NatRule) -> _Members:
    if not isinstance(rule, azure.ApplicationRule):
        return _stated(rule)
    return {"protocols": [f"{kind}:{port}" for kind, port in rule.protocols], **_stated(rule, "protocols")}


def _site(site: azure.OnPremises) -> _Members:
    stated = _stated(site, "forwarders", "static_records")
    return stated | _answers("conditional_forwarders", site.forwarders, site.static_records)


def _name_server(server: azure.NameServer) -> _Members:
    return _stated(server, "forwards", "static_records") | _answers("forwards", server.forwards, server.static_records)


def _answers(forwarding: str, forwards: _Forwards, records: _Records) -> _Members:
    """What a name server forwards, an only server without its list, and what it states itself."""
    servers = {suffix: _short(_plain(addresses)) for suffix, addresses in forwards}
    stated = {forwarding: servers, "static_records": {name: str(address) for name, address in records}}
    return {key: given for key, given in stated.items() if given}


def _resolver(resolver: azure.DnsResolver) -> _Members:
    ends = {"inbound_endpoints": resolver.inbound_endpoints, "outbound_endpoints": resolver.outbound_endpoints}
    return _stated(resolver, *ends) | {key: _named(given) for key, given in ends.items() if given}


def _ruleset(ruleset: azure.ForwardingRuleset) -> _Members:
    links: _Members = {"links": {link.network: {} for link in ruleset.links}} if ruleset.links else {}
    rules = {"rules": {rule.name: _forwarding_rule(rule) for rule in ruleset.rules}} if ruleset.rules else {}
    return _stated(ruleset, "links", "rules") | links | rules


def _forwarding_rule(rule: azure.ForwardingRule) -> _Members:
    targets = [str(address) if port == DOMAIN else f"{address}:{port}" for address, port in rule.targets]
    return {"suffix": rule.suffix, "targets": _short(targets)} | _stated(rule, "suffix", "targets")


def _zone(zone: azure.PrivateDnsZone) -> _Members:
    links = {"links": {link.network: _stated(link, "network") for link in zone.links}}
    records = {"records": {name: str(address) for name, address in zone.records}} if zone.records else {}
    return links | records


def _vault(vault: azure.KeyVault) -> _Members:
    policies = {words: list(permissions) for words, permissions in vault.access_policies}
    return _stated(vault, "access_policies") | ({"access_policies": policies} if policies else {})


def _workspace(workspace: azure.Workspace) -> _Members:
    rules = {"outbound_rules": _named(workspace.outbound_rules)} if workspace.outbound_rules else {}
    return _stated(workspace, "outbound_rules") | rules


def _online(endpoint: azure.OnlineEndpoint) -> _Members:
    deployments = {"deployments": _named(endpoint.deployments)} if endpoint.deployments else {}
    return _stated(endpoint, "deployments") | deployments


def _intent(intent: Intent) -> _Members:
    wanted = _flows(intent.flows) if intent.flows else intent.question
    return {"must" if intent.side is Side.FLOW else "must_not": wanted} | _stated(intent, "side", "question", "flows")


def _flows(flows: Flows) -> _Members:
    left_out = {"from": _one_or_all(flows.except_places), "to": _one_or_all(flows.except_targets)}
    left_out = {key: words for key, words in left_out.items() if words}
    stated: _Members = {"from": _one_or_all(flows.places), "to": _one_or_all(flows.targets)}
    if flows.ports:
        stated["ports"] = _short(list(flows.ports))
    if flows.protocol != "tcp":
        stated["protocol"] = flows.protocol
    return stated | ({"except": left_out} if left_out else {})


def _one_or_all(words: tuple[str, ...]) -> str | list[str]:
    return words[0] if len(words) == 1 else list(words)


def _choice(choice: PackChoice) -> str | _Members:
    switch = "on" if choice.asked else "off"
    return {"ask": switch, "why": choice.why} if choice.why else switch


def _approval(approval: Approval) -> str | _Members:
    return {"why": approval.why, "from": _one_or_all(approval.places)} if approval.places else approval.why
