"""Firewalls and their policies, with rule collections of either kind."""

from cloister.sources.declared import Unknown, Value
from cloister.sources.terraform.azurerm.addresses import addresses, want
from cloister.sources.terraform.azurerm.attributes import at, blocks, put_attributes, stated
from cloister.sources.terraform.azurerm.desk import Desk
from cloister.sources.terraform.azurerm.firewall_rules import Writer, application_rule, nat_rule, network_rule
from cloister.sources.terraform.azurerm.networks import subnet_path
from cloister.sources.terraform.values import Declared
from cloister.sources.written import Path

_ALLOWLIST = "threat_intelligence_allowlist"
_COLLECTIONS = {
    "network_rule_collection": ("network_rule_collections", network_rule),
    "application_rule_collection": ("application_rule_collections", application_rule),
    "nat_rule_collection": ("nat_rule_collections", nat_rule),
}
_OLD = "rules"
"""The group that holds the collections of a firewall without a policy: it reads them by priority alone."""
_OLD_PRIORITY = 100


def place_firewall(desk: Desk, one: Declared, path: Path) -> None:
    """Where a firewall stands, and its address: the first free one, unless a state tells it.

    What it says of names and threats itself counts only where it has no policy.
    """
    if stated(one.values.get("firewall_policy_id")):
        desk.refer(one, (*path, "policy"), "firewall_policy_id", "firewall_policies")
    else:
        put_attributes(desk, one, path)
    subnet = subnet_path(desk, at(one.values, "ip_configuration.subnet_id"))
    if subnet is None:
        for key in ("network", "private_ip"):
            desk.draft.miss((*path, key), "stands in no network that the input describes", one.at("ip_configuration"))
        return
    desk.put(one, (*path, "network"), "ip_configuration.subnet_id", str(subnet[1]))
    told = at(one.values, "ip_configuration.private_ip_address")
    if isinstance(told, str) and told:
        desk.put(one, (*path, "private_ip"), "ip_configuration.private_ip_address", told)
    else:
        want(desk, (*path, "private_ip"), subnet, one)


def firewall(desk: Desk, one: Declared, path: Path) -> None:
    """What a firewall without a policy says itself, and the public addresses that a state tells."""
    if one.values.get("dns_servers"):
        desk.put(one, (*path, "dns_servers"), "dns_servers", addresses(desk, one.values["dns_servers"]))
    owners = [
        desk.referred(block.get("public_ip_address_id"), "azurerm_public_ip")
        for block in blocks(one.values, "ip_configuration")
    ]
    shown = [owner.values.get("ip_address") for owner in owners if owner]
    told: list[Value] = [text for text in shown if isinstance(text, str) and text]
    desk.put(one, (*path, "public_ips"), "ip_configuration", told or None)


def policy(desk: Desk, one: Declared, path: Path) -> None:
    """What a policy says beside its rules."""
    put_attributes(desk, one, path)
    servers = at(one.values, "dns.servers")
    if servers:
        desk.put(one, (*path, "dns_servers"), "dns.servers", addresses(desk, servers))
    found: list[Value] = []
    for block in blocks(one.values, _ALLOWLIST):
        for inner in ("ip_addresses", "fqdns"):
            listed = block.get(inner)
            found += (
                listed
                if isinstance(listed, list)
                else [listed]
                if isinstance(listed, Unknown) and listed.stated
                else []
            )
    desk.put(one, (*path, _ALLOWLIST), _ALLOWLIST, found or None)
    proxy = next(iter(blocks(one.values, "explicit_proxy")), {})
    if proxy.get("enabled"):
        ports = [port for port in (proxy.get("http_port"), proxy.get("https_port")) if port]
        desk.put(one, (*path, "explicit_proxy_ports"), "explicit_proxy", list(dict.fromkeys(ports)) or None)


def collection_group(desk: Desk, one: Declared) -> None:
    """A rule collection group of a policy."""
    owner = desk.referred(one.values.get("firewall_policy_id"), "azurerm_firewall_policy")
    path = desk.path(owner) if owner else None
    if path is None:
        desk.homeless(one, "firewall_policy_id", "azurerm_firewall_policy")
        return
    spot = desk.draft.claim((*path, "rule_collection_groups"), str(one.values.get("name")), one.origin, [one.address])
    desk.put(one, (*spot, "priority"), "priority", one.values.get("priority"))
    for kind, (section, write) in _COLLECTIONS.items():
        found = one.values.get(kind)
        if isinstance(found, Unknown) and found.stated:
            desk.draft.miss((*spot, section), found.why, one.at(kind))
        for number, block in enumerate(blocks(one.values, kind)):
            lead = f"{kind}[{number}]"
            inner = desk.draft.claim((*spot, section), str(block.get("name")), one.at(lead))
            _collection(desk, one, inner, block, lead, write, with_action=kind != "nat_rule_collection")


def old_collection(desk: Desk, one: Declared) -> None:
    """A rule collection of a firewall without a policy."""
    name, group = one.values.get("azure_firewall_name"), one.values.get("resource_group_name")
    owner = desk.named(name, group, "azurerm_firewall")
    path = desk.path(owner) if owner else None
    if path is None:
        desk.homeless(one, "azure_firewall_name", "azurerm_firewall")
        return
    kind = one.type.removeprefix("azurerm_firewall_")
    section, write = _COLLECTIONS[kind]
    desk.draft.put((*path, "rule_collection_groups", _OLD, "priority"), _OLD_PRIORITY, one.origin)
    spot = (*path, "rule_collection_groups", _OLD, section)
    inner = desk.draft.claim(spot, str(one.values.get("name")), one.origin)
    _collection(desk, one, inner, one.values, "", write, with_action=kind != "nat_rule_collection")


def _collection(
    desk: Desk,
    one: Declared,
    path: Path,
    values: dict[str, Value],
    lead: str,
    write: Writer,
    *,
    with_action: bool,
) -> None:
    desk.put(one, (*path, "priority"), f"{lead}.priority" if lead else "priority", values.get("priority"))
    if with_action:
        desk.put(one, (*path, "action"), f"{lead}.action" if lead else "action", values.get("action"))
    rules = values.get("rule")
    if isinstance(rules, Unknown) and rules.stated:
        desk.draft.miss((*path, "rules"), rules.why, one.at(lead or "rule"))
    for number, block in enumerate(blocks(values, "rule")):
        inside = f"{lead}.rule[{number}]" if lead else f"rule[{number}]"
        spot = desk.draft.claim((*path, "rules"), str(block.get("name")), one.at(inside))
        write(desk, one, spot, block, inside)
