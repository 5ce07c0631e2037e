"""Networks with their subnets, and what is associated with them; peerings."""

from collections.abc import Iterator

from cloister.sources.declared import Unknown, Value
from cloister.sources.terraform.azurerm.addresses import addresses
from cloister.sources.terraform.azurerm.attributes import at, blocks, put_attributes
from cloister.sources.terraform.azurerm.desk import Desk
from cloister.sources.terraform.values import Declared
from cloister.sources.written import Path

NETWORK = "azurerm_virtual_network"
_SUBNET = ("subnets",)


def place_network(desk: Desk, one: Declared, path: Path) -> None:
    """The spaces of a network and the prefixes of the subnets that are stated inside it."""
    put_attributes(desk, one, path)
    desk.put(one, (*path, "resource_group"), "resource_group_name", one.values.get("resource_group_name"))
    if blocks(one.values, "ip_address_pool"):
        desk.draft.miss((*path, "address_space"), _POOL, one.at("ip_address_pool"))
    for block in blocks(one.values, "subnet"):
        inner = desk.draft.path_of(f"{one.address}.subnet.{block.get('name')}")
        if inner is not None:
            _inline_subnet(desk, one, inner, block)


def _inline_subnet(desk: Desk, one: Declared, path: Path, block: dict[str, Value]) -> None:
    place = one.at("subnet")
    desk.draft.put((*path, "prefix"), _first(block.get("address_prefixes")), place)
    desk.draft.put((*path, "delegation"), at(block, "delegation.service_delegation.name"), place)
    for key, attribute in (
        ("default_outbound_access", "default_outbound_access_enabled"),
        ("private_endpoint_network_policies", "private_endpoint_network_policies"),
        ("service_endpoints", "service_endpoints"),
    ):
        desk.draft.put((*path, key), block.get(attribute) or None, place)
    for key, attribute, section in (
        ("network_security_group", "security_group", "network_security_groups"),
        ("route_table", "route_table_id", "route_tables"),
    ):
        desk.draft.refer((*path, key), desk.resolved(block.get(attribute) or None), (section,), place)


def place_subnet(desk: Desk, one: Declared, path: Path) -> None:
    """A subnet of its own."""
    put_attributes(desk, one, path)
    prefixes = one.values.get("address_prefixes")
    if blocks(one.values, "ip_address_pool"):
        desk.draft.miss((*path, "prefix"), _POOL, one.at("ip_address_pool"))
    else:
        desk.put(one, (*path, "prefix"), "address_prefixes", _first(prefixes))
    if isinstance(prefixes, list) and len(prefixes) > 1:
        desk.draft.miss(
            (*path, "prefix"), "has several prefixes, and the document takes one", one.at("address_prefixes")
        )
    desk.put(one, (*path, "delegation"), "delegation", at(one.values, "delegation.service_delegation.name"))


def name_servers(desk: Desk, one: Declared, path: Path) -> None:
    """The name servers of a network, stated in it."""
    if one.values.get("dns_servers"):
        desk.put(one, (*path, "dns_servers"), "dns_servers", addresses(desk, one.values["dns_servers"]))


def name_servers_apart(desk: Desk, one: Declared) -> None:
    """The name servers of a network, stated apart from it."""
    network = desk.referred(one.values.get("virtual_network_id"), NETWORK)
    path = desk.path(network) if network else None
    if path is None:
        desk.homeless(one, "virtual_network_id", NETWORK)
    else:
        desk.put(one, (*path, "dns_servers"), "dns_servers", addresses(desk, one.values.get("dns_servers")))


def subnet_path(desk: Desk, value: Value) -> Path | None:
    """The place of the subnet that a value refers to."""
    word = desk.word(value, *_SUBNET)
    if not isinstance(word, str):
        return None
    network, _, subnet = word.partition("/")
    return ("networks", network, "subnets", subnet)


def associate(desk: Desk, one: Declared) -> None:
    """A filter, a route table or a NAT gateway of a subnet, stated apart from both."""
    attribute, key, section = _ASSOCIATED[one.type]
    path = subnet_path(desk, one.values.get("subnet_id"))
    if path is not None:
        before = desk.draft.stated((*path, key))
        desk.refer(one, (*path, key), attribute, section)
        if before not in (None, desk.draft.stated((*path, key))):
            why = f"is stated by several resources, {one.address} and another: the one that is applied last counts"
            desk.put(one, (*path, key), attribute, Unknown(why))
        return
    for subnet in _candidates(desk, one.values.get("subnet_id")):
        if (spot := desk.path(subnet)) is not None and desk.draft.stated((*spot, key)) is None:
            why = f"may be the one that {one.address} gives to a subnet that is not told"
            desk.draft.miss((*spot, key), why, one.at("subnet_id"))


def _candidates(desk: Desk, value: Value) -> Iterator[Declared]:
    """The subnets of which one is meant, where it is not told which: all of them where nothing is told."""
    among = {reference.address for reference in value.among} if isinstance(value, Unknown) else set()
    return (one for one in desk.resources("azurerm_subnet") if not among or one.address in among)


_ASSOCIATED = {
    "azurerm_subnet_network_security_group_association": (
        "network_security_group_id",
        "network_security_group",
        "network_security_groups",
    ),
    "azurerm_subnet_route_table_association": ("route_table_id", "route_table", "route_tables"),
    "azurerm_subnet_nat_gateway_association": ("nat_gateway_id", "nat_gateway", "nat_gateways"),
}


def peer(desk: Desk, one: Declared) -> None:
    """One half of a peering, in the network that owns it, under the name of the other."""
    values = one.values
    network = desk.named(values.get("virtual_network_name"), values.get("resource_group_name"), NETWORK)
    path = desk.path(network) if network else None
    remote = desk.word(values.get("remote_virtual_network_id"), "networks")
    if path is None:
        desk.homeless(one, "virtual_network_name", NETWORK)
    elif not isinstance(remote, str):
        why = "leads to a network that the input does not describe"
        desk.draft.miss((*path, "peerings"), why, one.at("remote_virtual_network_id"))
    else:
        desk.draft.put((*path, "peerings", remote), {}, one.origin)
        put_attributes(desk, one, (*path, "peerings", remote))


def _first(value: Value) -> Value:
    return (value[0] if value else None) if isinstance(value, list) else value


_POOL = "is taken from a pool of addresses when it is made"
