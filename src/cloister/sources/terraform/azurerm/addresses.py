"""Addresses that other resources have: of firewalls, interfaces, balancers and endpoints, known or given by rule."""

from cloister.sources.declared import Reference, Unknown, Value
from cloister.sources.given import Wanted
from cloister.sources.terraform.azurerm.desk import Desk
from cloister.sources.terraform.values import Declared
from cloister.sources.written import Path

_HOLDERS = (
    "azurerm_firewall",
    "azurerm_network_interface",
    "azurerm_linux_virtual_machine",
    "azurerm_windows_virtual_machine",
    "azurerm_lb",
    "azurerm_private_endpoint",
    "azurerm_private_dns_resolver_inbound_endpoint",
    "azurerm_public_ip",
)


def address(desk: Desk, value: Value) -> Value:
    """The address that a value is; that of the resource whose address it refers to, where that one is known."""
    owner = desk.referred(value, *_HOLDERS) if isinstance(value, Reference | Unknown) else None
    path = desk.path(owner) if owner else None
    if owner is None or path is None:
        return value
    found = _of(desk, owner, path)
    return value if found is None else found


def addresses(desk: Desk, value: Value) -> Value:
    """The addresses of a list."""
    if isinstance(value, list):
        return [address(desk, item) for item in value]
    return value if isinstance(value, Unknown | None) else [address(desk, value)]


def _of(desk: Desk, owner: Declared, path: Path) -> Value:
    if owner.type == "azurerm_public_ip":
        return desk.draft.stated((*path, "ip_address"))
    if owner.type == "azurerm_private_endpoint":
        found = desk.draft.stated((*path, "private_ips"))
        return found[0] if isinstance(found, list) and found else None
    if owner.type == "azurerm_lb":
        fronts = desk.draft.stated((*path, "frontends"))
        inside = [one.get("private_ip") for one in fronts.values()] if isinstance(fronts, dict) else []  # type: ignore[union-attr]
        return inside[0] if len(inside) == 1 else None
    return desk.draft.stated((*path, "private_ip"))


def want(desk: Desk, path: Path, subnet: Path | None, place: Declared, *, count: int = 1, listed: bool = False) -> None:
    """Have an address given by rule where none is stated."""
    if subnet is None:
        why = "is given only when it is made, in a subnet that the input does not describe"
        desk.draft.miss(path, why, place.origin)
    else:
        desk.draft.give(Wanted(path, subnet, count, listed, place.origin))
