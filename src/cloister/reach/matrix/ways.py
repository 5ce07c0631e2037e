"""The ways of one class of places to every destination, as masks: one walk for each pair of classes."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from cloister.fabric.fabric import Fabric, Place
from cloister.fabric.flows import Protocol
from cloister.fabric.names import NAME_PORT
from cloister.reach.matrix.atoms import Atom, Plane
from cloister.reach.matrix.classes import Classes
from cloister.reach.matrix.crossing import Asked, Crossing, Transparent
from cloister.reach.matrix.ends import Destination
from cloister.reach.matrix.painting import Masks, Row
from cloister.reach.matrix.spots import Indices
from cloister.verdict import Answer

_WITH_PORTS = frozenset(protocol for protocol in Protocol if protocol.has_ports)
_Crossed = tuple[tuple[Crossing, int], ...]
"""The crossings from one class to another, each with the atoms for which it holds."""


@dataclass(frozen=True, slots=True)
class Ways:
    """What routes and ends let through to each destination, and what is asked on the way there.

    With each thing that is asked stand the atoms for which it is, or nothing where it is for all that get that far.
    `balanced` are the destinations on whose way a balancer chooses between machines.
    """

    row: Row
    asked: tuple[tuple[Asked, Masks | None], ...]
    balanced: tuple[int, ...] = ()


class WaysTable:
    """The ways of all classes of places, each worked out when it is first asked for."""

    def __init__(self, fabric: Fabric, goals: Sequence[Destination]) -> None:
        self._fabric = fabric
        self._classes = Classes(fabric)
        self._transparent = Transparent(fabric)
        firsts: dict[Hashable, Destination] = {}
        of_goals = [self._classes.of_destination(goal) for goal in goals]
        for known, goal in zip(of_goals, goals, strict=True):
            firsts.setdefault(known, goal)
        numbers = {known: number for number, known in enumerate(firsts)}
        self._index: Indices = np.array([numbers[known] for known in of_goals], dtype=np.intp)
        self._goals = tuple(firsts.values())
        lent = (way.carries for place in fabric.places.values() for way in place.lent)
        self._by_protocol = any(len(carries & _WITH_PORTS) == 1 for carries in lent)
        self._crossings: dict[Hashable, Crossing] = {}
        self._ways: dict[Hashable, Ways] = {}
        self._kinds: dict[Hashable, dict[Hashable, int]] = {}

    def of(self, place: Place, plane: Plane) -> Ways:
        """The ways of a place."""
        known = self._classes.of_place(place)
        key = (plane.atoms[0], known)
        if key not in self._ways:
            crossed = [self._crossed(known, place, number, plane) for number in range(len(self._goals))]
            self._ways[key] = self._in_masks(crossed)
        return self._ways[key]

    def _crossed(self, known: Hashable, place: Place, number: int, plane: Plane) -> _Crossed:
        """One crossing for all atoms that the walk itself does not tell apart, rules on addresses left aside."""
        goal = self._goals[number]
        return tuple(
            (self._crossing((known, number, kind), place, goal, plane.atoms[_lowest(mask)]), mask)
            for kind, mask in self._told_apart(number, plane).items()
        )

    def _told_apart(self, number: int, plane: Plane) -> dict[Hashable, int]:
        """The atoms by what counts of them at one destination."""
        key = (number, plane.atoms[0])
        if key not in self._kinds:
            kinds: dict[Hashable, int] = {}
            for bit, atom in enumerate(plane.atoms):
                kind = self._kind(self._goals[number], atom)
                kinds[kind] = kinds.get(kind, 0) | 1 << bit
            self._kinds[key] = kinds
        return self._kinds[key]

    def _kind(self, goal: Destination, atom: Atom) -> Hashable:
        """What counts of an atom: at an appliance what it answers itself, with a host name everything.

        The protocol counts where somebody has a way out that carries one of two.
        """
        if goal.host:
            return atom
        appliance = self._fabric.appliance_at(goal.address.single)
        names = appliance is not None and atom.port == NAME_PORT
        proxy = appliance is not None and atom.protocol is Protocol.TCP and atom.port in appliance.proxy_ports
        return (atom.protocol if self._by_protocol else atom.protocol.has_ports, names, proxy)

    def _crossing(self, key: Hashable, place: Place, goal: Destination, atom: Atom) -> Crossing:
        if key not in self._crossings:
            self._crossings[key] = self._transparent.cross(place, goal, atom.port, atom.protocol)
        return self._crossings[key]

    def _in_masks(self, crossed: Sequence[_Crossed]) -> Ways:
        may = _masks(crossed, lambda crossing: crossing.answer is not Answer.DENY)
        must = _masks(crossed, lambda crossing: crossing.answer is Answer.ALLOW)
        everything = {asked for crossings in crossed for crossing, _ in crossings for asked in crossing.asked}
        asked = tuple((asked, self._where(crossed, asked, may)) for asked in sorted(everything))
        return Ways(self._row(must, may), asked, self._balanced(crossed))

    def _balanced(self, crossed: Sequence[_Crossed]) -> tuple[int, ...]:
        found = np.array([any(crossing.balanced for crossing, _ in crossings) for crossings in crossed], dtype=np.bool_)
        return tuple(int(at) for at in np.nonzero(found[self._index])[0]) if found.any() else ()

    def _row(self, must: Masks, may: Masks) -> Row:
        row = must[self._index]
        return Row(row, row if np.array_equal(must, may) else may[self._index])

    def _where(self, crossed: Sequence[_Crossed], asked: Asked, may: Masks) -> Masks | None:
        """The atoms for which something is asked, or nothing where it is for all that get so far."""
        where = _masks(crossed, lambda crossing: asked in crossing.asked)
        return where[self._index] if np.any(may & ~where) else None


def _masks(crossed: Sequence[_Crossed], holds: Callable[[Crossing], bool]) -> Masks:
    """For each class of destinations, the atoms whose crossing has a property."""
    return np.array([sum(mask for one, mask in crossings if holds(one)) for crossings in crossed], dtype=np.uint64)


def _lowest(mask: int) -> int:
    """The position of the lowest bit."""
    return (mask & -mask).bit_length() - 1
