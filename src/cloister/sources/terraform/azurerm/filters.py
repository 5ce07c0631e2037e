"""Network security groups with their rules, inside and apart; application security groups; admin rules."""

from cloister.sources.declared import Reference, Unknown, Value
from cloister.sources.terraform.azurerm.addresses import address
from cloister.sources.terraform.azurerm.attributes import blocks, put_attributes, references
from cloister.sources.terraform.azurerm.desk import Desk
from cloister.sources.terraform.values import Declared
from cloister.sources.written import Path

_SAME = ("priority", "direction", "access", "protocol")
_SIDES = (
    ("source", "source_address_prefix", "source_address_prefixes"),
    ("destination", "destination_address_prefix", "destination_address_prefixes"),
    ("source_ports", "source_port_range", "source_port_ranges"),
    ("destination_ports", "destination_port_range", "destination_port_ranges"),
)
_SETS = (
    ("source_application_security_groups", "source_application_security_group_ids"),
    ("destination_application_security_groups", "destination_application_security_group_ids"),
)


def inline_rules(desk: Desk, one: Declared, path: Path) -> None:
    """The rules that stand inside a group."""
    found = one.values.get("security_rule")
    if isinstance(found, Unknown) and found.stated:
        desk.draft.miss((*path, "rules"), found.why, one.at("security_rule"))
    for number, block in enumerate(blocks(one.values, "security_rule")):
        _rule(desk, one, path, block, f"security_rule[{number}]")


def rule_apart(desk: Desk, one: Declared) -> None:
    """A rule that is a resource of its own."""
    name, group = one.values.get("network_security_group_name"), one.values.get("resource_group_name")
    owner = desk.named(name, group, "azurerm_network_security_group")
    path = desk.path(owner) if owner else None
    if path is None:
        desk.homeless(one, "network_security_group_name", "azurerm_network_security_group")
    else:
        _rule(desk, one, path, one.values, "")


def _rule(desk: Desk, one: Declared, path: Path, values: dict[str, Value], inside: str) -> None:
    name = values.get("name")
    spot = desk.draft.claim(
        (*path, "rules"), name if isinstance(name, str) else one.name, one.at(inside) if inside else one.origin
    )
    lead = f"{inside}." if inside else ""
    for key in _SAME:
        desk.put(one, (*spot, key), f"{lead}{key}", values.get(key))
    sets = {key: values.get(attribute) for key, attribute in _SETS}
    for key, single, several in _SIDES:
        value = one_or_many(desk, values.get(single), values.get(several))
        if not sets.get(f"{key}_application_security_groups"):
            desk.put(one, (*spot, key), f"{lead}{single if values.get(single) else several}", value)
    for key, attribute in _SETS:
        if sets[key]:
            words = references(desk, desk.resolved(sets[key]), "application_security_groups")
            desk.put(one, (*spot, key), f"{lead}{attribute}", words)


def one_or_many(desk: Desk, single: Value, several: Value) -> Value:
    """What one of two attributes says, of which one holds a single value and the other a list."""
    if isinstance(single, Unknown) and not single.stated:
        single = None
    if single not in (None, ""):
        return [address(desk, single)]
    if isinstance(several, list):
        return [address(desk, item) for item in several] or None
    return several if isinstance(several, Reference) or (isinstance(several, Unknown) and several.stated) else None


def admin_rule(desk: Desk, one: Declared) -> None:
    """A rule of a collection of a Virtual Network Manager."""
    owner = desk.referred(one.values.get("admin_rule_collection_id"), "azurerm_network_manager_admin_rule_collection")
    path = desk.path(owner) if owner else None
    if path is None:
        desk.homeless(one, "admin_rule_collection_id", "azurerm_network_manager_admin_rule_collection")
        return
    spot = desk.draft.claim((*path, "rules"), str(one.values.get("name")), one.origin)
    for key in ("priority", "direction"):
        desk.put(one, (*spot, key), key, one.values.get(key))
    desk.put(one, (*spot, "access"), "action", one.values.get("action"))
    desk.put(one, (*spot, "protocol"), "protocol", _PROTOCOLS.get(str(one.values.get("protocol")), "*"))
    for side in ("source", "destination"):
        found = [block.get("address_prefix") for block in blocks(one.values, side)]
        desk.put(one, (*spot, side), side, found or None)
        ports = one.values.get(f"{side}_port_ranges")
        desk.put(one, (*spot, f"{side}_ports"), f"{side}_port_ranges", ports or None)


_PROTOCOLS = {"Tcp": "Tcp", "Udp": "Udp", "Icmp": "Icmp", "Esp": "Esp", "Ah": "Ah", "Any": "*"}


def member(desk: Desk, one: Declared) -> None:
    """A network of a network group."""
    owner = desk.referred(one.values.get("network_group_id"), "azurerm_network_manager_network_group")
    path = desk.path(owner) if owner else None
    if path is None:
        desk.homeless(one, "network_group_id", "azurerm_network_manager_network_group")
        return
    word = desk.word(one.values.get("target_virtual_network_id"), "networks")
    if not isinstance(word, str):
        desk.draft.miss((*path, "networks"), "holds a network that the input does not describe", one.origin)
        return
    already = desk.draft.stated((*path, "networks"))
    desk.put(
        one, (*path, "networks"), "target_virtual_network_id", [*(already if isinstance(already, list) else []), word]
    )


def network_group(desk: Desk, one: Declared, path: Path) -> None:
    """A group, to which its members come one by one."""
    if not desk.draft.stated((*path, "networks")):
        desk.draft.put((*path, "networks"), [], one.origin)


def admin_collection(desk: Desk, one: Declared, path: Path) -> None:
    """A collection, which binds once its configuration is deployed: if nothing does that here, nothing is sure."""
    put_attributes(desk, one, path)
    configuration = desk.referred(
        one.values.get("security_admin_configuration_id"), "azurerm_network_manager_security_admin_configuration"
    )
    for deployment in desk.resources("azurerm_network_manager_deployment"):
        found = desk.resolved(deployment.values.get("configuration_ids"))
        for value in found if isinstance(found, list) else [found]:
            if configuration and desk.referred(value, configuration.type) is configuration:
                return
    desk.draft.miss(path, "belongs to a configuration that nothing here deploys", one.origin)
