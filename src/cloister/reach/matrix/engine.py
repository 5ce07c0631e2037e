"""All pairs at once: every place against every destination, on every port.

A pair's answer is put together from layers, each worked out for as many pairs as it cannot tell apart:

    the way by routes, what stands at its end, and the way back   one walk for each pair of classes (`ways`)
    filters where the flow leaves                                 one row of destinations for each sender
    appliances on the way                                         one row for each group of senders they tell apart
    filters where it arrives                                      one row of senders for each receiver

The answer is what every layer lets through that is asked on the way. Rows are painted by whole stretches of addresses
and for all ports together (`painting`), so the cost is that of the rules, and then of touching each pair. Callers from
sites and from the internet are senders like others. Left to the plain evaluator, cell by cell, are a destination that
does not stand where its address says, one among the platform's own addresses, hosts by name where proxies stand, what
an appliance leads callers to by translating (those from the internet from its public addresses, those inside from its
private one), what the internet reaches where nothing but a guard stands, and frontends of balancers. Where routes lead
to balancers, each choice of machines is worked out by itself (`choices`).

Senders are worked off in bands, so that memory is bounded whatever their number.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cloister.fabric.fabric import Fabric, Place, PlaceKind
from cloister.fabric.flows import Protocol
from cloister.fabric.names import NAME_PORT
from cloister.fabric.sets import AddressSet, PortSet
from cloister.reach.inbound import is_at, leading_on
from cloister.reach.matrix.atoms import EVERY_PORT, Plane, planes
from cloister.reach.matrix.choices import choices
from cloister.reach.matrix.crossing import OWN, Asked, Layer
from cloister.reach.matrix.ends import Destination, destinations, plainly
from cloister.reach.matrix.layers import Facing, Painter, Receiving, Sending, source_of
from cloister.reach.matrix.painting import Masks, Row
from cloister.reach.matrix.parts import parts_of
from cloister.reach.matrix.spots import Spots
from cloister.reach.matrix.ways import WaysTable
from cloister.reach.travel import query
from cloister.verdict import Answer

BAND = 10_000
"""How many senders are worked off together: memory grows with it, repeated work shrinks."""
WITH_PORTS = tuple(protocol for protocol in Protocol if protocol.has_ports)


@dataclass(frozen=True, slots=True)
class Line:
    """The answers for one place: for each destination, in the matrix' order, the atoms that are allowed.

    `must` are surely allowed, `may` possibly; they are the same array where nothing is in doubt.
    """

    place: Place
    plane: Plane
    must: Masks
    may: Masks


class Matrix:
    """All pairs of an environment, or of those places and destinations that are given.

    `destinations` are in the order of the lines. `ports` and `protocols` bound what is looked at.
    """

    def __init__(
        self,
        fabric: Fabric,
        places: Sequence[Place] | None = None,
        goals: Sequence[Destination] | None = None,
        ports: PortSet = EVERY_PORT,
        protocols: Sequence[Protocol] = WITH_PORTS,
        band: int = BAND,
    ) -> None:
        fabric, *others = choices(fabric)
        self.fabric = fabric
        self.band = band
        self.places = tuple(fabric.places.values()) if places is None else tuple(places)
        goals = destinations(fabric) if goals is None else tuple(goals)
        self.spots = Spots.of([goal.address for goal in goals], fabric.public)
        self.destinations = tuple(goals[at] for at in self.spots.order)
        self.planes = planes(_told_apart(fabric), ports, protocols)
        self.ways = WaysTable(fabric, self.destinations)
        self.receiving = Receiving(fabric, self.destinations)
        double = _of_two_meanings(fabric)
        self._odd = [at for at, goal in enumerate(self.destinations) if _is_odd(fabric, goal, double)]
        self._named = [at for at, goal in enumerate(self.destinations) if goal.host]
        self._behind = [
            *self._behind_translation(inside=False),
            *(
                at
                for at, goal in enumerate(self.destinations)
                if _is_behind_balancer(fabric, goal) or _is_bare_under_guard(fabric, goal)
            ),
        ]
        self._behind_inside = self._behind_translation(inside=True)
        self._others = [Matrix(other, self.places, goals, ports, protocols, band) for other in others]

    def odd_to(self, place: Place) -> Sequence[int]:
        """The destinations that are left to the plain evaluator where that place asks."""
        if place.kind is PlaceKind.INTERNET:
            return sorted({*self._odd, *self._behind})
        proxied = place.proxy is not None or any(one.proxy_ports for one in self.fabric.appliances)
        others = {*self._behind_inside, *(self._named if proxied else ())}
        return sorted({*self._odd, *others}) if others else self._odd

    def _behind_translation(self, *, inside: bool) -> list[int]:
        """The destinations to which an appliance may lead callers of one side: each by a way of its own."""
        led_to = leading_on(self.fabric, query, inside=inside)
        found = enumerate(self.destinations)
        return [at for at, goal in found if _is_behind_translation(self.fabric, goal, led_to, inside=inside)]

    def lines(self) -> Iterator[Line]:
        """A line for each place and plane; in each band, places in the order of their addresses."""
        for line, *others in zip(self._lines(), *(other.lines() for other in self._others), strict=True):
            yield _whatever_is_chosen(line, others) if others else line

    def _lines(self) -> Iterator[Line]:
        for plane in self.planes:
            sending = Sending(self.fabric, Painter(self.spots, plane))
            for first in range(0, len(self.places), self.band):
                yield from _Band(self, plane, sending, self.places[first : first + self.band]).lines()

    def filter_lines(self) -> Iterator[Line]:
        """A line for each place and plane of what filters alone let through, at both ends, whatever the way between."""
        for plane in self.planes:
            sending = Sending(self.fabric, Painter(self.spots, plane))
            for first in range(0, len(self.places), self.band):
                yield from _Band(self, plane, sending, self.places[first : first + self.band]).filter_lines()


class _Band:
    """Some of the senders, on one plane."""

    def __init__(self, matrix: Matrix, plane: Plane, sending: Sending, places: Sequence[Place]) -> None:
        self._matrix = matrix
        self._plane = plane
        self._sending = sending
        self._spots = Spots.of([place.address for place in places], matrix.fabric.public)
        self._places = tuple(places[at] for at in self._spots.order)
        self._facing: dict[int, Facing] = {}

    def lines(self) -> Iterator[Line]:
        for sender, place in enumerate(self._places):
            row = self._row(sender, place)
            yield Line(place, self._plane, row.must, row.may)

    def filter_lines(self) -> Iterator[Line]:
        """What filters alone let through."""
        out_and_in = (Asked(Layer.OUT, OWN), Asked(Layer.IN, OWN))
        for sender, place in enumerate(self._places):
            row = self._said(out_and_in[0], sender, place).and_(self._said(out_and_in[1], sender, place))
            yield Line(place, self._plane, row.must, row.may)

    def _row(self, sender: int, place: Place) -> Row:
        ways = self._matrix.ways.of(place, self._plane)
        row = _copied(ways.row)
        for asked, where in ways.asked:
            row = _limited(row, self._said(asked, sender, place), where)
        odd = sorted({*self._matrix.odd_to(place), *ways.balanced}) if ways.balanced else self._matrix.odd_to(place)
        return self._with_odd(place, row, odd) if odd else row

    def _said(self, asked: Asked, sender: int, place: Place) -> Row:
        match asked.layer:
            case Layer.OUT:
                return self._sending.filters(place)
            case Layer.APPLIANCE:
                return self._sending.appliance(asked.appliance, source_of(self._matrix.fabric, asked.source, place))
            case Layer.IN:
                if asked.source not in self._facing:
                    callers = self._callers(asked.source)
                    self._facing[asked.source] = self._matrix.receiving.facing(callers, self._plane)
                return self._facing[asked.source].row(sender if asked.source == OWN else 0)

    def _callers(self, source: int) -> Spots:
        """The addresses under which flows arrive: those of the senders, or that of the appliance in their place."""
        if source == OWN:
            return self._spots
        return Spots.of([source_of(self._matrix.fabric, source, self._places[0])], self._matrix.fabric.public)

    def _with_odd(self, place: Place, row: Row, odd: Sequence[int]) -> Row:
        """The row with the destinations that only the plain evaluator can tell."""
        must, may = row.must, row.may.copy()
        for at in odd:
            answers = [
                plainly(self._matrix.fabric, place, self._matrix.destinations[at], atom.port, atom.protocol)
                for atom in self._plane.atoms
            ]
            must[at] = sum(1 << bit for bit, answer in enumerate(answers) if answer is Answer.ALLOW)
            may[at] = sum(1 << bit for bit, answer in enumerate(answers) if answer is not Answer.DENY)
        return Row(must, may)


def _whatever_is_chosen(line: Line, others: Sequence[Line]) -> Line:
    """What is surely allowed by every choice of machines, and what is possibly allowed by one."""
    must, may = line.must.copy(), line.may.copy()
    for other in others:
        must &= other.must
        may |= other.may
    return Line(line.place, line.plane, must, may)


def _copied(row: Row) -> Row:
    must = row.must.copy()
    return Row(must, must if row.decided else row.may.copy())


def _limited(row: Row, said: Row, where: Masks | None) -> Row:
    """A row of one's own, less what a layer does not let through of that for which it is asked."""
    may = row.may
    if row.decided and not said.decided:
        may = row.may.copy()
    if may is not row.must:
        may &= said.may if where is None else said.may | ~where
    row.must[...] &= said.must if where is None else said.must | ~where
    return Row(row.must, may)


