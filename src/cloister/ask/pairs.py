"""All pairs of an environment: which ports each place reaches at each target, and which are undecided.

Places, private endpoints, the internet and published address groups are answered all at once by the matrix. Services
are looked up by name from each place and answered one by one, on the port of each of their doors.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from ipaddress import AddressValueError, IPv4Address

import cloister.reach.matrix.engine as matrix_engine
from cloister.ask.asking import AnyEnvironment
from cloister.ask.naming import find_doors, find_place
from cloister.errors import Fault, SpecError
from cloister.fabric.addresses import Address
from cloister.fabric.fabric import Fabric, Place
from cloister.fabric.flows import Protocol
from cloister.fabric.services import Door
from cloister.fabric.sets import PortSet
from cloister.reach.matrix.atoms import EVERY_PORT, Plane
from cloister.reach.matrix.ends import Destination, destinations
from cloister.reach.way import Target, reach
from cloister.verdict import Answer

Ports = tuple[tuple[Protocol, PortSet], ...]
"""Ports by protocol, in the order of protocols, without protocols that have none."""
Progress = Callable[[int, int], None]
"""Told how many places are done, and how many there are."""
WITH_PORTS = matrix_engine.WITH_PORTS


class Kind(StrEnum):
    """What a target is."""

    SERVICE = "service"
    PLACE = "place"
    ENDPOINT = "private endpoint"
    FRONTEND = "load balancer"
    GROUP = "address group"
    ADDRESS = "address"
    HOST = "host"


@dataclass(frozen=True, slots=True)
class Pair:
    """A place and a target: the ports that are surely open, those that are undecided, and those that are closed."""

    place: str
    target: str
    kind: Kind
    allowed: Ports
    undecided: Ports
    refused: Ports

    def ports(self, answer: Answer) -> Ports:
        """The ports that have that answer."""
        return {Answer.ALLOW: self.allowed, Answer.UNKNOWN: self.undecided, Answer.DENY: self.refused}[answer]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked at: places and a target by the words of a question (empty: all of them), ports and protocols."""

    place: str = ""
    target: str = ""
    ports: PortSet = EVERY_PORT
    protocols: tuple[Protocol, ...] = WITH_PORTS


def all_pairs(environment: AnyEnvironment, wanted: Wanted, progress: Progress = lambda *_: None) -> tuple[Pair, ...]:
    """The pairs, by place and then by target: services first. Raises SpecError where a word means nothing."""
    fabric = environment.fabric
    places = _places(environment, wanted)
    doors, goals = _targets(environment, wanted)
    by_address = _by_address(fabric, places, goals, wanted, lambda done: progress(done, len(places)))
    return tuple(
        pair
        for place in places
        for pair in (
            *_by_name(fabric, place, doors, wanted),
            *(by_address[place.name, goal.name] for goal in goals),
        )
    )


def _places(environment: AnyEnvironment, wanted: Wanted) -> tuple[Place, ...]:
    if wanted.place:
        return (find_place(environment.inventory, environment.fabric, wanted.place),)
    return tuple(environment.fabric.places.values())


def _targets(environment: AnyEnvironment, wanted: Wanted) -> tuple[tuple[Door, ...], tuple[Destination, ...]]:
    fabric, word = environment.fabric, wanted.target
    all_doors = tuple(door for service in fabric.services.values() for door in service.doors)
    known = _apart({door.name for door in all_doors}, destinations(fabric))
    if not word:
        return all_doors, known
    doors = find_doors(fabric, word)
    named = tuple(goal for goal in known if word.lower() in (goal.name.lower(), goal.place.lower()))
    if named or doors:
        return doors, named
    try:
        return (), (Destination(word, Address.exactly(IPv4Address(word))),)
    except AddressValueError:
        place = _place_that_is_no_group(environment, word)
        return (), tuple(goal for goal in known if goal.place == place)


