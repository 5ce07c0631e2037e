"""Whether a place reaches a target, and why: name, filters, routes, appliances, arrival, and the way back.

This is the plain evaluator for one flow. It reads in the order in which a packet travels, and it stops at the first
step that refuses.
"""

from collections.abc import Iterator
from dataclasses import replace

from cloister.fabric.addresses import Address
from cloister.fabric.appliances import Appliance
from cloister.fabric.fabric import Fabric, Place, PlaceKind, Proxy
from cloister.fabric.flows import Flow, Protocol
from cloister.reach.firewall import inspect
from cloister.reach.inbound import doors_to
from cloister.reach.judged import Judged, answer_of, noted, unsure
from cloister.reach.lookup import Lookup
from cloister.reach.names import look_up
from cloister.reach.path import follow
from cloister.reach.pools import over_pools
from cloister.reach.resolving import resolve_for
from cloister.reach.target import Reached, Target
from cloister.reach.travel import journey, openest, query, travel
from cloister.verdict import Answer, Layer, Outcome, Step, Verdict

__all__ = ["Reached", "Target", "reach"]


def reach(fabric: Fabric, place: Place, target: Target) -> Reached:
    """Whether a place reaches a target, with the whole trace."""
    return over_pools(fabric, lambda chosen: _reach(chosen, place, target))


def _reach(fabric: Fabric, place: Place, target: Target) -> Reached:
    """The same where one machine of each balancer is chosen."""
    direct = _reach_directly(fabric, place, target)
    if not target.host or target.protocol is not Protocol.TCP:
        return direct
    proxy = place.proxy
    if proxy is None:
        return _unless_by_proxy(fabric, place, target, direct)
    if target.port not in proxy.carries:
        return direct
    return _past_or_through(place, proxy, direct, _reach_by_proxy(fabric, place, target, proxy))


def _unless_by_proxy(fabric: Fabric, place: Place, target: Target, direct: Reached) -> Reached:
    """A refusal is no proof where an appliance takes requests of whoever names it as proxy, and lets this one out."""
    if direct.verdict.answer is not Answer.DENY or place.kind not in (PlaceKind.SEGMENT, PlaceKind.SITE):
        return direct
    for appliance in fabric.appliances:
        for port in sorted(low for low, _ in appliance.proxy_ports.spans):
            proxy = Proxy(appliance.address, port, appliance.proxy_ports, appliance.rule)
            proxied = _reach_by_proxy(fabric, place, target, proxy).verdict
            if proxied.answer is not Answer.DENY:
                return _by_proxy_perhaps(place, appliance, port, direct)
    return direct


def _by_proxy_perhaps(place: Place, appliance: Appliance, port: int, direct: Reached) -> Reached:
    text = f"reaches this if it names {appliance.name} as its proxy, on port {port}; whether it does is not stated"
    step = Step(Layer.ROUTE, place.name, Outcome.UNKNOWN, text, appliance.rule)
    trace = (*(_settled(one) for one in direct.verdict.trace), step)
    mend = f"close port {port} of {appliance.name} to {place.name}, or state proxy on {place.name}"
    return Reached(Verdict(Answer.UNKNOWN, f"{place.name}: {text}", trace, mend), direct.address)


def _past_or_through(place: Place, proxy: Proxy, direct: Reached, proxied: Reached) -> Reached:
    """What comes of a proxy: nothing keeps a client from going past it, so a proxy that refuses is no proof alone."""
    verdict, past = proxied.verdict, direct.verdict
    if verdict.answer in (Answer.ALLOW, past.answer) or past.answer is Answer.DENY:
        return proxied
    text = "is open" if past.answer is Answer.ALLOW else f"is not known to be closed ({past.reason})"
    text = f"the proxy ends in {verdict.answer} ({verdict.reason}), but the way past it {text}"
    step = Step(Layer.ROUTE, place.name, Outcome.UNKNOWN, text, proxy.rule)
    trace = (*(_settled(one) for one in verdict.trace), step)
    mend = verdict.mend or f"close the way from {place.name} that does not lead to its proxy"
    return Reached(Verdict(Answer.UNKNOWN, f"{place.name}: {text}", trace, mend), direct.address)


def _reach_by_proxy(fabric: Fabric, place: Place, target: Target, proxy: Proxy) -> Reached:
    """The way of a request that a place hands to its proxy, which looks the name up and connects by itself."""
    asked = Target(f"proxy {proxy.address}", proxy.port)
    judged = [noted(Layer.ROUTE, place.name, f"hands the request to its proxy {proxy.address}:{proxy.port}")]
    judged += travel(fabric, place, asked, Address.exactly(proxy.address))
    address: Address | None = None
    if answer_of(judged) is not Answer.DENY:
        steps, address = _onward_from_proxy(fabric, place, target, proxy)
        judged += steps
    return Reached(_verdict(place, target, address, judged, ""), address)


def _onward_from_proxy(
    fabric: Fabric, place: Place, target: Target, proxy: Proxy
) -> tuple[list[Judged], Address | None]:
    appliance = fabric.appliance_at(proxy.address)
    if appliance is None:
        machine = fabric.place_at(Address.exactly(proxy.address))
        text = f"asks {machine.name if machine else proxy.address}, and what that proxy lets through is not stated"
        return [unsure(Layer.FIREWALL, place.name, text, proxy.rule, "name a firewall as proxy, or none")], None
    flow = Flow(place.address, target.address or Address(fabric.public), target.port, target.protocol, target.host)
    found = resolve_for(fabric, appliance, flow, query)
    if found.address is None:
        return list(found.judged), None
    flow = replace(flow, destination=found.address)
    judged = [*found.judged, *inspect(fabric, appliance, flow, proxied=True).judged]
    if answer_of(judged) is Answer.DENY:
        return judged, found.address
    path = follow(fabric, fabric.places[appliance.name], found.address)
    flow = flow.coming_from(appliance.own)
    return judged + journey(fabric, place, flow, target, path, appliance), found.address


