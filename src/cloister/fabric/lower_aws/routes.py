"""Routes of VPCs and subnets, with the ways to the internet that they take."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Network

from cloister.fabric.addresses import AddressMatch
from cloister.fabric.egress import Egress, EgressRank
from cloister.fabric.lower_aws.filters import prefix_list_match
from cloister.fabric.lower_aws.layout import Layout
from cloister.fabric.routes import Hop, HopKind, Preference, Route
from cloister.fabric.sets import AddressSet
from cloister.facts import tables
from cloister.facts.aws_services import prefix_list, short_name
from cloister.inventory import aws
from cloister.inventory.aws import NatGateway, RouteTable, Subnet, Vpc
from cloister.verdict import Rule


def local_routes(vpc: Vpc) -> tuple[Route, ...]:
    """The routes that every subnet of a VPC has."""
    rule = Rule(f"local route of {vpc.name}", vpc.origin.of("cidr_blocks"))
    return tuple(_to(block, Hop(HopKind.LOCAL, vpc.name), rule, Preference.SYSTEM) for block in vpc.cidr_blocks)


def subnet_routes(layout: Layout, vpc: Vpc, subnet: Subnet) -> tuple[Route, ...]:
    """What the route table of a subnet adds: its own routes, and those to gateway endpoints."""
    table = layout.table_of(vpc, subnet)
    if table is None:
        return ()
    return (*_own_routes(layout, table), *_endpoint_routes(layout, vpc, table))


def _to(block: IPv4Network, hop: Hop, rule: Rule, preference: Preference = Preference.USER) -> Route:
    return Route(AddressMatch.of(str(block), AddressSet.of(block)), block.prefixlen, preference, hop, rule)


def _own_routes(layout: Layout, table: RouteTable) -> Iterator[Route]:
    for route in table.routes:
        for found in _ranges(layout, table, route):
            yield _led(layout, table, route, found)


def _ranges(layout: Layout, table: RouteTable, route: aws.Route) -> Iterator[Route]:
    """The route once for each prefix that it is about, or once for a prefix list of Amazon's."""
    rule, nowhere = Rule(f"{table.name}/{route.name}", route.origin), Hop(HopKind.DROP)
    if route.cidr_block:
        yield _to(route.cidr_block, nowhere, rule)
        return
    own = next((one for one in layout.inventory.prefix_lists if one.name == route.prefix_list), None)
    for block in own.entries if own else ():
        yield replace(_to(block, nowhere, rule), rank=1)  # a prefix that is written out wins over one of a list
    if own is None:
        match = prefix_list_match(layout, route.prefix_list or "")
        yield Route(match, None, Preference.USER, nowhere, rule, rank=1)


def _led(layout: Layout, table: RouteTable, route: aws.Route, found: Route) -> Route:
    """The route with where it leads."""
    if route.internet_gateway:
        return replace(found, hop=Hop(HopKind.INTERNET), egress=_by_internet_gateway(found.rule))
    if route.nat_gateway:
        nat = next(one for one in layout.inventory.nat_gateways if one.name == route.nat_gateway)
        return replace(found, hop=Hop(HopKind.INTERNET), egress=_by_nat(layout, nat))
    if route.vpc_peering_connection:
        return _over_peering(layout, table, route.vpc_peering_connection, found)
    if route.instance:
        [interface] = layout.interfaces_of("instances", route.instance)
        return replace(found, hop=Hop(HopKind.APPLIANCE, address=interface.address))
    return replace(found, hop=Hop(HopKind.ELSEWHERE, route.other_target or ""))


def _by_internet_gateway(rule: Rule) -> Egress:
    """The way of what has a public address of its own, and of nothing else."""
    source = tables.aws_behaviours()["internet-gateway"].source
    text = "it has no public address, and an internet gateway translates nothing"
    mend = "route 0.0.0.0/0 to a NAT gateway instead, or give it a public address"
    return Egress(open=False, text=text, rule=replace(rule, source=source), mend=mend)


def _by_nat(layout: Layout, nat: NatGateway) -> Egress:
    """The way by a NAT gateway: it needs one to an internet gateway itself, and what filters it there is in doubt."""
    rule = Rule(f"NAT gateway {nat.name}", nat.origin, tables.aws_behaviours()["nat-gateway"].source)
    shows = AddressSet.of(nat.public_ip) if nat.public_ip else AddressSet()
    text = f"NAT gateway {nat.name}"
    if nat.connectivity_type == "private":
        reason = f"{text} is a private one"
        return Egress(False, reason, rule, EgressRank.GATEWAY, mend="use a public one")  # noqa: FBT003 - is not open
    if not layout.has_way_in(nat.subnet):
        reason = f"{text} stands in {nat.subnet}, from which no route leads to an internet gateway"
        mend = f"route 0.0.0.0/0 of {nat.subnet} to an internet gateway"
        return Egress(False, reason, rule, EgressRank.GATEWAY, mend=mend)  # noqa: FBT003 - as above
    doubt = _filtered(layout, nat)
    mend = f"let the network ACL of {nat.subnet} pass everything" if doubt else ""
    return Egress(True, text, rule, EgressRank.GATEWAY, shows, doubt=doubt, mend=mend)  # noqa: FBT003 - is open


def _filtered(layout: Layout, nat: NatGateway) -> str:
    """Why it is not known what passes a NAT gateway, where a network ACL of one's own stands before it."""
    found = layout.inventory.subnet(nat.subnet)
    name = (found[1].network_acl or found[0].default_network_acl) if found else None
    if name is None:
        return ""
    return f"network ACL {name} stands before NAT gateway {nat.name}, and what it says to that one is not followed"


def _over_peering(layout: Layout, table: RouteTable, name: str, found: Route) -> Route:
    peering = next(one for one in layout.inventory.vpc_peering_connections if one.name == name)
    source = tables.aws_behaviours()["peering-routes"].source
    if peering.accept_status != "active":
        closed = f"peering connection {name} is {peering.accept_status}, and carries nothing"
        return replace(found, hop=Hop(HopKind.DROP), closed=closed, rule=replace(found.rule, source=source))
    other = peering.peer_vpc if table.vpc == peering.vpc else peering.vpc
    return replace(found, hop=Hop(HopKind.PEER, other), rule=replace(found.rule, source=source))


def _endpoint_routes(layout: Layout, vpc: Vpc, table: RouteTable) -> Iterator[Route]:
    """The routes to gateway endpoints: to a prefix list of Amazon's, which holds addresses of this region alone."""
    source = tables.aws_behaviours()["gateway-endpoint"].source
    for endpoint in layout.inventory.vpc_endpoints:
        if endpoint.vpc == vpc.name and table.name in endpoint.route_tables:
            name = prefix_list(short_name(endpoint.service_name), layout.region_of(vpc))
            rule = Rule(f"gateway endpoint {endpoint.name}", endpoint.origin, source)
            match = AddressMatch(name, labels=frozenset({name}))
            yield Route(match, None, Preference.FIXED, Hop(HopKind.SERVICE, name), rule, rank=1)
