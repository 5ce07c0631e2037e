"""What filters and appliances say, as rows: worked out once for all ends that they cannot tell apart."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from cloister.fabric.addresses import Address
from cloister.fabric.fabric import Fabric, Place
from cloister.fabric.filters import Filter
from cloister.reach.matrix.atoms import Plane
from cloister.reach.matrix.crossing import OWN
from cloister.reach.matrix.ends import Destination
from cloister.reach.matrix.painting import Read, Row, Strokes, in_turn
from cloister.reach.matrix.spots import Indices, Spots
from cloister.reach.matrix.strokes import inward, outward, through

_ROWS_TOGETHER, _COLUMNS_AT_ONCE = 256, 64


class Painter:
    """Rows of filters or appliances over the same spots. Neighbours are mostly told the same: the last row is kept."""

    def __init__(self, spots: Spots, plane: Plane) -> None:
        self.spots = spots
        self.plane = plane
        self._strokes: dict[Hashable, Strokes] = {}
        self._last: dict[int, tuple[Hashable, Read]] = {}

    def read(self, slot: int, which: Hashable, own: Address, build: Callable[[], Strokes]) -> tuple[Hashable, Read]:
        """What rules say, with a key that is equal for equal rows. `slot` is their position among others."""
        if which not in self._strokes:
            self._strokes[which] = build().on(self.plane)
        strokes = self._strokes[which]
        key = (which, strokes.states(own, self.spots.public))
        last = self._last.get(slot)
        if last is None or last[0] != key:
            last = self._last[slot] = (key, strokes.paint(key[1], self.spots, self.plane))
        return last


class Sending:
    """What stands at the senders, and the appliances on the way: rows of destinations."""

    def __init__(self, fabric: Fabric, painter: Painter) -> None:
        self._fabric = fabric
        self._painter = painter
        self._last: tuple[Hashable, Row] | None = None

    def filters(self, place: Place) -> Row:
        """What the filters of a place say to its flows."""
        painter = self._painter
        levels = self._fabric.segments[place.where].outbound_levels(place.filter)
        read = [painter.read(slot, id(level), place.address, _outward(level)) for slot, level in enumerate(levels)]
        key = tuple(one for one, _ in read)
        if self._last is None or self._last[0] != key:
            self._last = (key, in_turn((one for _, one in read), len(painter.spots), painter.plane))
        return self._last[1]

    def appliance(self, at: int, source: Address) -> Row:
        """What the appliance in that position says to flows from an address."""
        appliance, painter = self._fabric.appliances[at], self._painter
        _, read = painter.read(-1 - at, ("appliance", at), source, lambda: Strokes(through(appliance)))
        return read.row


def _outward(known: Filter) -> Callable[[], Strokes]:
    return lambda: Strokes(outward(known.outbound), known.hands_on)


def source_of(fabric: Fabric, source: int, place: Place) -> Address:
    """Under which address a flow of a place travels: its own, or that of the appliance that stood in for it."""
    return place.address if source == OWN else fabric.appliances[source].own


class Receiving:
    """The filters before the destinations: for each of them, what they say to each of the senders."""

    def __init__(self, fabric: Fabric, goals: Sequence[Destination]) -> None:
        self._goals = goals
        self._guards = [_guard(fabric, goal) for goal in goals]

    def facing(self, spots: Spots, plane: Plane) -> "Facing":
        """What they say to those senders."""
        painter = Painter(spots, plane)
        known: dict[Hashable, int] = {}
        rows = _Rows()
        index = np.zeros(len(self._goals), dtype=np.intp)
        for at, (goal, guard) in enumerate(zip(self._goals, self._guards, strict=True)):
            read = [
                painter.read(slot, (id(level), guard.one_range), goal.address, guard.strokes(level))
                for slot, level in enumerate(guard.levels)
            ]
            key = tuple(one for one, _ in read)
            if key not in known:
                known[key] = len(rows)
                rows.append(in_turn((one for _, one in read), len(spots), plane))
            index[at] = known[key]
        return Facing(rows, index)


@dataclass(frozen=True, slots=True)
class _Guard:
    """The filters before a destination; `one_range`: they are not sure to honour rules with several port ranges."""

    levels: tuple[Filter, ...]
    one_range: bool = False

    def strokes(self, level: Filter) -> Callable[[], Strokes]:
        return lambda: Strokes(inward(level.inbound, one_range=self.one_range), level.hands_on)


def _guard(fabric: Fabric, goal: Destination) -> _Guard:
    endpoint = fabric.endpoint_at(goal.address)
    if endpoint:
        return _Guard(fabric.levels_at(endpoint), one_range=True)
    place = fabric.places.get(goal.place) or fabric.place_at(goal.address)
    segment = fabric.segment_of(goal.address) or fabric.segments.get(place.where if place else "")
    return _Guard(segment.inbound_levels(place.filter if place else None) if segment else ())


class _Rows:
    """Many rows, in arrays of so many each: that costs less memory than one array that has to be put together."""

    def __init__(self) -> None:
        self._arrays: list[Row] = []
        self._last: list[Row] = []

    def __len__(self) -> int:
        return len(self._arrays) * _ROWS_TOGETHER + len(self._last)

    def append(self, row: Row) -> None:
        """Add a row at the end."""
        self._last.append(row)
        if len(self._last) == _ROWS_TOGETHER:
            self._arrays.append(_stacked(self._last))
            self._last = []

    def columns(self, near: slice) -> Row:
        """Some of the columns, each laid out as a row: reading one column of rows that are far apart is slow."""
        arrays = [*self._arrays, *([_stacked(self._last)] if self._last else [])]
        must = np.concatenate([array.must[:, near].T for array in arrays], axis=1)
        if all(array.decided for array in arrays):
            return Row(must, must)
        return Row(must, np.concatenate([array.may[:, near].T for array in arrays], axis=1))


def _stacked(rows: Sequence[Row]) -> Row:
    must = np.stack([row.must for row in rows])
    return Row(must, must if all(row.decided for row in rows) else np.stack([row.may for row in rows]))


class Facing:
    """Rows of senders, and which row belongs to which destination; read for one sender after the other."""

    def __init__(self, rows: _Rows, index: Indices) -> None:
        self._rows = rows
        self._index = index
        self._near = slice(0, 0)
        self._columns: Row | None = None

    def row(self, sender: int) -> Row:
        """What the filters say to one sender, for each destination."""
        if self._columns is None or not self._near.start <= sender < self._near.stop:
            self._near = slice(sender, sender + _COLUMNS_AT_ONCE)
            self._columns = self._rows.columns(self._near)
        at = sender - self._near.start
        must = self._columns.must[at].take(self._index)
        return Row(must, must if self._columns.decided else self._columns.may[at].take(self._index))
