"""The steps of a flow to an address: filters, routes, appliances, arrival, and the way back.

It reads in the order in which a packet travels, and stops at the first step that refuses.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cloister.fabric.addresses import Address
from cloister.fabric.appliances import Appliance
from cloister.fabric.balancers import Frontend
from cloister.fabric.fabric import Fabric, Place, PlaceKind
from cloister.fabric.flows import Flow, Protocol
from cloister.fabric.names import NAME_PORT, Upstream
from cloister.reach.arrival import arrive, leads_to
from cloister.reach.back import not_accepted, way_back
from cloister.reach.balancing import behind, hand_on, portless, ways_to
from cloister.reach.either_way import either_way
from cloister.reach.filters import first_match, judge_outbound
from cloister.reach.firewall import Inspection, inspect, keeps_private
from cloister.reach.inbound import Door, closed_gate, doors_at, doors_to, enter, is_at, led_on
from cloister.reach.judged import Judged, answer_of, called, noted, passed, refused, sourced, unsure
from cloister.reach.legs import End, EndKind, Leg, Path
from cloister.reach.path import follow
from cloister.reach.relaying import carried_on, handed_on
from cloister.reach.resolving import resolve_again
from cloister.reach.routes import choose
from cloister.reach.target import Target
from cloister.verdict import Answer, Layer


def query(fabric: Fabric, place: Place, server: Upstream) -> tuple[Judged, ...]:
    """The way of a name query to a server."""
    target = Target(f"name server {server}", server.port, Protocol.UDP)
    return tuple(travel(fabric, place, target, Address.exactly(server.address)))


def travel(fabric: Fabric, place: Place, target: Target, address: Address) -> list[Judged]:
    """The steps from a place to an address and back, without any lookup of names."""
    if place.kind is PlaceKind.UNKNOWN:
        return [unsure(Layer.ROUTE, place.name, place.gap, place.rule)]
    flow = Flow(place.address, address, target.port, target.protocol, target.host)
    if place.kind is PlaceKind.INTERNET:
        return _from_internet(fabric, place, flow, target)
    judged = [*_dead_end(fabric, place, address), *_leave(fabric, place, flow)]
    if answer_of(judged) is Answer.DENY:
        return judged
    if address.within <= fabric.platform.spared and place.kind is PlaceKind.SEGMENT:
        text = f"{address} answers on every host of the cloud itself"
        return [*judged, passed(Layer.ROUTE, place.name, text, fabric.platform.rule)]
    return judged + (_refused_either_way(fabric, place, flow, target) or _onward(fabric, place, flow, target))


def _onward(fabric: Fabric, place: Place, flow: Flow, target: Target) -> list[Judged]:
    """The steps after the sender's filters."""
    return journey(fabric, place, flow, target, follow(fabric, place, flow.destination))


def _refused_either_way(fabric: Fabric, place: Place, flow: Flow, target: Target) -> list[Judged]:
    """The steps where it is no matter whether a host is one of a service's: its policy refuses, and so does the rest.

    None where one of the two lets it through or cannot tell: then it matters which route is taken.
    """
    both = either_way(fabric, place, flow.destination) if target.host else None
    if both is None:
        return []
    over, past = (_onward(fabric, place, replace(flow, destination=one), target) for one in (both.over, both.past))
    if {answer_of(over), answer_of(past)} != {Answer.DENY}:
        return []
    refusal = next(one for one in over if one.refuses)
    text = f"whether {flow.host} goes over {both.route.rule.name} is not known; there {refusal.step.text}"
    return [noted(Layer.ROUTE, place.where, text, refusal.step.rule), *past]


def journey(
    fabric: Fabric,
    place: Place,
    flow: Flow,
    target: Target,
    path: Path,
    translated_by: Appliance | None = None,
    done: int = 0,
) -> list[Judged]:
    """The steps along a path, through its appliances, to its end and back. So many legs of it are done already."""
    judged: list[Judged] = []
    while done < len(path.legs):
        leg = path.legs[done]
        done += 1
        steps, inspection = _pass(fabric, leg, flow)
        judged += steps
        if answer_of(steps) is Answer.DENY:
            return judged
        if leg.appliance is None or inspection is None:
            continue
        if inspection.resolves_again:
            again = resolve_again(fabric, leg.appliance, flow, query)
            judged += again.judged
            if again.address is None:
                return judged
            if again.address.within != flow.destination.within:
                flow = replace(flow, destination=again.address)
                onward = follow(fabric, fabric.places[leg.appliance.name], again.address)
                path = Path((*path.legs[:done], *onward.legs), onward.end)
        if inspection.translated:
            translated_by = leg.appliance
            flow = flow.coming_from(leg.appliance.own)
        elif _leaves_untranslated(fabric, flow, path):
            return [*judged, keeps_private(fabric, leg.appliance, flow.source)]
    return judged + _arrive_and_return(fabric, place, flow, target, path, translated_by)


