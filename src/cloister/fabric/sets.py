"""Sets of addresses and of ports as sorted, disjoint, inclusive spans, with the algebra of sets.

Rules for changing this file: every operation returns spans in canonical form (sorted, disjoint, never touching), so
that equal sets are equal values; no operation ever walks over single members.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, summarize_address_range
from typing import ClassVar, Self

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _SpanSet:
    """A set of whole numbers between `LOWEST` and `HIGHEST`."""

    spans: tuple[Span, ...] = ()

    LOWEST: ClassVar[int] = 0
    HIGHEST: ClassVar[int] = 0

    def __post_init__(self) -> None:
        for low, high in self.spans:
            if not self.LOWEST <= low <= high <= self.HIGHEST:
                message = f"{low}-{high} is not a span between {self.LOWEST} and {self.HIGHEST}"
                raise ValueError(message)
        object.__setattr__(self, "spans", _merged(self.spans))

    @classmethod
    def everything(cls) -> Self:
        """The set that holds all members."""
        return cls(((cls.LOWEST, cls.HIGHEST),))

    @classmethod
    def union(cls, parts: Iterable[Self]) -> Self:
        """All members of all parts."""
        return cls(tuple(span for part in parts for span in part.spans))

    def __or__(self, other: Self) -> Self:
        return type(self)(self.spans + other.spans)

    def __and__(self, other: Self) -> Self:
        return type(self)(tuple(_overlaps(self.spans, other.spans)))

    def __invert__(self) -> Self:
        gaps: list[Span] = []
        start = self.LOWEST
        for low, high in self.spans:
            if start < low:
                gaps.append((start, low - 1))
            start = high + 1
        if start <= self.HIGHEST:
            gaps.append((start, self.HIGHEST))
        return type(self)(tuple(gaps))

    def __sub__(self, other: Self) -> Self:
        return self & ~other

    def __le__(self, other: Self) -> bool:
        if len(self.spans) == 1:  # nearly always, and this is asked more often than anything else
            return other._holds(*self.spans[0])
        return all(other._holds(low, high) for low, high in self.spans)

    def isdisjoint(self, other: Self) -> bool:
        """Whether the two have no member in common."""
        few, many = (self, other) if len(self.spans) <= len(other.spans) else (other, self)
        if len(few.spans) == 1:  # nearly always
            return not many.touches(*few.spans[0])
        return not any(many.touches(low, high) for low, high in few.spans)

    def __bool__(self) -> bool:
        return bool(self.spans)

    def __len__(self) -> int:
        return sum(high - low + 1 for low, high in self.spans)

    def __contains__(self, member: object) -> bool:
        return isinstance(member, int | IPv4Address) and self._holds(int(member), int(member))

    def touches(self, low: int, high: int) -> bool:
        """Whether any number from `low` to `high` is a member."""
        nearest = bisect_right(self.spans, (high, self.HIGHEST)) - 1
        return nearest >= 0 and low <= self.spans[nearest][1]

    def _holds(self, low: int, high: int) -> bool:
        """Whether every number from `low` to `high` is a member."""
        nearest = bisect_right(self.spans, (low, self.HIGHEST)) - 1
        return nearest >= 0 and high <= self.spans[nearest][1]


def _span_of(network: IPv4Network) -> Span:
    low = int(network.network_address)
    return low, low | (1 << (network.max_prefixlen - network.prefixlen)) - 1


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for low, high in sorted(spans):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def _overlaps(left: tuple[Span, ...], right: tuple[Span, ...]) -> Iterator[Span]:
    i = j = 0
    while i < len(left) and j < len(right):
        low, high = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if low <= high:
            yield low, high
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1


@dataclass(frozen=True, slots=True)
class AddressSet(_SpanSet):
    """A set of IPv4 addresses."""

    HIGHEST: ClassVar[int] = 2**32 - 1

    @classmethod
    def of(cls, *parts: IPv4Network | IPv4Address | str) -> Self:
        """The addresses of prefixes and single addresses; raises ValueError on text that is neither."""
        networks = (part if isinstance(part, IPv4Network) else IPv4Network(part) for part in parts)
        return cls(tuple(_span_of(network) for network in networks))

    @property
    def single(self) -> IPv4Address | None:
        """The one address that the set holds, or nothing where it holds none or many."""
        if len(self.spans) == 1 and self.spans[0][0] == self.spans[0][1]:
            return IPv4Address(self.spans[0][0])
        return None

    def prefixes(self) -> tuple[IPv4Network, ...]:
        """The fewest prefixes that make up the set, in ascending order."""
        return tuple(
            prefix
            for low, high in self.spans
            for prefix in summarize_address_range(IPv4Address(low), IPv4Address(high))
        )

    def __str__(self) -> str:
        if self.single is not None:
            return str(self.single)
        return ", ".join(str(prefix) for prefix in self.prefixes()) or "no address"


@dataclass(frozen=True, slots=True)
class PortSet(_SpanSet):
    """A set of TCP or UDP ports."""

    HIGHEST: ClassVar[int] = 2**16 - 1

    @classmethod
    def of(cls, *texts: str) -> Self:
        """The ports of texts such as `443`, `80-90` and `*`; raises ValueError on any other."""
        return cls(tuple(cls._span(text) for text in texts))

    @classmethod
    def _span(cls, text: str) -> Span:
        if text == "*":
            return cls.LOWEST, cls.HIGHEST
        low, dash, high = text.partition("-")
        return int(low), int(high if dash else low)

    def __str__(self) -> str:
        if self == type(self).everything():
            return "every port"
        return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in self.spans) or "no port"
