"""Addresses in a row, so that what a rule says of addresses becomes stretches of the row.

First stand the single private addresses, sorted: a prefix covers one stretch of them, found by bisection, and it
covers each of them surely or not at all. After them stand all other addresses (whole subnets, the internet, published
groups), of which each is asked by itself what a rule says of it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from cloister.fabric.addresses import Address, AddressMatch
from cloister.fabric.sets import AddressSet

Indices = npt.NDArray[np.intp]


Where = slice | Indices


@dataclass(frozen=True, slots=True)
class Marks:
    """Where in a row a match is meant: surely, or possibly and not surely; as stretches, and as single positions."""

    sure: tuple[Where, ...] = ()
    maybe: tuple[Where, ...] = ()


@dataclass(frozen=True)
class Spots:
    """Addresses in the order of the row. `order` says which of the addresses that were given stands where."""

    addresses: tuple[Address, ...]
    order: tuple[int, ...]
    numbers: tuple[int, ...]
    public: AddressSet
    _marks: dict[int, tuple[AddressMatch, Marks]] = field(default_factory=dict, compare=False, repr=False)
    _equal: dict[AddressMatch, Marks] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, addresses: Sequence[Address], public: AddressSet) -> "Spots":
        """The row for those addresses."""
        singles = [(int(a.single), at) for at, a in enumerate(addresses) if a.single and _plain(a, public)]
        singles.sort()
        taken = {at for _, at in singles}
        order = (*(at for _, at in singles), *(at for at in range(len(addresses)) if at not in taken))
        ordered = tuple(addresses[at] for at in order)
        return cls(ordered, order, tuple(number for number, _ in singles), public)

    def __len__(self) -> int:
        return len(self.addresses)

    def marks(self, match: AddressMatch) -> Marks:
        """Where the match is meant."""
        known = self._marks.get(id(match))
        if known is None:
            if match not in self._equal:
                self._equal[match] = self._work_out(match)
            # The match is kept beside its marks, so that no other value gets its id.
            known = self._marks[id(match)] = (match, self._equal[match])
        return known[1]

    def _work_out(self, match: AddressMatch) -> Marks:
        sure, maybe = self._others(match)
        unsure = match.possible - match.sure if match.possible != match.sure else AddressSet()
        return Marks((*self._stretches(match.sure), *sure), (*self._stretches(unsure), *maybe))

    def _stretches(self, addresses: AddressSet) -> tuple[slice, ...]:
        ends = ((bisect_left(self.numbers, low), bisect_right(self.numbers, high)) for low, high in addresses.spans)
        return tuple(slice(first, last) for first, last in ends if first < last)

    def _others(self, match: AddressMatch) -> tuple[tuple[Indices, ...], tuple[Indices, ...]]:
        """Where after the single addresses the match is meant: surely, and possibly; nothing for nowhere."""
        if not self._hulls.size:
            return (), ()
        sure, open_ = self._surely_held(match)
        first = len(self.numbers)
        maybe: list[int] = []
        for at in open_:
            held = match.holds(self.addresses[first + at], self.public)
            if held:
                sure[at] = True
            elif held is None:
                maybe.append(first + at)
        sure_at = np.nonzero(sure)[0] + first
        return (sure_at,) if sure_at.size else (), (np.array(maybe, dtype=np.intp),) if maybe else ()

    def _surely_held(self, match: AddressMatch) -> tuple[npt.NDArray[np.bool_], list[int]]:
        """Which addresses lie in one span of what is surely meant, and which have to be looked at one by one.

        Nothing needs a second look that no possible span touches, unless a published group may hold it, or unless it is
        the empty set, which lies in every other.
        """
        lows, highs = self._hulls
        inside = _one_span_covers(match.sure, lows, highs)
        near = _some_span_touches(match.possible, lows, highs) | (lows < 0)
        if match.labels or match.doubtful_labels:
            near |= self._labelled
        return inside, [int(at) for at in np.nonzero(near & ~inside)[0]]

    @cached_property
    def _hulls(self) -> npt.NDArray[np.int64]:
        others = self.addresses[len(self.numbers) :]
        ends = [(a.within.spans[0][0], a.within.spans[-1][1]) if a.within else (-1, -1) for a in others]
        return np.array(ends, dtype=np.int64).reshape(-1, 2).T

    @cached_property
    def _labelled(self) -> npt.NDArray[np.bool_]:
        """Which of the addresses after the single ones a published group may hold."""
        others = self.addresses[len(self.numbers) :]
        return np.array([not _plain(address, self.public) for address in others], dtype=np.bool_)


def _plain(address: Address, public: AddressSet) -> bool:
    """Whether no published group can hold the address."""
    return not address.labels and not address.doubtful_labels and address.within.isdisjoint(public)


def _one_span_covers(
    meant: AddressSet, lows: npt.NDArray[np.int64], highs: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    if not meant:
        return np.zeros(lows.shape, dtype=np.bool_)
    starts, ends = np.array(meant.spans, dtype=np.int64).T
    at = np.searchsorted(starts, lows, side="right") - 1
    held: npt.NDArray[np.bool_] = (at >= 0) & (lows >= 0) & (ends[at] >= highs)
    return held


def _some_span_touches(
    meant: AddressSet, lows: npt.NDArray[np.int64], highs: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    if not meant:
        return np.zeros(lows.shape, dtype=np.bool_)
    starts, ends = np.array(meant.spans, dtype=np.int64).T
    at = np.searchsorted(ends, lows)
    held: npt.NDArray[np.bool_] = (at < len(ends)) & (starts[np.minimum(at, len(ends) - 1)] <= highs)
    return held
