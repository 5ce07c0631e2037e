"""What becomes of a flow at something that hands it on: a listener of a place, or a service with a link of its own.

The second connection is asked for like any other, from the place that begins it; where there are several ends it may
go to, the answer holds where it is the same for all of them.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from cloister.fabric.addresses import Address
from cloister.fabric.fabric import Fabric, Place, PlaceKind
from cloister.fabric.flows import Flow
from cloister.fabric.listeners import Listener, Onward
from cloister.fabric.services import Service
from cloister.reach.arrival import arrive
from cloister.reach.filters import judge_inbound
from cloister.reach.judged import Judged, answer_of, noted, passed, refused, unsure
from cloister.reach.legs import End, EndKind
from cloister.reach.target import Target
from cloister.verdict import Answer, Layer, Outcome

Go = Callable[[Fabric, Place, Target, Address], list[Judged]]
"""The steps of a connection from a place to an address, there and back."""


def handed_on(fabric: Fabric, relay: Place, flow: Flow, go: Go) -> list[Judged]:
    """The steps after a flow has come to a place with listeners; none where it has no listeners."""
    if not relay.listeners:
        return []
    if not flow.protocol.has_ports:
        return [refused(Layer.ENDPOINT, relay.name, f"no listener takes {flow.traffic}", relay.rule)]
    fitting = (one for one in relay.listeners if flow.protocol in one.protocols and flow.port in one.ports)
    listener = next(fitting, None)
    if listener is None:
        text, mend = f"no listener takes {flow.traffic}", f"add a listener for {flow.traffic} to {relay.name}"
        return [refused(Layer.ENDPOINT, relay.name, text, relay.rule, mend)]
    return _by_listener(fabric, relay, listener, flow, go)


def _by_listener(fabric: Fabric, relay: Place, listener: Listener, flow: Flow, go: Go) -> list[Judged]:
    if listener.gap:
        return [unsure(Layer.ENDPOINT, relay.name, listener.gap, listener.rule)]
    if not listener.backends:
        text, mend = "nothing stands behind its listener", f"register targets behind {listener.rule.name}"
        return [refused(Layer.ENDPOINT, relay.name, text, listener.rule, mend)]
    return _the_same_for_all(
        relay.name, (_to_backend(fabric, relay, listener, fabric.places[name], flow, go) for name in listener.backends)
    )


def _to_backend(fabric: Fabric, relay: Place, listener: Listener, backend: Place, flow: Flow, go: Go) -> list[Judged]:
    port = listener.to_port or flow.port
    text = f"its listener hands the connection on to {backend.name} ({backend.address}:{port})"
    told = passed(Layer.ENDPOINT, relay.name, text, listener.rule)
    if backend.kind is PlaceKind.UNKNOWN:
        return [told, unsure(Layer.ENDPOINT, backend.name, backend.gap, backend.rule)]
    target = Target(f"{backend.name}:{port}", port, flow.protocol, place=backend.name)
    if listener.keeps_source:
        return [told, *_keeping_source(fabric, relay, backend, replace(flow, port=port))]
    return [told, *_checked(fabric, relay, listener, backend, go), *go(fabric, relay, target, backend.address)]


def _checked(fabric: Fabric, relay: Place, listener: Listener, backend: Place, go: Go) -> Iterator[Judged]:
    """The doubt where health checks do not come through: a backend that answers none may get nothing."""
    port = listener.check_port
    if not port or port == listener.to_port:
        return
    target = Target(f"{backend.name}:{port}", port, place=backend.name)
    failed = next((one for one in go(fabric, relay, target, backend.address) if one.refuses), None)
    if failed is not None:
        text = f"health checks of {relay.name} on port {port} do not come through: {failed.step.text}"
        yield unsure(Layer.ENDPOINT, backend.name, text, failed.step.rule, failed.mend)


def _keeping_source(fabric: Fabric, relay: Place, backend: Place, flow: Flow) -> list[Judged]:
    """What a backend says to a flow that comes under the caller's address, or, by its groups, under the relay's.

    Replies go back through what handed it on, so that no route is needed for them.
    """
    end = End(EndKind.SEGMENT, backend.where)
    ways = [
        list(arrive(fabric, end, replace(flow, source=source, destination=backend.address), "", backend))
        for source in (flow.source, relay.address)
    ]
    if answer_of(ways[0]) is answer_of(ways[1]):
        return ways[0]
    text = f"lets in one of {flow.source} and {relay.address}, and which of them counts here is not settled"
    return [unsure(Layer.FILTER, backend.name, text, fabric.behaviours["kept-source"])]


def carried_on(fabric: Fabric, service: Service, flow: Flow, go: Go) -> list[Judged]:
    """The steps after a service has let a flow in that it hands on by links of its own: every link has to hold."""
    return [step for onward in service.onward for step in _by_link(fabric, service, onward, flow, go)]


def _by_link(fabric: Fabric, service: Service, onward: Onward, flow: Flow, go: Go) -> list[Judged]:
    if onward.gap:
        return [unsure(Layer.ENDPOINT, service.name, onward.gap, onward.rule, onward.mend)]
    return _the_same_for_all(
        service.name, (_to_relay(fabric, service, onward, fabric.places[name], flow, go) for name in onward.to)
    )


def _to_relay(fabric: Fabric, service: Service, onward: Onward, relay: Place, flow: Flow, go: Go) -> list[Judged]:
    if relay.kind is PlaceKind.UNKNOWN:
        return [unsure(Layer.ENDPOINT, relay.name, relay.gap, relay.rule)]
    text = f"hands it on by {onward.rule.name} to {relay.name}, port {onward.port}"
    judged = [passed(Layer.ENDPOINT, service.name, text, onward.rule)]
    inner = Flow(Address(fabric.public, f"{service.name} over its link"), relay.address, onward.port, flow.protocol)
    if onward.bound and relay.filter:
        judged += (_of_link(one, onward) for one in judge_inbound(fabric, relay.name, (relay.filter,), inner))
    if answer_of(judged) is Answer.DENY:
        return judged
    return judged + handed_on(fabric, relay, inner, go)


def _of_link(judged: Judged, onward: Onward) -> Judged:
    """What a filter says to a caller of whom no address is known: only a rule for everyone is sure to be about it."""
    if judged.step.outcome is Outcome.PASS:
        return judged
    text = f"{judged.step.text}: it binds what comes over links, and from which address that comes nobody says"
    return unsure(Layer.FILTER, judged.step.at, text, judged.step.rule, onward.mend)


def _the_same_for_all(at: str, ways: Iterable[list[Judged]]) -> list[Judged]:
    """The first way where all end alike; else the doubt which of them is taken."""
    first, *others = ways
    differing = next((way for way in others if answer_of(way) is not answer_of(first)), None)
    if differing is not None:
        return _doubtful_which(at, first, differing)
    if others:
        return [*first, noted(Layer.ENDPOINT, at, f"it comes to the same for each of its {len(others) + 1} ends")]
    return first


def _doubtful_which(at: str, first: list[Judged], second: list[Judged]) -> list[Judged]:
    """The doubt where two ends differ, told on the way of the one at which it stops sooner."""
    stops = [one for way in (first, second) for one in way if one.step.outcome in (Outcome.REFUSE, Outcome.UNKNOWN)]
    text = f"it may go to an end at which it does not come through: {stops[0].step.at}: {stops[0].step.text}"
    told = [noted(one.step.layer, one.step.at, one.step.text, one.step.rule) for one in first]
    return [*told, unsure(Layer.ENDPOINT, at, text, stops[0].step.rule, stops[0].mend)]