def _told_apart(fabric: Fabric) -> Iterator[PortSet]:
    """What the rules of an environment say of ports, and what its appliances answer themselves."""
    filters = {id(one): one for segment in fabric.segments.values() for one in segment.inbound_levels(None)}
    filters |= {id(place.filter): place.filter for place in fabric.places.values() if place.filter}
    for one in filters.values():
        yield from (rule.ports for rule in (*one.inbound, *one.outbound))
    for appliance in fabric.appliances:
        yield from (part for part in parts_of(appliance) if isinstance(part, PortSet))
        yield from (PortSet.of(str(translation.to_port)) for translation in appliance.translations)
    for rule in (one for frontend in fabric.frontends for one in frontend.rules):
        yield from (rule.ports, PortSet.of(str(rule.to_port)))
    yield PortSet.of(str(NAME_PORT))


def _of_two_meanings(fabric: Fabric) -> AddressSet:
    """Addresses that filters spare, public addresses of places, and those that two places have."""
    held = Counter(place.address.single for place in fabric.places.values() if place.address.single)
    shared = AddressSet.of(*(address for address, places in held.items() if places > 1))
    return AddressSet.union((fabric.platform.spared, shared, *(place.shown for place in fabric.places.values())))


def _is_odd(fabric: Fabric, goal: Destination, double: AddressSet) -> bool:
    """Whether a destination is an address of two meanings, a frontend of a balancer, or a place that hands on what it
    gets, or that does not stand where its address says.
    """
    if goal.address.within <= fabric.platform.spared or (goal.address.single and goal.address.single in double):
        return True
    if goal.frontend or fabric.frontend_at(goal.address):
        return True
    relay = fabric.places.get(goal.place) or fabric.place_at(goal.address)
    if relay is not None and relay.listeners:
        return True
    place = fabric.places.get(goal.place)
    if place is None or place.kind is not PlaceKind.SEGMENT:
        return False
    holder = fabric.segment_of(goal.address)
    where = fabric.segments[place.where]
    moved = holder is not None and holder is not where and holder.inbound_levels(None) != where.inbound_levels(None)
    return moved or fabric.endpoint_at(goal.address) is not None


def _is_behind_balancer(fabric: Fabric, goal: Destination) -> bool:
    """Whether a balancer may lead callers from the internet to a destination."""
    place = fabric.places.get(goal.place) or fabric.place_at(goal.address)
    rules = (rule for frontend in fabric.frontends for rule in frontend.rules)
    return place is not None and any(place.name in rule.backends for rule in rules)


def _is_behind_translation(fabric: Fabric, goal: Destination, led_to: AddressSet | None, *, inside: bool) -> bool:
    single = goal.address.single
    if single is None:
        return False
    if led_to is None or single in led_to:
        return True
    if inside:
        own = (one for one in fabric.appliances if one.address == single)
        return any(single in translation.addresses for one in own for translation in one.translations)
    return any(is_at(appliance, goal.address) for appliance in fabric.appliances)


def _is_bare_under_guard(fabric: Fabric, goal: Destination) -> bool:
    """Whether a destination has a public address and no filter but the guard of its segment."""
    place = fabric.places.get(goal.place)
    if place is None or not place.public_address or place.kind is not PlaceKind.SEGMENT or place.filter:
        return False
    segment = fabric.segments[place.where]
    return segment.guard is not None and segment.filter is None
