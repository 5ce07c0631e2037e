"""The way back: replies pass filters, which remember, but need routes; firewalls must see both directions."""

from collections.abc import Iterator
from dataclasses import replace

from cloister.fabric.addresses import Address
from cloister.fabric.appliances import Appliance
from cloister.fabric.fabric import Fabric, Peer, Place, PlaceKind
from cloister.fabric.flows import Flow
from cloister.reach.judged import Judged, noted, passed, refused, unsure
from cloister.reach.legs import End, EndKind, Path
from cloister.reach.path import follow
from cloister.verdict import Layer, Outcome


def way_back(
    fabric: Fabric, place: Place, flow: Flow, path: Path, translated_by: Appliance | None
) -> tuple[Judged, ...]:
    """The steps of the replies. `translated_by` is the last appliance that put its own address in front."""
    end = path.end
    if end is None:
        return ()
    if place.kind is PlaceKind.INTERNET and translated_by is None:
        return tuple(_to_internet(fabric, flow, end))
    if translated_by is not None:
        return tuple(_through_translator(fabric, place, path, end, translated_by))
    endpoint = fabric.endpoint_at(flow.destination)
    if end.kind is EndKind.ENDPOINT and not (endpoint and endpoint.routed):
        return tuple(_from_endpoint(fabric, path, end))
    if end.kind in (EndKind.INTERNET, EndKind.APPLIANCE):
        return (passed(Layer.RETURN, end.where or "internet", f"replies come straight back to {place.name}"),)
    return tuple(_routed_back(fabric, _replier(fabric, flow, end), place, path.appliances))


def _replier(fabric: Fabric, flow: Flow, end: End) -> Place:
    """The place that replies: a machine, an endpoint, or any machine of the segment or site."""
    kind = PlaceKind.SITE if end.kind is EndKind.SITE else PlaceKind.SEGMENT
    endpoint = fabric.endpoint_at(flow.destination) if end.kind is EndKind.ENDPOINT else None
    if endpoint:
        return Place(endpoint.name, kind, flow.destination, endpoint.segment)
    return fabric.place_at(flow.destination) or Place(end.where, kind, flow.destination, end.where)


def _to_internet(fabric: Fabric, flow: Flow, end: End) -> Iterator[Judged]:
    """Replies to a caller from the internet: they must leave where the request came in."""
    if end.kind is not EndKind.SEGMENT:
        yield passed(Layer.RETURN, end.where or "internet", "replies come straight back")
        return
    back = follow(fabric, _replier(fabric, flow, end), flow.source, Layer.RETURN)
    for leg in back.legs:
        yield leg.judged
        if leg.appliance:
            yield _half_seen(fabric, leg.appliance)
            return


def _half_seen(fabric: Fabric, appliance: Appliance) -> Judged:
    text = f"the replies go to {appliance.name}, which never saw the request and drops them"
    mend = f"send both directions through {appliance.name}, or neither"
    return refused(Layer.RETURN, appliance.name, text, fabric.behaviours["firewall-symmetry"], mend)


def _through_translator(fabric: Fabric, place: Place, path: Path, end: End, appliance: Appliance) -> Iterator[Judged]:
    """Replies go to the appliance that stood in as the sender, and from it to the place."""
    standing = Place(appliance.name, PlaceKind.SEGMENT, Address.exactly(appliance.address), appliance.segment)
    text = f"replies go to {appliance.name}, which stood in as the sender"
    outside = place.kind is PlaceKind.INTERNET
    rule = fabric.behaviours["firewall-nat-source"] if outside else fabric.behaviours["firewall-snat"]
    yield passed(Layer.RETURN, end.where or "internet", text, rule)
    if outside:
        yield from _out_again(fabric, standing, place)
        return
    passed_through = path.appliances
    earlier = passed_through[: passed_through.index(appliance)] if appliance in passed_through else ()
    yield from _routed_back(fabric, standing, place, earlier, forwarded=True)


def _out_again(fabric: Fabric, appliance: Place, place: Place) -> Iterator[Judged]:
    """Replies of an appliance to a caller from the internet, which must leave where the request came in."""
    back = follow(fabric, appliance, place.address, Layer.RETURN)
    if back.end is not None and back.end.kind is EndKind.INTERNET:
        yield from (leg.judged for leg in back.legs)
        return
    text = "its own route to the internet leads elsewhere, so its replies may not leave where the request came in"
    mend = f"route 0.0.0.0/0 of {appliance.where} to the internet"
    yield unsure(Layer.RETURN, appliance.name, text, fabric.behaviours["firewall-forced-tunnel"], mend)


def _from_endpoint(fabric: Fabric, path: Path, end: End) -> Iterator[Judged]:
    if path.appliances:
        text = f"{path.appliances[-1].name} does not translate the source, so replies of a private endpoint pass it by"
        yield unsure(Layer.RETURN, end.where, text, fabric.behaviours["endpoint-snat"], "use an application rule")
        return
    text = "replies of a private endpoint follow the connection back"
    yield passed(Layer.RETURN, end.where, text, fabric.behaviours["endpoint-reply"])


def _routed_back(
    fabric: Fabric, replier: Place, place: Place, seen: tuple[Appliance, ...], *, forwarded: bool = False
) -> Iterator[Judged]:
    """Replies by route, held against the appliances that saw the request."""
    back = follow(fabric, replier, place.address, Layer.RETURN)
    for leg in back.legs:
        lost = leg.judged.refuses and seen
        yield (
            replace(leg.judged, mend=f"route {place.address} of {replier.name} through {seen[-1].name}")
            if lost
            else leg.judged
        )
        if leg.appliance and leg.appliance not in seen:
            yield _half_seen(fabric, leg.appliance)
            return
        entering = leg.entering
        if forwarded and entering is None and back.end and back.end.kind is EndKind.SEGMENT:
            entering = _entered(fabric, replier, back.end)
        if entering and not entering.accepts_forwarded:
            yield not_accepted(fabric, leg.judged.step.at, entering, Layer.RETURN)
    missed = [appliance for appliance in seen if appliance not in back.appliances]
    if back.end and missed:
        text = f"the replies pass {missed[0].name} by, which saw only the request"
        mend = f"route the replies through {missed[0].name} as well"
        yield unsure(Layer.RETURN, replier.name, text, fabric.behaviours["firewall-symmetry"], mend)
    if back.end and not any(leg.judged.step.outcome is not Outcome.PASS for leg in back.legs):
        yield noted(Layer.RETURN, place.name, "replies need no filter rule: filters remember the connection")


def _entered(fabric: Fabric, sender: Place, end: End) -> Peer | None:
    network = fabric.segments[end.where].network
    home = fabric.segments[sender.where].network
    return None if network == home else fabric.networks[network].peer(home)


def not_accepted(fabric: Fabric, at: str, entering: Peer, layer: Layer) -> Judged:
    """The doubt about packets that an appliance sends on into a network that does not accept forwarded traffic."""
    name = entering.rule.name
    text = f"{name} does not allow forwarded traffic, so it is not certain to arrive"
    rule = replace(fabric.behaviours["forwarded-traffic"], origin=entering.rule.origin)
    return unsure(layer, at, text, rule, f"set allow_forwarded_traffic on {name}")
