"""Peerings that join nothing and routes that lead to nothing, whether or not a question meets them."""

from dataclasses import dataclass
from ipaddress import IPv4Address

from cloister.fabric.appliances import Appliance
from cloister.fabric.fabric import Fabric, Place, Segment
from cloister.fabric.routes import HopKind, Route
from cloister.reach.judged import sourced
from cloister.verdict import Rule


@dataclass(frozen=True, slots=True)
class DeadEnd:
    """One of them: the rule that says it, why nothing comes of it, and what to do."""

    rule: Rule
    text: str
    mend: str


def dead_ends(fabric: Fabric) -> tuple[DeadEnd, ...]:
    """All of them, each once: those of peerings, then those of routes, in the order of the source."""
    found: dict[Rule, DeadEnd] = {}
    for network in fabric.networks.values():
        for peer in network.broken_peers:
            found.setdefault(peer.rule, DeadEnd(peer.rule, peer.reason, peer.mend))
    standing = {place.address.single: place for place in fabric.places.values() if place.address.single}
    for segment in fabric.segments.values():
        for route in segment.routes:
            end = _of_route(fabric, standing, segment, route)
            if end is not None:
                found.setdefault(end.rule, end)
    return tuple(found.values())


def _of_route(fabric: Fabric, standing: dict[IPv4Address, Place], segment: Segment, route: Route) -> DeadEnd | None:
    """What is wrong with a route; an address that nothing has is told where the document is read."""
    if route.hop.kind is HopKind.GATEWAY and route.hop.target not in fabric.gateways:
        text = f"leads to a gateway, but {segment.network} has none that takes it, nor uses one of a peer"
        return DeadEnd(sourced(route.rule, fabric.behaviours["gateway-user-route"]), text, "change the route")
    address = route.hop.address if route.hop.kind is HopKind.APPLIANCE else None
    appliance = fabric.appliance_at(address) if address else None
    if appliance is not None:
        return _apart(fabric, segment, route, appliance)
    place = standing.get(address) if address else None
    if place is not None and place.forwards is False:
        text = f"leads to {place.name} ({address}), whose ip_forwarding is off: it drops this"
        rule = sourced(route.rule, fabric.behaviours["forwarding-switch"])
        return DeadEnd(rule, text, f"set ip_forwarding: true on {place.name}")
    return None


def _apart(fabric: Fabric, segment: Segment, route: Route, appliance: Appliance) -> DeadEnd | None:
    home = fabric.segments[appliance.segment].network
    if home == segment.network or fabric.networks[segment.network].peer(home):
        return None
    text = f"leads to {appliance.name} ({appliance.address}) in {home}, which no peering joins to {segment.network}"
    return DeadEnd(route.rule, text, f"peer {segment.network} and {home}, both halves")
