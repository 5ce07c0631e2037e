"""The place of every resource in the document, before anything is put there, so that references find each other."""

from cloister.facts.azurerm import azurerm_types
from cloister.sources.declared import Value
from cloister.sources.terraform.azurerm.attributes import blocks
from cloister.sources.terraform.azurerm.desk import Desk
from cloister.sources.terraform.traversals import bracketed
from cloister.sources.terraform.values import Declared
from cloister.sources.written import Path

_NAMED = frozenset({"storage_accounts", "key_vaults", "container_registries", "services", "workspaces"})
"""Sections whose resources state their name in Azure where it is not the key: host names are made of it."""
_WITHOUT_NAME = frozenset({"azurerm_role_assignment"})
"""Types whose name is an id that Azure gives: their label says more."""
_ZONES = "private_dns_zones"
_SEVERAL_ZONES = "is the name of several zones, and the document takes one: who is linked to which is not told"
_ONLY_LOOKED_UP = "is looked up here and declared elsewhere: what it is like, beyond what is told, is not known"


def claim_all(desk: Desk) -> None:
    """Claim a place for everything that is a resource of its own, or a named part of one, in the order of the table."""
    for kind, row in azurerm_types().items():
        for one in desk.resources(kind):
            if row.reads == "resource":
                _claim(desk, one, row.section)
            elif kind in _PARTS:
                _PARTS[kind](desk, one)
    _interfaces(desk)


def _claim(desk: Desk, one: Declared, section: str) -> None:
    section, _, kind = section.partition(":")
    name = one.values.get("name")
    told = isinstance(name, str) and one.type not in _WITHOUT_NAME
    if section == _ZONES and desk.draft.holds((section,), str(name)):
        desk.draft.miss((section, str(name)), _SEVERAL_ZONES, one.origin)
        return
    path = desk.draft.claim((section,), str(name) if told else _label(one), one.origin, [one.address])
    if kind:
        desk.draft.put((*path, "kind"), kind, one.origin)
    if section in _NAMED and (not told or path[-1] != name):
        desk.put(one, (*path, "name"), "name", name)
    if section == "networks":
        desk.draft.put((*path, "subnets"), {}, one.origin)
        for block in blocks(one.values, "subnet"):
            desk.draft.claim((*path, "subnets"), str(block.get("name")), one.at("subnet"), [_inline_id(one, block)])
    _doubt(desk, one, path)


def _doubt(desk: Desk, one: Declared, path: Path) -> None:
    if one.mode == "data":
        desk.draft.miss(path, _ONLY_LOOKED_UP, one.origin)


def _label(one: Declared) -> str:
    """The label of a resource with the module and the key of its instance: what tells it apart in the plan."""
    return f"{one.module}{'.' if one.module else ''}{one.name}{bracketed(one.key)}"


def _inline_id(one: Declared, block: dict[str, Value]) -> str:
    return f"{one.address}.subnet.{block.get('name')}"


def _subnet(desk: Desk, one: Declared) -> None:
    network = desk.named(one.values.get("virtual_network_name"), one.values.get("resource_group_name"), *_NETWORKS)
    path = desk.path(network) if network else None
    if path is None:
        desk.homeless(one, "virtual_network_name", *_NETWORKS)
        return
    found = desk.draft.claim((*path, "subnets"), _name(one), one.origin, [one.address])
    _doubt(desk, one, found)


def _inbound_endpoint(desk: Desk, one: Declared) -> None:
    _below(desk, one, "private_dns_resolver_id", "azurerm_private_dns_resolver", "inbound_endpoints")


def _outbound_endpoint(desk: Desk, one: Declared) -> None:
    _below(desk, one, "private_dns_resolver_id", "azurerm_private_dns_resolver", "outbound_endpoints")


def _below(desk: Desk, one: Declared, attribute: str, kind: str, section: str) -> None:
    parent = desk.referred(one.values.get(attribute), kind)
    path = desk.path(parent) if parent else None
    if path is None:
        desk.homeless(one, attribute, kind)
    else:
        desk.draft.claim((*path, section), _name(one), one.origin, [one.address])


def _role(desk: Desk, one: Declared) -> None:
    """A role goes by its name, which may hold what no other key may."""
    desk.draft.know(("role_definitions", _name(one)), [one.address])


def _public_ip(desk: Desk, one: Declared) -> None:
    """Those of machines, NAT gateways and balancers; what a firewall, a gateway or a Bastion shows goes without."""
    if not any(desk.referred(value, one.type) is one for value in _doors(desk)):
        _claim(desk, one, "public_ips")


def _doors(desk: Desk) -> list[Value]:
    return [
        block.get("public_ip_address_id")
        for owner in desk.resources("azurerm_firewall", "azurerm_virtual_network_gateway", "azurerm_bastion_host")
        for kind in ("ip_configuration", "management_ip_configuration")
        for block in blocks(owner.values, kind)
    ]


def _interfaces(desk: Desk) -> None:
    """An interface stands in the document as its machine; its associations find it there."""
    for machine in desk.resources("azurerm_linux_virtual_machine", "azurerm_windows_virtual_machine"):
        path = desk.path(machine)
        interfaces = machine.values.get("network_interface_ids")
        for value in interfaces[:1] if isinstance(interfaces, list) else ():
            first = desk.referred(value, "azurerm_network_interface")
            if path and first:
                desk.draft.know(path, [first.address])


def _name(one: Declared) -> str:
    name = one.values.get("name")
    return name if isinstance(name, str) else _label(one)


_NETWORKS = ("azurerm_virtual_network",)
_PARTS = {
    "azurerm_subnet": _subnet,
    "azurerm_public_ip": _public_ip,
    "azurerm_private_dns_resolver_inbound_endpoint": _inbound_endpoint,
    "azurerm_private_dns_resolver_outbound_endpoint": _outbound_endpoint,
    "azurerm_role_definition": _role,
}
