"""Whether earlier rules take everything that a later one is about: set algebra over source, destination and port.

Where it is not known what a rule means, it counts as little as it can on the earlier side and as much as it can on the
later, so that a rule that is told as covered is covered in every reading. Labels of published address groups and names
of hosts are taken one by one: an earlier rule takes a label whole (its own, its parent, everything public) or not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from cloister.fabric.addresses import NOWHERE, AddressMatch
from cloister.fabric.appliances import host_fits
from cloister.fabric.flows import Protocol
from cloister.fabric.sets import AddressSet, PortSet
from cloister.verdict import Rule

_EVERYWHERE = AddressSet.everything()
_EVERY_PORT = PortSet.everything()
_WITH_PORTS = frozenset(protocol for protocol in Protocol if protocol.has_ports)
_Members = TypeVar("_Members", AddressSet, PortSet)
_MOST_PIECES = 256
"""Beyond so many pieces nothing is told of a rule."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What a rule is about. `sure` protocols are meant in every reading, `protocols` in at least one.

    `hosts` are patterns of host names and `lists` the names of lists of hosts, where the rule is about names;
    `named` are exact names that a rule on addresses resolves, beside its destinations.
    """

    rule: Rule
    allow: bool
    protocols: frozenset[Protocol]
    sure: frozenset[Protocol]
    sources: tuple[AddressMatch, ...]
    destinations: tuple[AddressMatch, ...]
    ports: PortSet
    source_ports: PortSet = _EVERY_PORT
    hosts: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Term:
    """One part of one side of a rule: a set of addresses, or a label, a host name or a list, each as a whole."""

    within: AddressSet = _EVERYWHERE
    label: str = ""
    host: str = ""
    listed: str = ""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A box of traffic. `parts` are its sides: sources, destinations, ports."""

    sources: AddressSet
    destinations: AddressSet
    protocols: frozenset[Protocol]
    ports: PortSet

    def __bool__(self) -> bool:
        return bool(self.sources and self.destinations and self.protocols and self.ports)

    def __and__(self, other: "_Piece") -> "_Piece":
        return _Piece(
            self.sources & other.sources,
            self.destinations & other.destinations,
            self.protocols & other.protocols,
            self.ports & other.ports,
        )

    def corners(self) -> Iterator["_Piece"]:
        """Its lowest and its highest point, as boxes of one member on each side."""
        protocols = sorted(self.protocols)
        for end, protocol in ((0, protocols[0]), (-1, protocols[-1])):
            yield _Piece(
                _point(self.sources, end),
                _point(self.destinations, end),
                frozenset({protocol}),
                _point(self.ports, end),
            )

    def misses(self, other: "_Piece") -> bool:
        """Whether the two have nothing in common."""
        return (
            self.protocols.isdisjoint(other.protocols)
            or self.ports.isdisjoint(other.ports)
            or self.sources.isdisjoint(other.sources)
            or self.destinations.isdisjoint(other.destinations)
        )

    def without(self, other: "_Piece") -> Iterator["_Piece"]:
        """What is left of it, cut side after side, so that no two pieces overlap."""
        if self.misses(other):  # as nearly always: told without working out what the two share
            yield self
            return
        shared = self & other
        if not shared:
            yield self
            return
        rest = (
            replace(self, sources=self.sources - other.sources),
            replace(self, sources=shared.sources, destinations=self.destinations - other.destinations),
            replace(shared, protocols=self.protocols - other.protocols, ports=self.ports),
            replace(shared, ports=self.ports - other.ports),
        )
        yield from (piece for piece in rest if piece)


def _point(members: _Members, end: int) -> _Members:
    """The lowest member (end 0) or the highest (end -1) of a set."""
    member = members.spans[end][end]
    return type(members)(((member, member),))


def covering(later: Extent, earlier: Sequence[Extent], public: AddressSet) -> tuple[Rule, ...]:
    """The earlier rules that together take everything from a later one, none of them for nothing; else none."""
    takers = _takers(later, earlier, public)
    if not takers:
        return ()
    for one in list(takers):
        fewer = [other for other in takers if other is not one]
        if fewer and _takers(later, fewer, public):
            takers = fewer
    return tuple(one.rule for one in takers)


