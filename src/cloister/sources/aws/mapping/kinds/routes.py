"""Route tables, their routes written inside or apart, and which subnets read them."""

from cloister.sources.aws.mapping.estate import Part
from cloister.sources.aws.mapping.kinds.networks import default_owner
from cloister.sources.declared import Reference, Unknown, Value

_TARGETS = {
    "nat_gateway": "nat_gateways",
    "vpc_peering_connection": "vpc_peering_connections",
    "instance": "instances",
}
_NOT_FOLLOWED = {
    "transit_gateway": "a transit gateway",
    "network_interface": "a network interface",
    "vpc_endpoint": "an endpoint of a gateway load balancer",
    "local_gateway": "a local gateway",
    "carrier_gateway": "a carrier gateway",
    "egress_only_gateway": "an egress-only gateway",
    "core_network": "a core network",
}


def claim_default(part: Part) -> None:
    """A VPC's own table that Terraform takes over stands beside the others."""
    draft = part.estate.draft
    draft.claim(("route_tables",), part.name, part.place(), (part.declared.address,))
    vpc = default_owner(part.raw("table"), "default_route_table_id")
    if vpc is not None:
        draft.know(draft.path_of(Reference(part.declared.address)) or (), (f"{vpc.address}.default_route_table_id",))


def fill_default(part: Part) -> None:
    """The table is its VPC's main one."""
    estate = part.estate
    vpc = default_owner(part.raw("table"), "default_route_table_id")
    path = estate.draft.path_of(vpc) if vpc else None
    estate.put(part, "vpc", estate.draft.word(vpc, ("vpcs",)), "table")
    if path and part.path:
        estate.draft.put((*path, "main_route_table"), part.path[-1], part.place("table"))
    fill_table(part)


def fill_table(part: Part) -> None:
    """The routes that are written inside."""
    if part.path is None:
        return
    written = part.raw("routes")
    if isinstance(written, Unknown | Reference):
        part.estate.put(part, "routes", written)
        return
    for number, route in enumerate(part.items("routes"), start=1):
        _write(route, part, f"route-{number}")


def fill_route(part: Part) -> None:
    """A route that is written apart."""
    table = part.estate.find(part.raw("table"), "route-table", "default-route-table")
    if table is None:
        part.estate.homeless(part, "table", "what it routes is not judged", "route-table", "default-route-table")
        return
    _write(part, table, part.name)


def _write(route: Part, table: Part, name: str) -> None:
    estate = route.estate
    if route.raw("ipv6") is not None and route.raw("cidr_block") is None:
        estate.tell(route, "is a route for IPv6", "only ways over IPv4 are judged", "ipv6")
        return
    path = estate.draft.claim((*(table.path or ()), "routes"), name, route.place())
    listed = route.raw("prefix_list")
    if listed is not None:
        estate.draft.put((*path, "prefix_list"), _list_named(route, listed), route.place("prefix_list"))
    else:
        estate.draft.put((*path, "cidr_block"), route.raw("cidr_block"), route.place("cidr_block"))
    attribute, value, source = _target(route)
    estate.draft.put((*path, attribute), value, route.place(source))


def _list_named(part: Part, value: Value) -> Value:
    word = part.estate.draft.word(value, ("prefix_lists",))
    return value if isinstance(word, Unknown) and isinstance(value, str) else word


def _target(route: Part) -> tuple[str, Value, str]:
    """The attribute of the document for a route's target, its value, and the attribute that states it."""
    word = route.estate.draft.word
    gateway = route.raw("gateway")
    if gateway is not None:
        found = word(gateway, ("internet_gateways",))
        described = route.estate.draft.path_of(gateway) is not None
        known = isinstance(found, str) or not described
        return ("internet_gateway", found, "gateway") if known else ("other_target", "a gateway", "gateway")
    for attribute, section in _TARGETS.items():
        if (value := route.raw(attribute)) is not None:
            return attribute, word(value, (section,)), attribute
    for attribute, called in _NOT_FOLLOWED.items():
        if route.raw(attribute) is not None:
            return "other_target", called, attribute
    return "other_target", Unknown("leads to a target that is not told"), "gateway"


def fill_association(part: Part) -> None:
    """Which table a subnet reads."""
    estate = part.estate
    subnet = estate.find(part.raw("subnet"), "subnet")
    if subnet is None or subnet.path is None:
        estate.homeless(part, "subnet", "which way packets leave is not judged", "subnet", key="route_table")
    else:
        place = part.place("table")
        estate.draft.refer((*subnet.path, "route_table"), _table(part), ("route_tables",), place)


def fill_main(part: Part) -> None:
    """Which table the subnets of a VPC read that name none."""
    estate = part.estate
    vpc = estate.find(part.raw("vpc"), "vpc")
    if vpc is None or vpc.path is None:
        estate.homeless(part, "vpc", "which way packets leave is not judged", "vpc", key="main_route_table")
    else:
        place = part.place("table")
        estate.draft.refer((*vpc.path, "main_route_table"), _table(part), ("route_tables",), place)


def _table(part: Part) -> Value:
    """The table that is meant; a VPC's own one by the name under which Terraform took it over."""
    value = part.raw("table")
    owner = default_owner(value, "default_route_table_id")
    return Reference(f"{owner.address}.default_route_table_id") if owner else value


def fill_endpoint_table(part: Part) -> None:
    """A table that leads to a gateway endpoint, stated apart."""
    estate = part.estate
    endpoint = estate.find(part.raw("endpoint"), "vpc-endpoint")
    if endpoint is None or endpoint.path is None:
        estate.homeless(part, "endpoint", "who reaches it is not judged", "vpc-endpoint", key="route_tables")
        return
    path = (*endpoint.path, "route_tables")
    stated = estate.draft.stated(path)
    word = estate.draft.word(_table(part), ("route_tables",))
    more = [*(stated if isinstance(stated, list) else []), word]
    estate.draft.put(path, more, part.place("table"))


CLAIMS = {"default-route-table": claim_default}
FILLS = {
    "route-table": fill_table,
    "default-route-table": fill_default,
    "route": fill_route,
    "table-association": fill_association,
    "main-table": fill_main,
}