def _reach_directly(fabric: Fabric, place: Place, target: Target) -> Reached:
    """The way of what a place sends to the target itself."""
    if place.kind is PlaceKind.UNKNOWN:
        return Reached(
            _verdict(place, target, None, [unsure(Layer.ROUTE, place.name, place.gap, place.rule)], ""), None
        )
    if target.place and fabric.places[target.place].kind is PlaceKind.UNKNOWN:
        there = fabric.places[target.place]
        return Reached(
            _verdict(place, target, None, [unsure(Layer.ROUTE, there.name, there.gap, there.rule)], ""), None
        )
    if target.address is not None:
        judged = openest((travel(fabric, place, target, target.address), *_by_doors(fabric, place, target)))
        hint = _peering_mend(fabric, place, target.address)
        return Reached(_verdict(place, target, target.address, judged, hint), target.address)
    readings = _readings(fabric, place, target)
    first = next(readings)
    other = next((other for other in readings if other.verdict.answer is not first.verdict.answer), None)
    return _between(first, other) if other else first


def _by_doors(fabric: Fabric, place: Place, target: Target) -> Iterator[list[Judged]]:
    """The ways to an address by way of an appliance's private one, from which a rule leads on to it."""
    if target.address is None or place.kind is PlaceKind.INTERNET:
        return
    flow = Flow(place.address, target.address, target.port, target.protocol)
    for door in doors_to(fabric, flow, query, inside=True):
        there = Address.exactly(door.appliance.address)
        asked = replace(target, text=f"{door.appliance.name}:{door.port}", port=door.port, host="", place="")
        text = f"asks {there}:{door.port}, from which a rule of {door.appliance.name} leads on to {target.address}"
        told = noted(Layer.ROUTE, place.name, text, door.translation.rule)
        yield [told, *travel(fabric, place, asked, there)]


def _readings(fabric: Fabric, place: Place, target: Target) -> Iterator[Reached]:
    """The verdict by each name of the target, and by each reading of what a name means."""
    for host in (target.host, *target.also):
        named = replace(target, host=host)
        lookup = look_up(fabric, place, host, lambda asker, server: query(fabric, asker, server))
        for reading in lookup.readings():
            yield _by_lookup(fabric, place, named, reading)


def _between(first: Reached, second: Reached) -> Reached:
    """The doubt that two readings of the name leave where they end differently."""
    verdict, other = first.verdict, second.verdict
    text = f"one reading of the name ends in {verdict.answer}, another in {other.answer}: {other.reason}"
    step = Step(Layer.NAME, "public DNS", Outcome.UNKNOWN, text)
    reason = f"{step.at}: {text}"
    return Reached(Verdict(Answer.UNKNOWN, reason, (*verdict.trace, step), verdict.mend or other.mend), first.address)


def _by_lookup(fabric: Fabric, place: Place, target: Target, lookup: Lookup) -> Reached:
    """The verdict where a lookup came out as it did."""
    judged = [noted(Layer.NAME, place.name, f"looks up {target.host}"), *lookup.judged]
    if lookup.address is not None and answer_of(judged) is not Answer.DENY:
        judged += travel(fabric, place, target, lookup.address)
    hint = lookup.mend or _peering_mend(fabric, place, lookup.address)
    return Reached(_verdict(place, target, lookup.address, judged, hint), lookup.address)


def _peering_mend(fabric: Fabric, place: Place, address: Address | None) -> str:
    """The mend for a peering between the two ends that was written but carries nothing."""
    if address is None or place.kind is not PlaceKind.SEGMENT:
        return ""
    network = fabric.networks[fabric.segments[place.where].network]
    mends = {peer.network: peer.mend for peer in network.peers if peer.doubt}
    mends |= {peer.network: peer.mend for peer in network.broken_peers}
    return next((mend for name, mend in mends.items() if address.within <= fabric.networks[name].space), "")


def _verdict(place: Place, target: Target, address: Address | None, judged: list[Judged], hint: str) -> Verdict:
    answer = answer_of(judged)
    steps = tuple(_settled(item.step) if answer is Answer.DENY else item.step for item in judged)
    if answer is Answer.ALLOW:
        how = next((s.at for s in reversed(steps) if s.layer is Layer.ENDPOINT and s.outcome is Outcome.PASS), "")
        through = f" through {how}" if how and address and address.single else ""
        return Verdict(answer, f"{place.name} reaches {target.text}{through}", steps)
    wanted = Outcome.REFUSE if answer is Answer.DENY else Outcome.UNKNOWN
    deciding = next(item for item in judged if item.step.outcome is wanted)
    return Verdict(answer, f"{deciding.step.at}: {deciding.step.text}", steps, hint or deciding.mend)


def _settled(step: Step) -> Step:
    """A doubt is a note where the way is refused in any case: it decides nothing any more."""
    return replace(step, outcome=Outcome.NOTE) if step.outcome is Outcome.UNKNOWN else step