def _takers(later: Extent, earlier: Sequence[Extent], public: AddressSet) -> list[Extent]:
    """The earlier rules that take something from a later one, where together they take everything."""
    takers: dict[int, Extent] = {}
    about_something = False
    for source in _terms(later.sources):
        for destination in _destination_terms(later):
            left = list(_pieces(later, source, destination))
            about_something = about_something or bool(left)
            boxes = [
                list(_taken(later, one, source, destination, public)) if one.sure & later.protocols else []
                for one in earlier
            ]
            if not all(_corner_taken(corner, boxes) for piece in left for corner in piece.corners()):
                return []
            for number, (one, taken) in enumerate(zip(earlier, boxes, strict=True)):
                if not left:
                    break
                remaining = [rest for piece in left for rest in _without_all(piece, taken)]
                if remaining != left:
                    takers[number] = one
                left = remaining
                if len(left) > _MOST_PIECES:
                    return []
            if left:
                return []
    return [takers[number] for number in sorted(takers)] if about_something else []


def _corner_taken(corner: "_Piece", boxes: list[list[_Piece]]) -> bool:
    """Whether some box holds a single point: one that none holds proves that something is left, without any cutting."""
    return any(not corner.misses(box) for taken in boxes for box in taken)


def _without_all(piece: _Piece, taken: list[_Piece]) -> list[_Piece]:
    left = [piece]
    for box in taken:
        left = [rest for one in left for rest in one.without(box)]
    return left


def _terms(matches: tuple[AddressMatch, ...]) -> Iterator[_Term]:
    for match in matches:
        if match.possible:
            yield _Term(match.possible)
        for label in sorted(match.labels | match.doubtful_labels):
            yield _Term(label=label)


def _destination_terms(extent: Extent) -> Iterator[_Term]:
    yield from _terms(extent.destinations)
    yield from (_Term(host=host) for host in (*extent.hosts, *extent.named))
    yield from (_Term(listed=name) for name in extent.lists)


def _pieces(extent: Extent, source: _Term, destination: _Term) -> Iterator[_Piece]:
    """What a rule may be about: protocols with ports, and those without, to which its ports say nothing."""
    boxes = (
        _Piece(source.within, destination.within, extent.protocols & _WITH_PORTS, extent.ports),
        _Piece(source.within, destination.within, extent.protocols - _WITH_PORTS, _EVERY_PORT),
    )
    yield from (box for box in boxes if box)


def _taken(later: Extent, earlier: Extent, source: _Term, destination: _Term, public: AddressSet) -> Iterator[_Piece]:
    """What an earlier rule surely takes of a part of a later one."""
    if not later.source_ports <= earlier.source_ports:
        return
    sources = _sure(earlier.sources, source, public)
    destinations = _sure_destinations(earlier, destination, public)
    yield _Piece(sources, destinations, earlier.sure & _WITH_PORTS, earlier.ports)
    if earlier.ports == earlier.source_ports == _EVERY_PORT:
        yield _Piece(sources, destinations, earlier.sure - _WITH_PORTS, _EVERY_PORT)


def _sure(matches: tuple[AddressMatch, ...], term: _Term, public: AddressSet) -> AddressSet:
    sure = AddressSet.union(match.sure for match in matches)
    if term.host or term.listed:
        return _EVERYWHERE if sure == _EVERYWHERE else NOWHERE
    if not term.label:
        return sure
    names = {term.label, term.label.partition(".")[0]}
    whole = public <= sure or any(names & match.labels for match in matches)
    return _EVERYWHERE if whole else NOWHERE


def _sure_destinations(earlier: Extent, term: _Term, public: AddressSet) -> AddressSet:
    """A rule on names takes nothing of one on addresses; one on addresses takes names where it takes every address."""
    if term.host and (term.host in earlier.named or any(_wider(pattern, term.host) for pattern in earlier.hosts)):
        return _EVERYWHERE
    if term.listed and (term.listed in earlier.lists or "*" in earlier.hosts):
        return _EVERYWHERE
    return _sure(earlier.destinations, term, public)


def _wider(pattern: str, other: str) -> bool:
    """Whether every host that fits one pattern fits another."""
    if other.startswith("*"):
        return pattern == "*" or (pattern.startswith("*") and other[1:].endswith(pattern[1:].lower()))
    return host_fits(pattern, other)
