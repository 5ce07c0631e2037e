"""To which machine a balancer hands on what comes to one of its frontends, or what routes lead there.

One of them is taken here; `pools` asks for every other one. A machine that no health probe reaches gets nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from cloister.fabric.addresses import Address
from cloister.fabric.balancers import Balanced, Frontend
from cloister.fabric.fabric import Fabric, Place, PlaceKind
from cloister.fabric.flows import Flow
from cloister.reach.filters import judge_inbound
from cloister.reach.judged import Judged, answer_of, passed, refused, sourced, unsure
from cloister.verdict import Answer, Layer


@dataclass(frozen=True, slots=True)
class Picked:
    """The steps at a frontend, and the machine that gets the packet, if any does."""

    judged: tuple[Judged, ...]
    backend: Place | None = None

    @property
    def machine(self) -> Place | None:
        """The machine that gets it, where that is known to stand somewhere and nothing has refused yet."""
        known = self.backend is not None and self.backend.kind is PlaceKind.SEGMENT
        return self.backend if known and answer_of(self.judged) is not Answer.DENY else None


def in_rotation(fabric: Fabric, rule: Balanced) -> tuple[str, ...]:
    """The backends of a rule that the probe may reach."""
    return tuple(name for name in rule.backends if not any(one.refuses for one in _probed(fabric, rule, name)))


def probes_reach_all(fabric: Fabric, rule: Balanced) -> bool:
    """Whether the probe surely reaches every backend of a rule, or none is stated."""
    return not any(_probed(fabric, rule, name) for name in rule.backends)


def _probed(fabric: Fabric, rule: Balanced, name: str) -> tuple[Judged, ...]:
    """What the filters of a backend say to the health probe, where they do more than let it in."""
    backend = fabric.places[name]
    if not rule.probe_port or backend.kind is not PlaceKind.SEGMENT:
        return ()
    levels = fabric.segments[backend.where].inbound_levels(backend.filter)
    probe = Flow(Address.exactly(fabric.platform.resolver), backend.address, rule.probe_port)
    judged = judge_inbound(fabric, name, levels, probe)
    return () if answer_of(judged) is Answer.ALLOW else tuple(_of_probe(fabric, rule, one) for one in judged)


def _of_probe(fabric: Fabric, rule: Balanced, judged: Judged) -> Judged:
    step = judged.step
    text = f"the health probe on port {rule.probe_port} decides whether it gets anything: {step.text}"
    by = sourced(step.rule, fabric.behaviours["balancer-probes"]) if step.rule else None
    say = refused if judged.refuses else unsure
    return say(step.layer, step.at, text, by, judged.mend)


def _pick(fabric: Fabric, frontend: Frontend, rule: Balanced) -> Picked:
    """The first machine behind a rule that gets anything."""
    if not rule.backends:
        mend = f"name machines behind {frontend.balancer}"
        return Picked((refused(Layer.ROUTE, frontend.name, "no machine stands behind its rule", rule.rule, mend),))
    serving = in_rotation(fabric, rule)
    probed = _probed(fabric, rule, serving[0] if serving else rule.backends[0])
    return Picked(probed, fabric.places[serving[0]] if serving else None)


def hand_on(fabric: Fabric, frontend: Frontend, flow: Flow) -> Picked:
    """Which machine gets a connection to the frontend."""
    if not flow.protocol.has_ports:
        return Picked((portless(fabric, frontend.name, flow),))
    rule = frontend.about(flow.protocol, flow.port)
    if rule is None:
        text, mend = f"no rule takes {flow.traffic}", f"add a rule for {flow.traffic} to {frontend.name}"
        return Picked((refused(Layer.ROUTE, frontend.name, text, frontend.rule, mend),))
    picked = _pick(fabric, frontend, rule)
    if picked.backend is None:
        return picked
    return Picked((*_told(fabric, frontend, rule, flow, picked.backend), *picked.judged), picked.backend)


def _told(fabric: Fabric, frontend: Frontend, rule: Balanced, flow: Flow, backend: Place) -> Iterator[Judged]:
    port = rule.port_behind(flow.port)
    text = f"sends it on to {backend.name} ({backend.address}:{port}), and the sender's address stays"
    yield passed(Layer.ROUTE, frontend.name, text, rule.rule)
    if backend.kind is not PlaceKind.SEGMENT:
        yield unsure(Layer.ROUTE, backend.name, backend.gap, backend.rule)
    elif flow.source.single and flow.source.single == backend.address.single and not rule.keeps_address:
        text = "the connection comes back to its own sender, which does not know it again"
        yield refused(Layer.ROUTE, backend.name, text, fabric.behaviours["balancer-hairpin"])


def portless(fabric: Fabric, frontend: str, flow: Flow) -> Judged:
    """The doubt about protocols that no rule of a balancer can take."""
    text = f"rules of a load balancer take TCP and UDP only, and whether anything answers {flow.traffic} is not known"
    return unsure(Layer.ROUTE, frontend, text, fabric.behaviours["balancer-protocols"])


def behind(frontend: Frontend, flow: Flow, backend: Place) -> Flow:
    """The flow as the machine gets it: with its own address, or with one of the two where the address may stay."""
    rule = frontend.about(flow.protocol, flow.port)
    port = rule.port_behind(flow.port) if rule else flow.port
    to = backend.address
    if rule and rule.keeps_address:
        to = Address(to.within | frontend.within.within, f"{backend.name} or {frontend.name}")
    return Flow(flow.source, to, port, flow.protocol, flow.host)


def forward_on(fabric: Fabric, frontend: Frontend, layer: Layer) -> Picked:
    """Which machine gets what is meant for others and was routed to the frontend."""
    rule = frontend.forwarding
    if rule is None:
        text = "has no rule for HA ports, and whether it sends on what is meant for others is not documented"
        mend = f"add a rule with protocol All to {frontend.name}"
        doubt = fabric.behaviours["balancer-next-hop"]
        return Picked((unsure(layer, frontend.name, text, sourced(frontend.rule, doubt), mend),))
    picked = _pick(fabric, frontend, rule)
    if picked.backend is None:
        return picked
    backend = picked.backend
    judged = [*picked.judged]
    judged.append(passed(layer, frontend.name, f"sends it on to {backend.name} ({backend.address})", rule.rule))
    if backend.kind is not PlaceKind.SEGMENT:
        judged.append(unsure(layer, backend.name, backend.gap, backend.rule))
    return Picked(tuple(judged), backend)


def ways_to(fabric: Fabric, machine: Place, flow: Flow) -> Iterator[tuple[Frontend, int]]:
    """The public frontends that may hand a connection on to a machine, each with a port of its own that leads there."""
    for frontend in fabric.frontends:
        for rule in frontend.rules if not frontend.segment else ():
            if flow.protocol not in rule.protocols or machine.name not in in_rotation(fabric, rule):
                continue
            if (rule.to_port or rule.ports.spans[0][0]) == flow.port:
                yield frontend, rule.ports.spans[0][0]
