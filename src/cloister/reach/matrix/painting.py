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
from cloister.reach.matrix.atoms import Plane
from cloister.reach.matrix.spots import Indices
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
        return tuple(True if at is None else any_of(m.holds(own, public) for m in at.own) for at in self._limited)

    @cached_property
    def _limited(self) -> tuple[Stroke | None, ...]:
        return tuple(None if stroke.about_all else stroke for stroke in self.strokes)

    def paint(self, states: Sequence[State], width: int, plane: Plane) -> Read:
        """The row, `width` spots wide, for an end of which the rules are about in those states."""
        brush = _Brush(Row.filled(plane.full if self.hands_on else 0, width))
        ending = _Brush(Row.filled(0, width)) if any(stroke.ends for stroke in self.strokes) else None
        for stroke, state in zip(reversed(self.strokes), reversed(states), strict=True):
            if state is False:
                continue
            _lay_on(brush, stroke, plane, allow=stroke.allow, sure=state is True)
            if ending:
                _lay_on(ending, stroke, plane, allow=stroke.ends, sure=state is True)
        return Read(brush.row, ending.row if ending else None)


def _lay_on(brush: "_Brush", stroke: Stroke, plane: Plane, *, allow: bool, sure: bool) -> None:
    about = plane.about(stroke.key, stroke.about)
    either, doubtful = np.uint64(about.surely | about.maybe), np.uint64(about.maybe)
    if not either:
        return
    for where in stroke.spots_maybe:
        brush.possibly(where, either, allow=allow)
    for where in stroke.spots_sure:
        if not sure:
            brush.possibly(where, either, allow=allow)
            continue
        if doubtful:
            brush.possibly(where, doubtful, allow=allow)
        if stroke.vague:
            brush.vaguely(where, np.uint64(about.surely))
        else:
            brush.surely(where, np.uint64(about.surely), allow=allow)


class _Brush:
    """A row while it is painted."""

    def __init__(self, row: Row) -> None:
        self.row = row

    def surely(self, where: slice | Indices, mask: np.uint64, *, allow: bool) -> None:
        must, may = self.row.must, self.row.may
        for masks in (must,) if must is may else (must, may):
            if allow:
                masks[where] |= mask
            else:
                masks[where] &= ~mask

    def possibly(self, where: slice | Indices, mask: np.uint64, *, allow: bool) -> None:
        self._part()
        if allow:
            self.row.may[where] |= mask
        else:
            self.row.must[where] &= ~mask

    def vaguely(self, where: slice | Indices, mask: np.uint64) -> None:
        self._part()
        self.row.may[where] |= mask
        self.row.must[where] &= ~mask

    def _part(self) -> None:
        if self.row.decided:
            self.row = Row(self.row.must, self.row.must.copy())


def in_turn(read: Iterable[Read], width: int, plane: Plane) -> Row:
    """What several filters let through that are read one after the other, unless one of them ends the reading."""
    levels = list(read)
    if not levels:
        return Row.filled(plane.full, width)
    rest = levels[-1].row
    for level in reversed(levels[:-1]):
        rest = level.row.and_(rest.or_(level.ends) if level.ends else rest)
    return rest
