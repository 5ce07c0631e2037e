"""All pairs in words and as rows: for a terminal, for programs, for tables."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from textwrap import wrap
from typing import Any

from cloister.ask.pairs import Pair, Ports
from cloister.ask.telling import WIDTH
from cloister.fabric.flows import Protocol
from cloister.fabric.sets import PortSet
from cloister.reach.matrix.atoms import EVERY_PORT
from cloister.verdict import Answer

COLUMNS = ("place", "target", "kind", "answer", "protocol", "ports")
"""The columns of the table forms: one row for each answer and protocol of a pair."""
SHOWN = (Answer.ALLOW, Answer.UNKNOWN)
_MARKS = {Answer.ALLOW: "ok", Answer.UNKNOWN: "??", Answer.DENY: "NO"}
_PORTS_WIDTH = 30


def tell(pairs: Sequence[Pair], answers: Sequence[Answer]) -> str:
    """The text form: under each place the targets that have the same ports, together."""
    lines: list[str] = []
    for place, of_place in groupby(pairs, key=lambda pair: pair.place):
        told = list(_of_place(list(of_place), answers))
        lines += [place, *(told or ["  nothing"]), ""]
    return "\n".join((*lines, _last(pairs, answers))) + "\n"


def _of_place(pairs: Sequence[Pair], answers: Sequence[Answer]) -> Iterator[str]:
    for answer in answers:
        alike: dict[Ports, list[str]] = {}
        for pair in pairs:
            if pair.ports(answer):
                alike.setdefault(pair.ports(answer), []).append(pair.target)
        for ports, targets in alike.items():
            names = "every target" if len(targets) == len(pairs) > 1 else ", ".join(targets)
            yield from _entry(f"  {_MARKS[answer]}  {in_words(ports)}", names)


def _entry(head: str, names: str) -> Iterator[str]:
    column = _PORTS_WIDTH + 8
    if len(head) > column - 2:
        yield from wrap(head, WIDTH, subsequent_indent=" " * 6, initial_indent="  ", break_on_hyphens=False)
        head = ""
    lines = wrap(names, WIDTH - column, break_on_hyphens=False)
    for number, line in enumerate(lines):
        yield f"{head if number == 0 else '':<{column}}{line}"


def _last(pairs: Sequence[Pair], answers: Sequence[Answer]) -> str:
    places = len({pair.place for pair in pairs})
    targets = len({pair.target for pair in pairs})
    words = {Answer.ALLOW: "open on some port", Answer.UNKNOWN: "undecided on some", Answer.DENY: "closed on some"}
    counted = (f"{sum(bool(pair.ports(answer)) for pair in pairs)} {words[answer]}" for answer in answers)
    return f"{_many(places, 'place')}, {_many(targets, 'target')}: {', '.join(counted)}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def in_words(ports: Ports) -> str:
    """Ports by protocol in words, such as `tcp 22, 443; every udp port`."""
    sets = dict(ports)
    if all(sets.get(protocol) == EVERY_PORT for protocol in (Protocol.TCP, Protocol.UDP)):
        rest = tuple((protocol, one) for protocol, one in ports if not protocol.has_ports)
        return "; ".join(("every port", *(str(protocol) for protocol, _ in rest)))
    return "; ".join(_protocol_in_words(protocol, one) for protocol, one in ports)


def _protocol_in_words(protocol: Protocol, ports: PortSet) -> str:
    if not protocol.has_ports:
        return str(protocol)
    return f"every {protocol} port" if ports == EVERY_PORT else f"{protocol} {ports}"


def rows(pairs: Iterable[Pair], answers: Sequence[Answer]) -> Iterator[dict[str, str]]:
    """The rows of the table forms."""
    for pair in pairs:
        for answer in answers:
            for protocol, ports in pair.ports(answer):
                values = (pair.place, pair.target, pair.kind.value, answer.value, protocol.value, _ranges(ports))
                yield dict(zip(COLUMNS, values, strict=True))


def _ranges(ports: PortSet) -> str:
    """Port ranges as rules write them: `22,443`, `1-1024`, `*`; `*` as well where a protocol has no ports."""
    if ports in (EVERY_PORT, PortSet.of("0")):
        return "*"
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in ports.spans)


def ports_as_json(ports: Ports) -> dict[str, list[str]]:
    """Ports by protocol, as lists of ranges."""
    return {protocol.value: _ranges(one).split(",") for protocol, one in ports}


def as_csv(pairs: Iterable[Pair], answers: Sequence[Answer]) -> str:
    """The rows as CSV, with a header."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows(pairs, answers))
    return out.getvalue()


def as_json(pairs: Iterable[Pair], answers: Sequence[Answer]) -> list[dict[str, Any]]:
    """The JSON form: one entry for each pair that has one of the answers on some port."""
    return [
        {
            "place": pair.place,
            "target": pair.target,
            "kind": pair.kind.value,
            **{
                answer.value: {p.value: _ranges(ports).split(",") for p, ports in pair.ports(answer)}
                for answer in answers
            },
        }
        for pair in pairs
        if any(pair.ports(answer) for answer in answers)
    ]
