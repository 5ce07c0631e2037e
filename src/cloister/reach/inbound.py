"""Ways in through an address of an appliance, which a rule leads on to a machine: its public ones, and its private one.

From the internet a caller comes to the public addresses, from inside to the private one. A rule that names none of the
appliance's addresses is about the public ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cloister.fabric.addresses import Address
from cloister.fabric.appliances import Appliance, Translation
from cloister.fabric.fabric import Fabric, Place
from cloister.fabric.flows import Flow
from cloister.fabric.sets import AddressSet, PortSet
from cloister.reach.filters import doubt
from cloister.reach.judged import Judged, answer_of, called, noted, passed, refused, sourced, unsure
from cloister.reach.resolving import Query, own_lookup
from cloister.verdict import Answer, Layer


@dataclass(frozen=True, slots=True)
class Door:
    """A rule that leads on what comes to a port of an appliance's address, the private one where it is `inside`."""

    appliance: Appliance
    translation: Translation
    port: int
    inside: bool


def doors_at(fabric: Fabric, appliance: Appliance, flow: Flow, query: Query, *, inside: bool) -> Iterator[Door]:
    """The rules that a flow to the appliance itself may meet: the first that is surely about it is the last."""
    for translation in appliance.translations:
        door = Door(appliance, translation, flow.port, inside)
        matches = _matches(fabric, door, flow)
        if matches is not False:
            yield door
        if matches and not translation.doubt and _finds(fabric, door, query):
            return


def _finds(fabric: Fabric, door: Door, query: Query) -> bool:
    """Whether the appliance surely finds where the rule leads to; a rule on a name that it does not find is passed."""
    to_host = door.translation.to_host
    return not to_host or answer_of(own_lookup(fabric, door.appliance, to_host, query).judged) is Answer.ALLOW


def doors_to(fabric: Fabric, flow: Flow, query: Query, *, inside: bool) -> Iterator[Door]:
    """The rules that lead to a flow's destination and port, each with a port of its own by which it is taken."""
    for appliance in fabric.appliances if flow.destination.single else ():
        for index, translation in enumerate(appliance.translations):
            port = _free_port(appliance.translations[:index], translation, flow)
            if port is None:
                continue
            door = Door(appliance, translation, port, inside)
            if _matches(fabric, door, flow) is not False and _leads_to(fabric, door, flow, query, ()):
                yield door


def is_at(appliance: Appliance, address: Address) -> bool:
    """Whether an address is one of the appliance's own."""
    single = address.single
    return single is not None and (single == appliance.address or single in appliance.public_addresses)


def _leads_to(fabric: Fabric, door: Door, flow: Flow, query: Query, before: tuple[Translation, ...]) -> bool:
    """Whether a rule may lead to a flow's destination, at once or through the private address of another appliance."""
    rule = door.translation
    for to in _leads(fabric, door, query):
        if to is None or (to.single is not None and to.single == flow.destination.single):
            if rule.to_port == flow.port:
                return True
            continue
        further = fabric.gate_at(to.single)
        if further is None or rule in before:
            continue
        arriving = replace(flow, source=door.appliance.own, port=rule.to_port)
        onward = doors_at(fabric, further, arriving, query, inside=True)
        if any(_leads_to(fabric, one, flow, query, (*before, rule)) for one in onward):
            return True
    return False


def _leads(fabric: Fabric, door: Door, query: Query) -> Iterator[Address | None]:
    """Where a rule leads to; None where that is not known."""
    rule = door.translation
    if rule.to is not None:
        yield Address.exactly(rule.to)
        return
    for reading in own_lookup(fabric, door.appliance, rule.to_host, query).readings():
        if answer_of(reading.judged) is not Answer.DENY:
            yield reading.address


def _matches(fabric: Fabric, door: Door, flow: Flow) -> bool | None:
    """Whether the rule is about a flow to the address of its appliance on this side."""
    own, translation = door.appliance, door.translation
    if door.inside:
        if own.address not in translation.addresses:
            return False
        asked = Address.exactly(own.address)
    else:
        if translation.addresses and translation.addresses.isdisjoint(fabric.public):
            return False  # a private address, to which nobody on the internet can come
        at_gate = flow.destination.single in own.public_addresses if flow.destination.single else False
        asked = flow.destination if at_gate else Address(own.public_addresses, own.name)
    return translation.matches(replace(flow, destination=asked, port=door.port), fabric.public)


