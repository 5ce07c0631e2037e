"""Ports cut into atoms: sets of ports that no rule tells apart, each one bit of a mask.

More than 64 atoms make several planes, each of up to 64 bits; a mask belongs to one plane. A protocol without ports is
one atom, with port 0, and such protocols have a plane to themselves: much more is in doubt about them.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from cloister.fabric.flows import Protocol
from cloister.fabric.sets import PortSet, Span

BITS = 64
_NO_PORT = PortSet.of("0")
EVERY_PORT = PortSet(((1, PortSet.HIGHEST),))


@dataclass(frozen=True, slots=True)
class Atom:
    """Ports of one protocol that every rule takes together."""

    protocol: Protocol
    ports: PortSet

    @property
    def port(self) -> int:
        """One port that stands for all of them."""
        return self.ports.spans[0][0]


@dataclass(frozen=True, slots=True)
class About:
    """The masks of the atoms that a rule is surely about, of those that it may be about, and of both."""

    surely: np.uint64
    maybe: np.uint64
    either: np.uint64


@dataclass(frozen=True, slots=True)
class Plane:
    """Up to 64 atoms; the bit of an atom is its position."""

    atoms: tuple[Atom, ...]
    _known: dict[Hashable, About] = field(default_factory=dict, compare=False, repr=False)

    @property
    def full(self) -> int:
        """The mask of all atoms of the plane."""
        return (1 << len(self.atoms)) - 1

    def about(self, key: Hashable, held: Callable[[Atom], bool | None]) -> About:
        """The atoms that something holds, worked out once for each key."""
        if key not in self._known:
            answers = [held(atom) for atom in self.atoms]
            surely = sum(1 << bit for bit, answer in enumerate(answers) if answer)
            maybe = sum(1 << bit for bit, answer in enumerate(answers) if answer is None)
            self._known[key] = About(np.uint64(surely), np.uint64(maybe), np.uint64(surely | maybe))
        return self._known[key]

    def ports(self, mask: int) -> dict[Protocol, PortSet]:
        """The ports of a mask by protocol, without the protocols that have none."""
        chosen = [atom for bit, atom in enumerate(self.atoms) if mask >> bit & 1]
        by_protocol = {p: PortSet.union(atom.ports for atom in chosen if atom.protocol is p) for p in Protocol}
        return {protocol: ports for protocol, ports in by_protocol.items() if ports}


def planes(told_apart: Iterable[PortSet], within: PortSet, protocols: Iterable[Protocol]) -> tuple[Plane, ...]:
    """The planes for those protocols, where rules tell those sets of ports apart. `within` bounds what is looked at."""
    pieces = tuple(_alike(set(told_apart), within))
    with_ports = [Atom(p, ports) for p in protocols if p.has_ports for ports in pieces]
    portless = [Atom(p, _NO_PORT) for p in protocols if not p.has_ports]
    return (*_in_planes(with_ports), *_in_planes(portless))


def _in_planes(atoms: list[Atom]) -> Iterator[Plane]:
    for first in range(0, len(atoms), BITS):
        yield Plane(tuple(atoms[first : first + BITS]))


def _alike(sets: set[PortSet], within: PortSet) -> Iterator[PortSet]:
    """The ports of `within`, in sets of ports that lie in the same of those sets; ascending by their first port."""
    spans = list(_pieces({within, *sets}))
    starts = np.array([low for low, _ in spans])
    held = np.zeros((len(sets), len(spans)), dtype=np.bool_)
    for row, ports in enumerate(sets):
        for low, high in ports.spans:
            held[row, np.searchsorted(starts, low) : np.searchsorted(starts, high, side="right")] = True
    groups: dict[bytes, list[Span]] = {}
    for column, span in enumerate(spans):
        if span[0] in within:
            groups.setdefault(held[:, column].tobytes(), []).append(span)
    yield from (PortSet(tuple(group)) for group in groups.values())


def _pieces(sets: Iterable[PortSet]) -> Iterator[Span]:
    """All ports, cut wherever one of the sets begins or ends."""
    cuts = {PortSet.LOWEST, PortSet.HIGHEST + 1}
    cuts |= {cut for ports in sets for low, high in ports.spans for cut in (low, high + 1)}
    for low, next_low in pairwise(sorted(cuts)):
        yield low, next_low - 1
