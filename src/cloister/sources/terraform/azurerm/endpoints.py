"""Private endpoints: what they lead to, their addresses, and the zones in which their names are written."""

from cloister.facts.azure_endpoint_members import MEMBERS
from cloister.sources.declared import Value
from cloister.sources.terraform.azurerm.addresses import want
from cloister.sources.terraform.azurerm.attributes import at, blocks, references
from cloister.sources.terraform.azurerm.desk import Desk
from cloister.sources.terraform.azurerm.machines import join
from cloister.sources.terraform.azurerm.networks import subnet_path
from cloister.sources.terraform.values import Declared
from cloister.sources.written import Path

TARGETS = ("workspaces", "storage_accounts", "key_vaults", "container_registries", "services")
_CONNECTION = "private_service_connection"


def place_endpoint(desk: Desk, one: Declared, path: Path) -> None:
    """An endpoint in its subnet, with the addresses that it states or the first free ones."""
    desk.refer(one, (*path, "subnet"), "subnet_id", "subnets")
    connection = next(iter(blocks(one.values, _CONNECTION)), {})
    subresources = connection.get("subresource_names")
    subresource = subresources[0] if isinstance(subresources, list) and subresources else subresources
    _target(desk, one, path, connection)
    desk.put(one, (*path, "subresource"), f"{_CONNECTION}.subresource_names", subresource)
    if connection.get("is_manual_connection") is True:
        desk.put(one, (*path, "approval"), f"{_CONNECTION}.is_manual_connection", "Pending")
    desk.put(one, (*path, "zones"), "private_dns_zone_group", _zones(desk, one))
    stated = _stated(one, connection, str(subresource))
    if stated:
        desk.put(one, (*path, "private_ips"), "ip_configuration", stated)
    else:
        count = len(MEMBERS.get(str(subresource), ("one",)))
        want(
            desk, (*path, "private_ips"), subnet_path(desk, one.values.get("subnet_id")), one, count=count, listed=True
        )


def _target(desk: Desk, one: Declared, path: Path, connection: dict[str, Value]) -> None:
    attribute = f"{_CONNECTION}.private_connection_resource_id"
    if connection.get("private_connection_resource_alias"):
        why = "leads to what somebody else offers under an alias"
        desk.draft.miss((*path, "target"), why, one.at(f"{_CONNECTION}.private_connection_resource_alias"))
        return
    value = desk.resolved(connection.get("private_connection_resource_id"))
    desk.draft.refer((*path, "target"), value, TARGETS, one.at(attribute))


def _zones(desk: Desk, one: Declared) -> Value:
    found = at(one.values, "private_dns_zone_group.private_dns_zone_ids")
    return references(desk, desk.resolved(found), "private_dns_zones") if found else None


def _stated(one: Declared, connection: dict[str, Value], subresource: str) -> list[Value]:
    """The addresses that an endpoint states, in the order of its members; or the one that a state tells."""
    order = [member.partition("_{")[0] for member in MEMBERS.get(subresource, ())]
    configurations = blocks(one.values, "ip_configuration")

    def rank(block: dict[str, Value]) -> int:
        name = str(block.get("member_name") or "")
        return next((at for at, known in reversed(list(enumerate(order))) if name.startswith(known)), 0)

    found = [block.get("private_ip_address") for block in sorted(configurations, key=rank)]
    if not found and len(order) <= 1:
        found = [connection.get("private_ip_address")]
    return [text for text in found if isinstance(text, str) and text]


def endpoint_set(desk: Desk, one: Declared) -> None:
    """A set that the interface of an endpoint joins."""
    owner = desk.referred(one.values.get("private_endpoint_id"), "azurerm_private_endpoint")
    path = desk.path(owner) if owner else None
    if path is None:
        desk.homeless(one, "private_endpoint_id", "azurerm_private_endpoint")
    else:
        join(desk, one, path, "application_security_group_id")
