"""Routes of networks and of single subnets."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Network

from cloister.fabric.addresses import AddressMatch
from cloister.fabric.lower_azure.addresses import is_prefix, plain_match, region_words
from cloister.fabric.lower_azure.islands import closed_routes
from cloister.fabric.lower_azure.layout import Layout
from cloister.fabric.routes import Hop, HopKind, Preference, Route
from cloister.fabric.sets import AddressSet
from cloister.facts import tables
from cloister.inventory import azure
from cloister.inventory.azure import PrivateEndpointPolicies, VirtualNetwork
from cloister.verdict import Rule

_ROUTES_BIND = (PrivateEndpointPolicies.ROUTE_TABLE, PrivateEndpointPolicies.ENABLED)
_HOST_LENGTH = 32
_HOPS = {"VnetLocal": HopKind.LOCAL, "Internet": HopKind.INTERNET, "None": HopKind.DROP}


def network_routes(layout: Layout, network: VirtualNetwork) -> tuple[Route, ...]:
    """The routes that every subnet of a network starts with."""
    return (
        *_own_routes(network),
        *_peer_routes(layout, network),
        *_endpoint_routes(layout, _near_subnets(layout, network)),
        *_learned_routes(layout, network, {network.name, *_whole_peers(layout, network)}),
        *_system_routes(layout, network),
        *closed_routes(layout.inventory),
    )


def _route(prefix: IPv4Network, preference: Preference, hop: Hop, rule: Rule, yields_at: int = 33) -> Route:
    match = AddressMatch.of(str(prefix), AddressSet.of(prefix))
    return Route(match, prefix.prefixlen, preference, hop, rule, yields_at)


def _own_routes(network: VirtualNetwork) -> Iterator[Route]:
    rule = Rule(f"system route of {network.name}", network.origin.of("address_space"))
    for prefix in network.address_space:
        yield _route(prefix, Preference.FIXED, Hop(HopKind.LOCAL, network.name), rule)


def _peer_routes(layout: Layout, network: VirtualNetwork) -> Iterator[Route]:
    for peer in layout.peers[network.name]:
        if layout.whole(peer, network.name):
            for prefix in layout.own_network(peer.network).address_space:
                yield _route(prefix, Preference.FIXED, Hop(HopKind.PEER, peer.network), peer.rule)


def _joined_routes(layout: Layout, network: VirtualNetwork, subnet: azure.Subnet) -> Iterator[Route]:
    """What a subnet has by peerings that join listed subnets: routes to those, to their endpoints and to sites."""
    for peer in layout.peers[network.name]:
        if layout.whole(peer, network.name) or not AddressSet.of(subnet.prefix) <= peer.near:
            continue
        for remote in layout.own_network(peer.network).subnets:
            if AddressSet.of(remote.prefix) <= peer.far:
                yield _route(remote.prefix, Preference.FIXED, Hop(HopKind.PEER, peer.network), peer.rule)
                yield from _endpoint_routes(layout, {f"{peer.network}/{remote.name}"})
        yield from _learned_routes(layout, network, {peer.network})


def _whole_peers(layout: Layout, network: VirtualNetwork) -> set[str]:
    return {peer.network for peer in layout.peers[network.name] if layout.whole(peer, network.name)}


def _near_subnets(layout: Layout, network: VirtualNetwork) -> set[str]:
    """The subnets whose private endpoints have routes in all of a network: its own, and those of whole peers."""
    near = {network.name, *_whole_peers(layout, network)}
    return {f"{home.name}/{subnet.name}" for home, subnet in layout.inventory.subnets() if home.name in near}


def _endpoint_routes(layout: Layout, subnets: set[str]) -> Iterator[Route]:
    """A /32 for every address of a private endpoint in some subnets."""
    source = tables.behaviours()["endpoint-route"].source
    for endpoint in layout.inventory.private_endpoints:
        found = layout.inventory.subnet(endpoint.subnet)
        if found is None or endpoint.subnet not in subnets:
            continue
        home, subnet = found
        for address in endpoint.private_ips:
            yields_at = _HOST_LENGTH
            if subnet.private_endpoint_network_policies in _ROUTES_BIND:
                yields_at = max((p.prefixlen for p in home.address_space if address in p), default=_HOST_LENGTH)
            yield _route(
                IPv4Network(address),
                Preference.SYSTEM,
                Hop(HopKind.ENDPOINT, home.name),
                Rule(f"/32 route of private endpoint {endpoint.name}", endpoint.origin, source),
                yields_at,
            )


def _learned_routes(layout: Layout, network: VirtualNetwork, beyond: set[str]) -> Iterator[Route]:
    """What is learned from sites through the gateways that stand in some networks; ExpressRoute goes before VPN."""
    for gateway, site in layout.sites(network.name):
        for prefix in site.announced if gateway.network in beyond else ():
            stated = "advertised_prefixes" if site.advertised_prefixes else "address_space"
            rule = Rule(f"learned from {site.name}", site.origin.of(stated))
            route = _route(prefix, Preference.LEARNED, Hop(HopKind.GATEWAY, gateway.name), rule)
            yield replace(route, rank=0 if gateway.kind == "ExpressRoute" else 1)


def _system_routes(layout: Layout, network: VirtualNetwork) -> Iterator[Route]:
    """The default route, and those to nowhere for private space: each goes once a network inside of it is in use."""
    used = layout.space(network.name) | AddressSet.union(peer.far for peer in layout.peers[network.name])
    for row in tables.system_routes():
        prefix = IPv4Network(row.prefix)
        dropped = row.next_hop == "None"
        if dropped and used & AddressSet.of(prefix):
            continue
        kind = HopKind.DROP if dropped else HopKind.INTERNET
        yield _route(prefix, Preference.SYSTEM, Hop(kind), Rule(f"system route {prefix}", source=row.source))


def subnet_routes(layout: Layout, network: VirtualNetwork, subnet: azure.Subnet) -> tuple[Route, ...]:
    """What a subnet adds: its route table, its service endpoints, and peerings that join some subnets only."""
    table = layout.route_tables.get(subnet.route_table or "")
    user = (_user_route(layout, network, table, route) for route in table.routes) if table else ()
    return (*user, *_service_routes(layout, subnet), *_joined_routes(layout, network, subnet))


def _user_route(layout: Layout, network: VirtualNetwork, table: azure.RouteTable, route: azure.Route) -> Route:
    if route.next_hop_type == "VirtualAppliance":
        hop = Hop(HopKind.APPLIANCE, address=route.next_hop)
    elif route.next_hop_type == "VirtualNetworkGateway":
        # A user's route works for VPN gateways only; one towards ExpressRoute is told as leading nowhere.
        gateways = [gateway for gateway in layout.gateways[network.name] if gateway.kind == "Vpn"]
        hop = Hop(HopKind.GATEWAY, gateways[0].name if gateways else "")
    else:
        hop = Hop(_HOPS[route.next_hop_type], network.name)
    rule = Rule(f"{table.name}/{route.name}", route.origin)
    if is_prefix(route.prefix):
        return Route(plain_match(route.prefix), IPv4Network(route.prefix).prefixlen, Preference.USER, hop, rule)
    to = layout.sharpened(plain_match(route.prefix))
    rule = replace(rule, source=to.publication)
    return Route(to, None, Preference.USER, hop, rule, rank=_rank(route.prefix), parts=_parts(layout, to))


def _rank(tag: str) -> int:
    """Which service tag's route wins where two hold one prefix; a prefix that is written out (0) beats them all."""
    widest, _, region = tag.lower().partition(".")
    own = 3 if widest == "azurecloud" else 1
    return own if region else own + 1


def _parts(layout: Layout, to: AddressMatch) -> tuple[tuple[int, AddressSet], ...]:
    """The addresses of the tag that a route names, by the length of their prefix, where its list is at hand."""
    tags = [layout.published.tags[label] for label in to.labels] if layout.published and to.members is not None else []
    return tags[0].by_length if len(tags) == 1 else ()


def _service_routes(layout: Layout, subnet: azure.Subnet) -> Iterator[Route]:
    for row in tables.service_endpoints():
        if row.service_endpoint in subnet.service_endpoints:
            labels = region_words(row.tag, layout.inventory.region)
            rule = Rule(f"service endpoint {row.service_endpoint}", subnet.origin.of("service_endpoints"), row.source)
            match = layout.sharpened(AddressMatch(row.tag, labels=labels))
            hop, parts = Hop(HopKind.SERVICE, row.kind), _parts(layout, match)
            yield Route(match, None, Preference.FIXED, hop, rule, parts=parts)