def _free_port(earlier: tuple[Translation, ...], translation: Translation, flow: Flow) -> int | None:
    """The lowest port of the rule that no earlier rule of the same protocol takes away from it."""
    taken = PortSet.union(one.ports for one in earlier if flow.protocol in one.protocols and _covers(one, translation))
    left = translation.ports - taken
    return left.spans[0][0] if left else None


def _covers(one: Translation, other: Translation) -> bool:
    wide = not one.addresses or (bool(other.addresses) and other.addresses <= one.addresses)
    return wide and (one.sources == other.sources or any(match.text == "*" for match in one.sources))


def enter(fabric: Fabric, place: Place, flow: Flow, door: Door, query: Query) -> tuple[list[Judged], Flow | None]:
    """The steps of a caller from the internet up to and through the appliance, and the flow behind it, if any."""
    appliance = door.appliance
    text = f"comes in by port {door.port} of the public address of {appliance.name}"
    judged = [passed(Layer.ROUTE, place.name, text, appliance.rule)]
    if appliance.threats == "deny":
        text = "the caller is taken not to be on its threat list, which is read before any rule"
        judged.append(noted(Layer.FIREWALL, appliance.name, text, appliance.rule))
    steps, inner = led_on(fabric, flow, door, query)
    return judged + steps, inner


def led_on(fabric: Fabric, flow: Flow, door: Door, query: Query) -> tuple[list[Judged], Flow | None]:
    """What a rule does to a flow that has come to its appliance; no flow where it leads nowhere."""
    translation = door.translation
    judged: list[Judged] = []
    inside = Address.exactly(translation.to) if translation.to else None
    if inside is None:
        lookup = own_lookup(fabric, door.appliance, translation.to_host, query)
        judged += lookup.judged
        inside = lookup.address
        if inside is None:
            return judged, None
    judged.append(_translated(fabric, flow, door, inside))
    return judged, replace(flow, source=door.appliance.own, destination=inside, port=translation.to_port)


def _translated(fabric: Fabric, flow: Flow, door: Door, inside: Address) -> Judged:
    rule, at = door.translation.rule, door.appliance.name
    text = f"leads on to {inside}:{door.translation.to_port} and lets it through, without reading other rules"
    if door.translation.doubt:
        return unsure(Layer.FIREWALL, at, f"{door.translation.doubt}: {called(rule)}", rule)
    if _matches(fabric, door, flow) is None:
        told = f"{doubt(door.translation, flow, fabric.public)}, so rule {called(rule)} may or may not be about it"
        return unsure(Layer.FIREWALL, at, told, rule)
    behaviour = fabric.behaviours["firewall-nat-private"] if door.inside else fabric.behaviours["firewall-nat"]
    return passed(Layer.FIREWALL, at, text, sourced(rule, behaviour))


def leading_on(fabric: Fabric, query: Query, *, inside: bool) -> AddressSet | None:
    """All addresses to which rules lead callers of one side; None where a rule may lead to any."""
    found: list[AddressSet] = []
    for appliance in fabric.appliances:
        for translation in appliance.translations:
            if inside and appliance.address not in translation.addresses:
                continue
            for to in _leads(fabric, Door(appliance, translation, 0, inside), query):
                if to is None:
                    return None
                found.append(to.within)
    return AddressSet.union(found)


def closed_gate(fabric: Fabric, place: Place, appliance: Appliance, flow: Flow) -> list[Judged]:
    """The refusal at an appliance's own public address where no rule leads on from it."""
    entered = passed(Layer.ROUTE, place.name, f"comes to the public address of {appliance.name}", appliance.rule)
    text = f"no DNAT rule leads on from {flow.traffic}, and it answers nothing there itself"
    rule = sourced(appliance.rule, fabric.behaviours["firewall-nat"])
    return [entered, refused(Layer.FIREWALL, appliance.name, text, rule)]