def _dead_end(fabric: Fabric, place: Place, address: Address) -> list[Judged]:
    """A route that nothing could open, which is told before the filters: to open those would not help."""
    segment = fabric.segments.get(place.where)
    near = fabric.networks[segment.network].routes_near(address.within) if segment else ()
    shut = (route for route in near if route.closed)
    if segment is None or all(route.to.holds(address, fabric.public) is False for route in shut):
        return []  # as nearly always: to choose among thousands of routes twice would cost as much as the whole answer
    route = choose(fabric, segment, address).route
    return [refused(Layer.ROUTE, place.where, route.closed, route.rule)] if route and route.closed else []


def _leaves_untranslated(fabric: Fabric, flow: Flow, path: Path) -> bool:
    at_large = path.end is not None and path.end.kind is EndKind.INTERNET
    return at_large and not flow.source.within & fabric.public


def _arrive_and_return(
    fabric: Fabric, place: Place, flow: Flow, target: Target, path: Path, translated_by: Appliance | None
) -> list[Judged]:
    if path.end is None:
        return []
    if path.end.kind is EndKind.INTERNET and flow.protocol in path.end.carries:
        inwards = _inwards(fabric, place, path.end, flow, target)
        if inwards is not None:
            return inwards
    if path.end.kind is EndKind.BALANCER and (frontend := fabric.frontend_at(flow.destination)):
        picked = hand_on(fabric, frontend, flow)
        if picked.machine is None:
            return list(picked.judged)
        onward = Path(path.legs, End(EndKind.SEGMENT, picked.machine.where))
        flow, target = behind(frontend, flow, picked.machine), replace(target, place=picked.machine.name)
        return [*picked.judged, *_arrive_and_return(fabric, place, flow, target, onward, translated_by)]
    if path.end.kind is EndKind.APPLIANCE and flow.port != NAME_PORT:
        ways = list(_led_on(fabric, place, flow, target, path))
        if ways:
            return openest(ways)
    judged = list(arrive(fabric, path.end, flow, target.service, fabric.places.get(target.place)))
    if answer_of(judged) is not Answer.DENY:
        judged += way_back(fabric, place, flow, path, translated_by)
    return judged + _relayed(fabric, path.end, flow, target, judged)


def _relayed(fabric: Fabric, end: End, flow: Flow, target: Target, judged: list[Judged]) -> list[Judged]:
    """The steps after a flow has come to something that hands it on, as the steps before let it."""
    if answer_of(judged) is Answer.DENY:
        return []
    if end.kind is EndKind.SEGMENT:
        relay = fabric.places.get(target.place) or fabric.place_at(flow.destination)
        return handed_on(fabric, relay, flow, travel) if relay else []
    service = fabric.services.get(target.service)
    return carried_on(fabric, service, flow, travel) if service else []


def _inwards(fabric: Fabric, place: Place, end: End, flow: Flow, target: Target) -> list[Judged] | None:
    """The steps of a flow that left for the internet and comes in again, at a public address of the environment."""
    caller = Address(end.shows or fabric.public, place.name)
    outside = Place(place.name, PlaceKind.INTERNET, caller)
    if shown := fabric.place_shown_at(flow.destination):
        return _to_public_machine(fabric, outside, shown, replace(flow, source=caller, destination=shown.address))
    if frontend := _asked(fabric, flow.destination, target):
        return _to_public_frontend(fabric, outside, frontend, flow.coming_from(caller))
    return None


def _led_on(fabric: Fabric, place: Place, flow: Flow, target: Target, path: Path) -> Iterator[list[Judged]]:
    """The ways of a flow that has come to an appliance's private address, by each rule that may lead it on."""
    appliance = fabric.gate_at(flow.destination.single)
    for door in doors_at(fabric, appliance, flow, query, inside=True) if appliance else ():
        judged, inner = led_on(fabric, flow, door, query)
        if inner is None or answer_of(judged) is Answer.DENY:
            yield judged
        elif door.appliance in path.appliances:
            text = "leads it on a second time: the DNAT rules form a loop"
            yield [*judged, refused(Layer.FIREWALL, door.appliance.name, text, door.translation.rule)]
        else:
            onward = follow(fabric, fabric.places[door.appliance.name], inner.destination)
            legs = (*path.legs, Leg(judged[-1], door.appliance), *onward.legs)
            passed_on = replace(target, place="")
            done = len(path.legs) + 1
            rest = journey(fabric, place, inner, passed_on, Path(legs, onward.end), door.appliance, done)
            yield [*judged, *rest]


