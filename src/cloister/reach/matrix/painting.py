"""One row of answers: what a list of rules says of flows from one address to all spots, or from all spots to one.

A row holds two masks of atoms for each spot: `must`, surely allowed, and `may`, possibly allowed; what is in `may`
alone is undecided. Rules are painted from the last to the first, so that the first that matches has the last word:

    allow, surely about it      sets must and may        deny, surely about it      clears both
    allow, possibly about it    sets may                 deny, possibly about it    clears must

That is the plain reading of first match with doubts: an undecided rule before the one that decides matters only where
it would decide otherwise. While nothing is in doubt, both masks are the same array. A second pair of masks is painted
where rules may end the reading of all filters (`ends`): it says where they do.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from cloister.fabric.addresses import Address, any_of
from cloister.fabric.sets import AddressSet
from cloister.reach.matrix.atoms import About, Plane
from cloister.reach.matrix.spots import Marks, Spots, Where
from cloister.reach.matrix.strokes import State, Stroke

Masks = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Row:
    """The two masks of every spot."""

    must: Masks
    may: Masks

    @property
    def decided(self) -> bool:
        """Whether nothing in it is in doubt."""
        return self.must is self.may

    @classmethod
    def filled(cls, mask: int, width: int) -> "Row":
        """The same mask everywhere, nothing in doubt."""
        masks = np.full(width, mask, dtype=np.uint64)
        return cls(masks, masks)

    def and_(self, other: "Row") -> "Row":
        """What both let through."""
        must = self.must & other.must
        return Row(must, must if self.decided and other.decided else self.may & other.may)

    def or_(self, other: "Row") -> "Row":
        """What either lets through."""
        must = self.must | other.must
        return Row(must, must if self.decided and other.decided else self.may | other.may)


@dataclass(frozen=True, slots=True)
class Read:
    """What one filter lets through, and for which flows it ends the reading of filters, if it does for any."""

    row: Row
    ends: Row | None


@dataclass(frozen=True)
class Strokes:
    """The rules of one filter in one direction, or of one appliance, in the order in which they are read.

    `hands_on`: what no rule is about is let through.
    """

    strokes: tuple[Stroke, ...]
    hands_on: bool = False

    def states(self, own: Address, public: AddressSet) -> tuple[State, ...]:
        """Which of the rules are about an address at the row's own end; rows with equal states are equal."""
        if len(own.within.spans) != 1:
            return tuple(_about(stroke, own, public) for stroke in self.strokes)
        ((low, high),) = own.within.spans
        lows, highs, told_singly = self._own
        inside = (lows <= low) & (high <= highs)
        states: list[State] = inside.tolist()
        if low != high:
            touched = ~inside & (lows <= high) & (low <= highs)
            states = [None if partly else held for held, partly in zip(states, touched.tolist(), strict=True)]
        for at in told_singly:
            states[at] = _about(self.strokes[at], own, public)
        return tuple(states)

    @cached_property
    def _own(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], tuple[int, ...]]:
        """The lowest and the highest address of every rule's own end, and the rules of which a span does not tell it.

        Those have a span that holds nothing.
        """
        spans = [stroke.own_span for stroke in self.strokes]
        ends = np.array([span or _NO_SPAN for span in spans], dtype=np.int64).reshape(-1, 2)
        return ends[:, 0], ends[:, 1], tuple(at for at, span in enumerate(spans) if span is None)

    def on(self, plane: Plane) -> "Strokes":
        """Those that may be about an atom of the plane: where few ports are looked at, they are few."""
        about = (stroke for stroke in self.strokes if plane.about(stroke.key, stroke.about).either)
        return Strokes(tuple(about), self.hands_on)

    def paint(self, states: Sequence[State], spots: Spots, plane: Plane) -> Read:
        """The row for an end of which the rules are about in those states."""
        brush = _Brush(Row.filled(plane.full if self.hands_on else 0, len(spots)))
        ending = _Brush(Row.filled(0, len(spots))) if any(stroke.ends for stroke in self.strokes) else None
        for stroke, state in zip(reversed(self.strokes), reversed(states), strict=True):
            if state is False:
                continue
            about = plane.about(stroke.key, stroke.about)
            where = [spots.marks(match) for match in stroke.others]
            _lay_on(brush, stroke, about, where, allow=stroke.allow, sure=state is True)
            if ending:
                _lay_on(ending, stroke, about, where, allow=stroke.ends, sure=state is True)
        return Read(brush.row, ending.row if ending else None)


_NO_SPAN = (AddressSet.HIGHEST + 1, AddressSet.LOWEST - 1)


def _about(stroke: Stroke, own: Address, public: AddressSet) -> State:
    return any_of(match.holds(own, public) for match in stroke.own)


def _lay_on(brush: "_Brush", stroke: Stroke, about: About, marked: Sequence[Marks], *, allow: bool, sure: bool) -> None:
    for where in (where for marks in marked for where in marks.maybe):
        brush.possibly(where, about.either, allow=allow)
    for where in (where for marks in marked for where in marks.sure):
        if not sure:
            brush.possibly(where, about.either, allow=allow)
            continue
        if about.maybe:
            brush.possibly(where, about.maybe, allow=allow)
        if stroke.vague:
            brush.vaguely(where, about.surely)
        else:
            brush.surely(where, about.surely, allow=allow)


class _Brush:
    """A row while it is painted."""

    def __init__(self, row: Row) -> None:
        self.row = row

    def surely(self, where: Where, mask: np.uint64, *, allow: bool) -> None:
        change = _set if allow else _clear
        change(self.row.must, where, mask)
        if not self.row.decided:
            change(self.row.may, where, mask)

    def possibly(self, where: Where, mask: np.uint64, *, allow: bool) -> None:
        self._part()
        if allow:
            _set(self.row.may, where, mask)
        else:
            _clear(self.row.must, where, mask)

    def vaguely(self, where: Where, mask: np.uint64) -> None:
        self._part()
        _set(self.row.may, where, mask)
        _clear(self.row.must, where, mask)

    def _part(self) -> None:
        if self.row.decided:
            self.row = Row(self.row.must, self.row.must.copy())


def _set(masks: Masks, where: Where, mask: np.uint64) -> None:
    part = masks[where]
    part |= mask
    if not isinstance(where, slice):  # a stretch is a view, positions are a copy
        masks[where] = part


def _clear(masks: Masks, where: Where, mask: np.uint64) -> None:
    part = masks[where]
    part &= ~mask
    if not isinstance(where, slice):
        masks[where] = part


def in_turn(read: Iterable[Read], width: int, plane: Plane) -> Row:
    """What several filters let through that are read one after the other, unless one of them ends the reading."""
    levels = list(read)
    if not levels:
        return Row.filled(plane.full, width)
    rest = levels[-1].row
    for level in reversed(levels[:-1]):
        rest = level.row.and_(rest.or_(level.ends) if level.ends else rest)
    return rest
