"""Route tables with their routes, inside and apart."""

from cloister.sources.declared import Unknown, Value
from cloister.sources.terraform.azurerm.addresses import address
from cloister.sources.terraform.azurerm.attributes import blocks, put_attributes
from cloister.sources.terraform.azurerm.desk import Desk
from cloister.sources.terraform.values import Declared
from cloister.sources.written import Path

_SAME = (("prefix", "address_prefix"), ("next_hop_type", "next_hop_type"))
_HOP = "next_hop_in_ip_address"


def route_table(desk: Desk, one: Declared, path: Path) -> None:
    """A table, with the routes that stand inside it."""
    put_attributes(desk, one, path)
    found = one.values.get("route")
    if isinstance(found, Unknown) and found.stated:
        desk.draft.miss((*path, "routes"), found.why, one.at("route"))
    for number, block in enumerate(blocks(one.values, "route")):
        _route(desk, one, path, block, f"route[{number}]")


def route_apart(desk: Desk, one: Declared) -> None:
    """A route that is a resource of its own."""
    name, group = one.values.get("route_table_name"), one.values.get("resource_group_name")
    owner = desk.named(name, group, "azurerm_route_table")
    path = desk.path(owner) if owner else None
    if path is None:
        desk.homeless(one, "route_table_name", "azurerm_route_table")
    else:
        _route(desk, one, path, one.values, "")


def _route(desk: Desk, one: Declared, path: Path, values: dict[str, Value], inside: str) -> None:
    name = values.get("name")
    place = one.at(inside) if inside else one.origin
    spot = desk.draft.claim((*path, "routes"), name if isinstance(name, str) else one.name, place)
    lead = f"{inside}." if inside else ""
    for key, attribute in _SAME:
        desk.put(one, (*spot, key), f"{lead}{attribute}", values.get(attribute))
    hop = values.get(_HOP)
    if not (isinstance(hop, Unknown) and not hop.stated):
        desk.put(one, (*spot, "next_hop"), f"{lead}{_HOP}", address(desk, hop) or None)