def _asked(fabric: Fabric, address: Address, target: Target) -> Frontend | None:
    """The frontend that a flow is for: the one at its address, or the one of which no address is stated."""
    named = next((one for one in fabric.frontends if one.name == target.frontend and one.within == address), None)
    return named or fabric.frontend_at(address)


def _leave(fabric: Fabric, place: Place, flow: Flow) -> list[Judged]:
    if place.kind is PlaceKind.SITE or fabric.gate_at(place.address.single):
        return []
    return judge_outbound(fabric, place.name, fabric.segments[place.where].outbound_levels(place.filter), flow)


def _pass(fabric: Fabric, leg: Leg, flow: Flow) -> tuple[list[Judged], Inspection | None]:
    """The steps of one leg, and what the appliance at its end decided, if one stands there."""
    judged = [leg.judged]
    sent_on = leg.entering is not None and not any(flow.source == one.own for one in fabric.appliances)
    if leg.entering and sent_on and not leg.entering.accepts_forwarded:
        judged.append(not_accepted(fabric, leg.judged.step.at, leg.entering, Layer.ROUTE))
    if leg.balanced and not flow.protocol.has_ports:
        judged.append(portless(fabric, leg.judged.step.at, flow))
    if leg.appliance is None:
        return judged, None
    inspection = inspect(fabric, leg.appliance, flow)
    return [*judged, *inspection.judged], inspection


def _from_internet(fabric: Fabric, place: Place, flow: Flow, target: Target) -> list[Judged]:
    """The way of a caller on the internet: to public addresses, and through those of firewalls to what is behind.

    Behind may stand a private endpoint: then a service is open to the internet whatever its own switch says.
    """
    behind = (replace(flow, destination=address) for address in _endpoints_of(fabric, target))
    gate = next((one for one in fabric.appliances if is_at(one, flow.destination)), None)
    at_gate = doors_at(fabric, gate, flow, query, inside=False) if gate else ()
    found = [(flow, door) for door in at_gate]
    found += [(goal, door) for goal in (flow, *behind) for door in doors_to(fabric, goal, query, inside=False)]
    ways = [_translated_way(fabric, place, goal, target, door) for goal, door in found]
    ways += _balanced_ways(fabric, place, flow, target)
    shown, frontend = fabric.place_shown_at(flow.destination), _asked(fabric, flow.destination, target)
    if frontend and not frontend.segment:
        own = _to_public_frontend(fabric, place, frontend, flow)
    elif shown:
        own = _to_public_machine(fabric, place, shown, replace(flow, destination=shown.address))
    else:
        own = _direct_from_internet(fabric, place, flow, target)
    return openest((*ways, own)) if own or ways else []


def _endpoints_of(fabric: Fabric, target: Target) -> Iterator[Address]:
    """The addresses of the private endpoints that lead to the service that is wanted."""
    for endpoint in fabric.endpoints if target.service in fabric.services else ():
        if leads_to(fabric, endpoint, target.service):
            yield from map(Address.exactly, endpoint.addresses)


_OPENNESS = (Answer.ALLOW, Answer.UNKNOWN, Answer.DENY)


def openest(ways: Iterable[list[Judged]]) -> list[Judged]:
    """The first of the ways that are the least refused."""
    return min(ways, key=lambda judged: _OPENNESS.index(answer_of(judged)))


def _balanced_ways(fabric: Fabric, place: Place, flow: Flow, target: Target) -> Iterator[list[Judged]]:
    """The ways in through public frontends that may choose the machine which is asked for."""
    machine = fabric.places.get(target.place) or fabric.place_at(flow.destination)
    if machine is None or machine.kind is not PlaceKind.SEGMENT:
        return
    for frontend, port in ways_to(fabric, machine, flow):
        text = f"comes in by port {port} of {frontend.name}, which may hand it on to {machine.name}"
        inner = behind(frontend, replace(flow, port=port), machine)
        onward = _behind_public(fabric, place, machine, inner, frontend)
        yield [passed(Layer.ROUTE, place.name, text, frontend.rule), *onward]


def _to_public_frontend(fabric: Fabric, place: Place, frontend: Frontend, flow: Flow) -> list[Judged]:
    entered = passed(Layer.ROUTE, place.name, f"comes in by the public address of {frontend.name}", frontend.rule)
    picked = hand_on(fabric, frontend, flow)
    judged = [entered, *picked.judged]
    if picked.machine is None:
        return judged
    inner = behind(frontend, flow, picked.machine)
    return judged + _behind_public(fabric, place, picked.machine, inner, frontend)


