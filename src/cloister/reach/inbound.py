"""Ways in from the internet through the public address of an appliance, which leads them on to a machine."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cloister.fabric.addresses import Address
from cloister.fabric.appliances import Appliance, Translation
from cloister.fabric.fabric import Fabric, Place
from cloister.fabric.flows import Flow
from cloister.fabric.sets import AddressSet, PortSet
from cloister.reach.filters import doubt
from cloister.reach.judged import Judged, called, noted, passed, refused, sourced, unsure
from cloister.reach.resolving import Query, own_lookup
from cloister.verdict import Layer


@dataclass(frozen=True, slots=True)
class Door:
    """A rule that leads on what comes to a port of an appliance's public address."""

    appliance: Appliance
    translation: Translation
    port: int


def doors(fabric: Fabric, flow: Flow) -> Iterator[Door]:
    """The rules by which a flow from the internet may come in.

    A flow to an appliance takes the first rule that is about it; one to a machine each that leads to the machine, or to
    a name that may be the machine's.
    """
    for appliance in fabric.appliances:
        if _is_at(appliance, flow.destination):
            yield from _first_of(fabric, appliance, flow)
            continue
        for index, translation in enumerate(appliance.translations):
            leads = translation.to == flow.destination.single if translation.to else flow.destination.single is not None
            port = _free_port(appliance.translations[:index], translation, flow)
            if leads and translation.to_port == flow.port and port is not None:
                door = Door(appliance, translation, port)
                if _matches(fabric, door, flow) is not False:
                    yield door


def elsewhere(door: Door, flow: Flow, inner: Flow | None) -> bool:
    """Whether a rule that leads to a name leads to something else than what is wanted."""
    if _is_at(door.appliance, flow.destination):
        return False
    return inner is not None and inner.destination.within != flow.destination.within


def _matches(fabric: Fabric, door: Door, flow: Flow) -> bool | None:
    """Whether the rule is about a flow to whichever public address its appliance has."""
    own, translation = door.appliance, door.translation
    if translation.addresses == AddressSet.of(own.address):
        return False  # its private address, to which nobody on the internet can come
    single = flow.destination.single
    asked = flow.destination if single in own.public_addresses else Address(own.public_addresses, own.name)
    return translation.matches(replace(flow, destination=asked, port=door.port), fabric.public)


def _is_at(appliance: Appliance, address: Address) -> bool:
    single = address.single
    return single is not None and (single == appliance.address or single in appliance.public_addresses)


def _first_of(fabric: Fabric, appliance: Appliance, flow: Flow) -> Iterator[Door]:
    for translation in appliance.translations:
        door = Door(appliance, translation, flow.port)
        matches = _matches(fabric, door, flow)
        if matches is not False:
            yield door
        if matches and not translation.doubt:
            return


def _free_port(earlier: tuple[Translation, ...], translation: Translation, flow: Flow) -> int | None:
    """The lowest port of the rule that no earlier rule of the same protocol takes away from it."""
    taken = PortSet.union(one.ports for one in earlier if flow.protocol in one.protocols and _covers(one, translation))
    left = translation.ports - taken
    return left.spans[0][0] if left else None


def _covers(one: Translation, other: Translation) -> bool:
    wide = not one.addresses or (bool(other.addresses) and other.addresses <= one.addresses)
    return wide and (one.sources == other.sources or any(match.text == "*" for match in one.sources))


def enter(fabric: Fabric, place: Place, flow: Flow, door: Door, query: Query) -> tuple[list[Judged], Flow | None]:
    """The steps up to and through the appliance, and the flow behind it; nothing where it leads nowhere."""
    appliance, translation = door.appliance, door.translation
    judged = [_entered(place, door)]
    if appliance.threats == "deny":
        text = "the caller is taken not to be on its threat list, which is read before any rule"
        judged.append(noted(Layer.FIREWALL, appliance.name, text, appliance.rule))
    inside = Address.exactly(translation.to) if translation.to else None
    if inside is None:
        lookup = own_lookup(fabric, appliance, translation.to_host, query)
        judged += lookup.judged
        inside = lookup.address
        if inside is None:
            return judged, None
    judged.append(_translated(fabric, flow, door, inside))
    return judged, replace(flow, source=appliance.own, destination=inside, port=translation.to_port)


def _entered(place: Place, door: Door) -> Judged:
    text = f"comes in by port {door.port} of the public address of {door.appliance.name}"
    return passed(Layer.ROUTE, place.name, text, door.appliance.rule)


def _translated(fabric: Fabric, flow: Flow, door: Door, inside: Address) -> Judged:
    rule, at = door.translation.rule, door.appliance.name
    text = f"leads on to {inside}:{door.translation.to_port} and lets it through, without reading other rules"
    if door.translation.doubt:
        return unsure(Layer.FIREWALL, at, f"{door.translation.doubt}: {called(rule)}", rule)
    if _matches(fabric, door, flow) is None:
        told = f"{doubt(door.translation, flow, fabric.public)}, so rule {called(rule)} may or may not be about it"
        return unsure(Layer.FIREWALL, at, told, rule)
    return passed(Layer.FIREWALL, at, text, sourced(rule, fabric.behaviours["firewall-nat"]))


def closed_gate(fabric: Fabric, place: Place, appliance: Appliance, flow: Flow) -> list[Judged]:
    """The refusal at an appliance's own public address where no rule leads on from it."""
    entered = passed(Layer.ROUTE, place.name, f"comes to the public address of {appliance.name}", appliance.rule)
    text = f"no DNAT rule leads on from {flow.traffic}, and it answers nothing there itself"
    rule = sourced(appliance.rule, fabric.behaviours["firewall-nat"])
    return [entered, refused(Layer.FIREWALL, appliance.name, text, rule)]