def _apart(doors: set[str], goals: Sequence[Destination]) -> tuple[Destination, ...]:
    """The destinations, those under their address whose name means a door: a compute is named like its door."""
    return tuple(
        replace(goal, name=str(goal.address.single)) if goal.name in doors and goal.address.single else goal
        for goal in goals
    )


def _place_that_is_no_group(environment: AnyEnvironment, word: str) -> str:
    try:
        return find_place(environment.inventory, environment.fabric, word).name
    except SpecError as error:
        faults = [Fault(f'target "{word}"', fault.reason, fault.mend, fault.origin) for fault in error.faults]
        raise SpecError(faults) from None


def _by_address(
    fabric: Fabric,
    places: Sequence[Place],
    goals: Sequence[Destination],
    wanted: Wanted,
    progress: Callable[[int], None],
) -> dict[tuple[str, str], Pair]:
    """The pairs with targets that are addresses."""
    matrix = matrix_engine.Matrix(fabric, places, goals, wanted.ports, wanted.protocols)
    kinds = {goal.name: _kind(fabric, goal) for goal in goals}
    ports = _PortsOfMasks()
    found: dict[tuple[str, str], Pair] = {}
    for number, line in enumerate(matrix.lines(), start=1):
        for column, goal in enumerate(matrix.destinations):
            must, may = int(line.must[column]), int(line.may[column])
            pair = Pair(
                line.place.name,
                goal.name,
                kinds[goal.name],
                ports.of(line.plane, must),
                ports.of(line.plane, may & ~must),
                ports.of(line.plane, line.plane.full & ~may),
            )
            before = found.get((pair.place, pair.target))
            found[pair.place, pair.target] = _joined(before, pair) if before else pair
        progress(number // len(matrix.planes))
    return found


class _PortsOfMasks:
    """The ports of masks, each worked out once: most pairs have one of a few."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], Ports] = {}

    def of(self, plane: Plane, mask: int) -> Ports:
        key = (id(plane), mask)
        if key not in self._known:
            self._known[key] = tuple(plane.ports(mask).items())
        return self._known[key]


def _joined(one: Pair, other: Pair) -> Pair:
    """The same pair on the ports of both."""
    joined = [
        _together(one.ports(answer), other.ports(answer)) for answer in (Answer.ALLOW, Answer.UNKNOWN, Answer.DENY)
    ]
    return Pair(one.place, one.target, one.kind, *joined)


def _together(one: Ports, other: Ports) -> Ports:
    sets = [*one, *other]
    by_protocol = ((p, PortSet.union(ports for protocol, ports in sets if protocol is p)) for p in Protocol)
    return tuple((protocol, ports) for protocol, ports in by_protocol if ports)


def _kind(fabric: Fabric, goal: Destination) -> Kind:
    if goal.place:
        return Kind.PLACE
    if goal.frontend:
        return Kind.FRONTEND
    if goal.address.labels:
        return Kind.GROUP
    return Kind.ENDPOINT if fabric.endpoint_at(goal.address) else Kind.ADDRESS


def _by_name(fabric: Fabric, place: Place, doors: Sequence[Door], wanted: Wanted) -> Iterator[Pair]:
    """The pairs of a place with doors of services, each on its own port."""
    for door in doors:
        if Protocol.TCP in wanted.protocols and door.port in wanted.ports:
            answer = reach(fabric, place, target_of(door)).verdict.answer
            ports: Ports = ((Protocol.TCP, PortSet.of(str(door.port))),)
            having = {one: ports if one is answer else () for one in Answer}
            yield Pair(
                place.name, door.name, Kind.SERVICE, having[Answer.ALLOW], having[Answer.UNKNOWN], having[Answer.DENY]
            )


def target_of(door: Door) -> Target:
    """The target that a question means by a door's name."""
    return Target(f"{door.name}:{door.port}", door.port, Protocol.TCP, door.host, service=door.service, also=door.also)
