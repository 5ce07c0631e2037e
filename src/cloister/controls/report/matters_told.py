"""What matters most in words: a head that says what it comes to, and under it the way, the cause and the mend."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cloister.ask.judgement import OWNERS, Judged
from cloister.controls.control import Severity
from cloister.controls.report.causes import told_mend, told_step
from cloister.controls.report.matters import Consequence, Matter, matters, place_of
from cloister.controls.report.phrases import Phrases
from cloister.controls.report.report import Report
from cloister.controls.report.sides import first
from cloister.controls.report.wrapping import columns, padded, wrapped
from cloister.verdict import Layer, Outcome

MOST = 5
"""So many matters are told; the others stand further below in the report."""
_FEW = 3
"""So many names are listed in a head or a row; more of them are counted."""
_UNTOLD = (Layer.NEED, Layer.NAME, Layer.RETURN)
"""The steps of a trace at which no packet of the caller passes."""
_MARGIN = " " * 5
_LABELS = ("label.way in", "label.way", "label.reach", "label.because", "label.of", "label.mend")


@dataclass(frozen=True, slots=True)
class Told:
    """A matter in words: its head, and rows of a label and what is said under it."""

    severity: Severity
    head: str
    rows: tuple[tuple[str, str], ...]


def told(report: Report, say: Phrases) -> tuple[tuple[Told, ...], int]:
    """The matters with the worst consequence, and how many there are besides."""
    found = matters(report)
    return tuple(_told(matter, say) for matter in found[:MOST]), max(len(found) - MOST, 0)


def matters_told(report: Report, say: Phrases) -> Iterator[str]:
    """The first part of the report for people; an environment in which all holds has none."""
    first_told, left = told(report, say)
    if not first_told or report.narrowed:
        return
    yield say("matters")
    severities = max(columns(say(f"severity.{one.severity.value}")) for one in first_told) + 2
    labels = max(columns(say(label)) for label in _LABELS) + 2
    for number, one in enumerate(first_told, 1):
        head = f"  {number}  {padded(say(f'severity.{one.severity.value}'), severities)}"
        yield from wrapped(one.head, head, " " * columns(head))
        for label, words in one.rows:
            yield from wrapped(words, _MARGIN + padded(label, labels), _MARGIN + " " * labels)
    if left:
        yield f"{_MARGIN}{say('matters.more', count=left)}"


def _told(matter: Matter, say: Phrases) -> Told:
    rows = _rows_of_findings(matter, say) if matter.control else _rows_of_intents(matter, say)
    found_by = f" ({', '.join(matter.controls)})" if matter.controls else ""
    return Told(
        matter.severity, _head(matter, say) + found_by, tuple((say(label), words) for label, words in rows if words)
    )


def _head(matter: Matter, say: Phrases) -> str:
    key = f"matter.{matter.consequence.value}"
    questions = tuple(dict.fromkeys(one.question or one.heading for one in matter.judged))
    split = [question.partition(" -> ") for question in questions]
    if matter.consequence is Consequence.WAY_IN:
        start = place_of(questions[0])
        targets = [target for place, _, target in split if place_of(f"{place} -> ") == start]
        return say(key, targets=first(targets, _FEW, say))
    if matter.consequence is Consequence.WAY_OUT:
        targets = list(dict.fromkeys(target for _, _, target in split))
        places = say.joined(list(dict.fromkeys(place for place, _, _ in split)))
        return say(key, places=places, targets=say.count("destinations", len(targets), first=targets[0]))
    if matter.consequence is Consequence.UNDECIDED and matter.control:
        return say("matter.doubted", title=say.title(matter.control))
    needs = dict.fromkeys(
        one.question if one.heading == OWNERS else say.named("heading", one.heading) for one in matter.judged
    )
    title = say.title(matter.control) if matter.control else ""
    return say(key, title=title, needs=first(list(needs), _FEW, say), questions=first(questions, _FEW, say))


def _rows_of_intents(matter: Matter, say: Phrases) -> Iterator[tuple[str, str]]:
    group = matter.judged
    if matter.consequence in (Consequence.WAY_IN, Consequence.WAY_OUT, Consequence.WAY):
        way_in = matter.consequence is Consequence.WAY_IN
        yield "label.way in" if way_in else "label.way", hops(group[0])
    else:
        yield "label.way", first(list(dict.fromkeys(one.question for one in group if one.question)), _FEW, say)
    yield "label.because", told_step(group)
    yield "label.mend", told_mend(group)


def _rows_of_findings(matter: Matter, say: Phrases) -> Iterator[tuple[str, str]]:
    findings = matter.findings
    yield "label.of", first(_distinct([one.resource for one in findings]), _FEW, say)
    yield "label.because", first(_distinct([one.message for one in findings]), 1, say)
    if matter.way:
        yield "label.way in", f"{matter.way.question} ({hops(matter.way)})"
    elif matter.consequence is Consequence.CLOSED:
        yield "label.reach", say("reach.closed")
    yield "label.mend", first(_distinct([one.mend for one in findings]), 1, say)


def hops(judged: Judged) -> str:
    """Where an open way passes, from its place to its target: `training > ml/compute > firewall > example.com:443`."""
    place, _, target = judged.question.partition(" -> ")
    passed = [
        step.at
        for step in judged.verdict.trace
        if step.outcome is Outcome.PASS and step.layer not in _UNTOLD and step.at != "*"
    ]
    last = target.partition(":")[0].partition("@")[0]
    between = [at for at in _distinct(passed) if at not in (place, last, target)]
    return " > ".join([place, *between, target])


def _distinct(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(words))
