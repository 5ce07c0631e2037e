"""What opens and what closes between two environments, each with a flow that shows it and the step that decides it.

A pair that is only in the new environment opens what it allows; one that is only in the old closes what it allowed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from cloister.ask.asking import AnyEnvironment, answer
from cloister.ask.changed_hosts import Hosts, changed_hosts, host_pairs
from cloister.ask.closing import open_at
from cloister.ask.pairs import Kind, Pair, Ports, Wanted, all_pairs
from cloister.ask.question import Question
from cloister.fabric.flows import Protocol
from cloister.fabric.sets import PortSet
from cloister.verdict import Step

_Key = tuple[str, str, Kind]


class Turn(StrEnum):
    """What became of ports: surely open now, surely closed now, or undecided now; and not before."""

    OPENS = "opens"
    CLOSES = "closes"
    UNDECIDED = "becomes undecided"


@dataclass(frozen=True, slots=True)
class Change:
    """Ports of a pair that turned. `witness` is a question about one of them; `step` is what decides it now.

    Without a step, one end of the pair is gone.
    """

    turn: Turn
    place: str
    target: str
    kind: Kind
    ports: Ports
    witness: str
    step: Step | None


@dataclass(frozen=True)
class Changes:
    """All changes, by place and then by target, and which places are new or gone."""

    all: tuple[Change, ...]
    new_places: tuple[str, ...]
    gone_places: tuple[str, ...]

    @cached_property
    def by_turn(self) -> dict[Turn, tuple[Change, ...]]:
        """The changes by what became of their ports."""
        return {turn: tuple(change for change in self.all if change.turn is turn) for turn in Turn}


def changes(old: AnyEnvironment, new: AnyEnvironment, wanted: Wanted) -> Changes:
    """What turns between two environments."""
    hosts = changed_hosts(old.fabric, new.fabric)
    before, after = ({_key(pair): pair for pair in _pairs(one, hosts, wanted)} for one in (old, new))
    keys = dict.fromkeys((*after, *before))
    found = tuple(change for key in keys for change in _of_pair(new, before.get(key), after.get(key)))
    there, then = new.fabric.places, old.fabric.places
    return Changes(
        found, tuple(name for name in there if name not in then), tuple(name for name in then if name not in there)
    )


def _pairs(environment: AnyEnvironment, hosts: Hosts, wanted: Wanted) -> Iterator[Pair]:
    yield from all_pairs(environment, wanted)
    yield from host_pairs(environment, hosts, wanted)


def _key(pair: Pair) -> _Key:
    return pair.place, pair.target, pair.kind


def _of_pair(new: AnyEnvironment, before: Pair | None, after: Pair | None) -> Iterator[Change]:
    if before is None and after is not None:
        yield from _change(new, Turn.OPENS, after, after.allowed)
        yield from _change(new, Turn.UNDECIDED, after, after.undecided)
    elif after is None and before is not None:
        yield from _change(None, Turn.CLOSES, before, before.allowed)
    elif before is not None and after is not None and before != after:
        yield from _change(new, Turn.OPENS, after, _less(after.allowed, before.allowed))
        yield from _change(new, Turn.CLOSES, after, _less(after.refused, before.refused))
        yield from _change(new, Turn.UNDECIDED, after, _less(after.undecided, before.undecided))


def _less(ports: Ports, others: Ports) -> Ports:
    taken = dict(others)
    left = ((protocol, one - taken.get(protocol, PortSet())) for protocol, one in ports)
    return tuple((protocol, one) for protocol, one in left if one)


def _change(new: AnyEnvironment | None, turn: Turn, pair: Pair, ports: Ports) -> Iterator[Change]:
    if not ports:
        return
    protocol, first = ports[0]
    port = first.spans[0][0]
    flow = Question(_in_words(pair, protocol, port), pair.place, pair.target, port, protocol)
    yield Change(turn, pair.place, pair.target, pair.kind, ports, flow.text, _step(new, turn, flow) if new else None)


def _in_words(pair: Pair, protocol: Protocol, port: int) -> str:
    """The question as it can be asked."""
    if not protocol.has_ports:
        return f"{pair.place} -> {pair.target}/{protocol}"
    return f"{pair.place} -> {pair.target}:{port}{'' if protocol is Protocol.TCP else f'/{protocol}'}"


def _step(new: AnyEnvironment, turn: Turn, flow: Question) -> Step | None:
    verdict = answer(new, flow).verdict
    return open_at(verdict) if turn is Turn.OPENS else verdict.first_refusal