def _translated_way(fabric: Fabric, place: Place, flow: Flow, target: Target, door: Door) -> list[Judged]:
    """The way in through an appliance's public address, which a rule of the appliance leads on to a machine."""
    judged, inner = enter(fabric, place, flow, door, query)
    if inner is None or answer_of(judged) is Answer.DENY:
        return judged
    path = follow(fabric, fabric.places[door.appliance.name], inner.destination)
    onward = journey(fabric, place, inner, replace(target, place=""), path, door.appliance)
    return judged + onward


def _direct_from_internet(fabric: Fabric, place: Place, flow: Flow, target: Target) -> list[Judged]:
    if flow.destination.within <= fabric.public:
        gate = next((one for one in fabric.appliances if flow.destination.within <= one.public_addresses), None)
        if gate and flow.destination.within:
            return closed_gate(fabric, place, gate, flow)
        step = passed(Layer.ROUTE, place.name, f"{target.text} has a public address")
        end = End(EndKind.INTERNET, acts_as=place.acts_as)
        judged = [step, *arrive(fabric, end, flow, target.service, None)]
        return judged + _relayed(fabric, end, flow, target, judged)
    gate = fabric.gate_at(flow.destination.single)
    if gate is not None:
        return closed_gate(fabric, place, gate, flow)
    owner = fabric.places.get(target.place)
    if owner is None or not owner.public_address:
        return [_not_shown(place, target, owner)]
    if owner.kind is not PlaceKind.SEGMENT:
        text = f"comes to the public address of {owner.name} on a site, and what lets it in there is not stated"
        return [unsure(Layer.ROUTE, place.name, text, owner.public_rule)]
    return _to_public_machine(fabric, place, owner, flow)


def _not_shown(place: Place, target: Target, owner: Place | None) -> Judged:
    """What becomes of a caller where nothing says that the target has a public address."""
    if owner is not None and owner.front:
        return unsure(Layer.ROUTE, place.name, owner.front, owner.rule)
    rule = owner.public_rule if owner else None
    return refused(Layer.ROUTE, place.name, f"{target.text} has no public address", rule)


def _to_public_machine(fabric: Fabric, place: Place, owner: Place, flow: Flow) -> list[Judged]:
    step = passed(Layer.ROUTE, place.name, f"comes in by the public address of {owner.name}", owner.public_rule)
    return [step, *_behind_public(fabric, place, owner, flow)]


def _behind_public(
    fabric: Fabric, place: Place, owner: Place, flow: Flow, frontend: Frontend | None = None
) -> list[Judged]:
    """The steps at a machine that got a caller of a public address: its own, or that of a frontend."""
    judged: list[Judged] = []
    if fabric.segments[owner.where].filter is None and owner.filter is None:
        judged.append(_unfiltered(fabric, owner, flow, frontend))
        if answer_of(judged) is Answer.DENY:
            return judged
    end = End(EndKind.SEGMENT, owner.where)
    judged += arrive(fabric, end, flow, "", owner)
    if answer_of(judged) is not Answer.DENY:
        judged += way_back(fabric, place, flow, Path((), end), None)
    if answer_of(judged) is not Answer.DENY:
        judged += handed_on(fabric, owner, flow, travel)
    return judged


def _unfiltered(fabric: Fabric, owner: Place, flow: Flow, frontend: Frontend | None) -> Judged:
    """What a public address does to callers where no network security group stands: it depends on its kind."""
    if (frontend or owner).open_outside:
        what = frontend.balancer if frontend else "its public address"
        rule = fabric.behaviours["balancer-basic"] if frontend else fabric.behaviours["public-ip-basic"]
        return passed(
            Layer.FILTER, owner.name, f"no filter stands here, and {what} is of the kind that is open then", rule
        )
    what = f"what comes by {frontend.balancer}" if frontend else "a public address"
    closed = fabric.behaviours["balancer-basic"] if frontend else fabric.behaviours["public-ip-secure"]
    guard = fabric.segments[owner.where].guard
    decided, doubtful = first_match(guard.inbound, flow, fabric) if guard else (None, ())
    ending = next((rule for rule in (*doubtful, decided) if rule and rule.ends), None)
    if ending is not None:
        text = f"no filter stands here but {called(ending.rule)}, and whether that opens {what} is not documented"
        return unsure(Layer.FILTER, owner.name, text, sourced(ending.rule, closed))
    return refused(
        Layer.FILTER, owner.name, f"no filter stands here, and {what} stays closed until one opens it", closed
    )
