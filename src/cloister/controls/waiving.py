"""What owners accept for a time is taken out of what was found, and told apart: waived, never dropped.

A waiver whose last day has passed covers nothing, and is a finding of its own; one that covers nothing is told, since
its author believes that there is something to accept.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from cloister.ask.judgement import Asked, Judged, Judgement
from cloister.controls.control import Doubt, Finding, Result, Waived
from cloister.inventory.statements import Waiver, spot

_QUOTED = re.compile(r'"([^"]*)"')


@dataclass(frozen=True, slots=True)
class WaivedIntent:
    """An intent that is not met, and who accepts that until when."""

    judged: Judged
    waiver: Waiver


@dataclass(frozen=True, slots=True)
class Waiving:
    """What became of the waivers: the intents that they cover, those that have expired, those that cover nothing."""

    intents: tuple[WaivedIntent, ...] = ()
    expired: tuple[Waiver, ...] = ()
    stale: tuple[Waiver, ...] = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """A judgement and results without what is waived."""

    judgement: Judgement
    results: tuple[Result, ...]
    waiving: Waiving


def without_waived(
    judgement: Judgement, results: tuple[Result, ...], waivers: Iterable[Waiver], today: date
) -> Accepted:
    """What remains of what was found once everything that is accepted as of `today` is told apart."""
    stated = tuple(waivers)
    live = tuple(waiver for waiver in stated if today <= waiver.until)
    expired = tuple(waiver for waiver in stated if waiver not in live)
    intents = tuple(one for judged in judgement.all() if (one := _waived_intent(judged, live)) is not None)
    gone = {id(one.judged) for one in intents}
    rest = replace(
        judgement,
        closure=tuple(one for one in judgement.closure if id(one) not in gone),
        flow=tuple(one for one in judgement.flow if id(one) not in gone),
    )
    used = _used(judgement, results, live)
    stale = tuple(waiver for waiver in live if waiver not in used)
    return Accepted(rest, tuple(_without(result, live) for result in results), Waiving(intents, expired, stale))


def _used(judgement: Judgement, results: Iterable[Result], waivers: tuple[Waiver, ...]) -> set[Waiver]:
    """The waivers that cover anything."""
    used = {waiver for judged in judgement.all() for waiver in _covering(judged, waivers)}
    return used | {waiver for result in results for one in result.told for waiver in _waivers_of(one, waivers)}


def _without(result: Result, waivers: tuple[Waiver, ...]) -> Result:
    def left(told: Finding | Doubt) -> bool:
        return not _waivers_of(told, waivers)

    waived = tuple(Waived(one, covering[0]) for one in result.told if (covering := _waivers_of(one, waivers)))
    findings, doubts = tuple(filter(left, result.findings)), tuple(filter(left, result.doubts))
    return replace(result, findings=findings, doubts=doubts, waived=waived) if waived else result


def _waivers_of(told: Finding | Doubt, waivers: tuple[Waiver, ...]) -> tuple[Waiver, ...]:
    return tuple(waiver for waiver in waivers if waiver.control == told.control and _is_about(waiver, told))


def _is_about(waiver: Waiver, told: Finding | Doubt) -> bool:
    """Whether a waiver means the resource, by its place, its name, what it is called, or its address in a plan."""
    if not waiver.resource:
        return spot(told.origin) in waiver.places
    names = (told.resource, *_QUOTED.findall(told.resource), told.origin.address)
    # The place of a finding is mostly that of an attribute; what has a dot in it is no mere type of resources.
    inside = "." in waiver.resource and _matches(f"{waiver.resource}.*", told.origin.address)
    return inside or any(_matches(waiver.resource, name) for name in names)


def _waived_intent(judged: Judged, waivers: tuple[Waiver, ...]) -> WaivedIntent | None:
    """The intent as a waived one where every question that is not met is accepted."""
    covering = _covering(judged, waivers)
    covered = all(any(_means(waiver, one) for waiver in covering) for one in judged.unmet)
    return WaivedIntent(judged, covering[0]) if covering and covered else None


def _covering(judged: Judged, waivers: tuple[Waiver, ...]) -> tuple[Waiver, ...]:
    named = (waiver for waiver in waivers if waiver.intent and _matches(waiver.intent, judged.intent.name))
    return tuple(waiver for waiver in named if any(_means(waiver, one) for one in judged.unmet))


def _means(waiver: Waiver, asked: Asked) -> bool:
    place, _, target = asked.question.partition(" -> ")
    return not waiver.resource or any(_matches(waiver.resource, word) for word in (asked.question, place, target))


def _matches(pattern: str, name: str) -> bool:
    """Whether a name is the one that is written, or of the pattern, in which `*` stands for any letters.

    Each part is taken where it is found first, so that no pattern takes longer than its parts.
    """
    first, *inner = pattern.split("*")
    if not inner:
        return pattern == name
    last = inner.pop()
    end = len(name) - len(last)
    if not (name.startswith(first) and name.endswith(last) and end >= len(first)):
        return False
    here = len(first)
    for part in inner:
        found = name.find(part, here, end)
        if found < 0:
            return False
        here = found + len(part)
    return True
