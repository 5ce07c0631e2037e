"""What matters most of a report: open ways, findings and broken needs in the order of their consequence.

A finding by attribute says that something could be reached; reach says whether it is. So the two are joined here: a
finding that only says why a way is open is told with that way, a finding about something that an open way leads to
comes before one about something that no way from the internet leads to.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from cloister.ask.judgement import Judged, Standing
from cloister.controls.control import Control, Decided, Doubt, Finding, Pillar, Result, Severity, Told
from cloister.controls.report.causes import of_one_cause
from cloister.controls.report.report import Report

_INTERNET = "internet"
_QUOTED = re.compile(r'"([^"]+)"')


class Consequence(StrEnum):
    """What a matter comes to; in order, the worst first among those of one severity."""

    WAY_IN = "way in"
    EXPOSED = "exposed"
    WAY_OUT = "way out"
    WAY = "way"
    FOUND = "found"
    BROKEN = "broken"
    UNDECIDED = "undecided"
    CLOSED = "closed"


_OPEN = (Consequence.WAY_IN, Consequence.WAY_OUT, Consequence.WAY)
_SEVERITIES = {
    Consequence.WAY_IN: Severity.CRITICAL,
    Consequence.WAY_OUT: Severity.CRITICAL,
    Consequence.WAY: Severity.CRITICAL,
    Consequence.BROKEN: Severity.HIGH,
    Consequence.UNDECIDED: Severity.HIGH,
}
"""How much an intent weighs that is not met, by what that comes to; a finding weighs what its control says."""


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing that matters.

    `judged` are the intents of one cause: open ways, broken flows, what cannot be told. `control` and `findings` are
    what was found by attribute: beside intents, the findings that say why the way is open. `way` is the open way that
    leads to what the findings are about.
    """

    consequence: Consequence
    severity: Severity
    judged: tuple[Judged, ...] = ()
    control: Control | None = None
    findings: tuple[Finding | Doubt, ...] = ()
    way: Judged | None = None

    @property
    def rank(self) -> tuple[int, int]:
        """Where it stands: by severity, then by consequence; a control that is in doubt one severity lower."""
        doubted = self.control is not None and self.consequence is Consequence.UNDECIDED
        return list(Severity).index(self.severity) + doubted, list(Consequence).index(self.consequence)

    @property
    def open_way(self) -> Judged | None:
        """The open way that it is about, or that leads to what it is about, if any."""
        return self.way or (self.judged[0] if self.consequence in _OPEN else None)

    @property
    def controls(self) -> tuple[str, ...]:
        """The controls whose findings it joins."""
        return tuple(dict.fromkeys(one.control for one in self.findings))


class Reached:
    """What reach says of resources, from the intents that ask for them."""

    def __init__(self, judged: Iterable[Judged]) -> None:
        self._asked: dict[str, list[tuple[str, Judged]]] = {}
        for one in judged:
            question = one.question
            self._asked.setdefault(target_of(question), []).append((place_of(question), one))

    def of(self, control: Control, told: Told) -> tuple[Consequence, Judged | None]:
        """What a finding comes to: an open way leads to its resource, none from the internet does, or nothing is said.

        Nothing is said where the control is not about security, or was decided by reach itself.
        """
        if control.pillar is not Pillar.SECURITY or control.decided is Decided.REACH:
            return Consequence.FOUND, None
        names = resource_names(told.resource)
        about = [(place, one) for name in names for place, one in self._asked.get(name, ()) if place not in names]
        way = next((one for _, one in about if one.standing is Standing.MISSED), None)
        if way is not None:
            return Consequence.EXPOSED, way
        from_outside = [one for place, one in about if place == _INTERNET]
        closed = bool(from_outside) and all(one.standing is Standing.MET for one in from_outside)
        return (Consequence.CLOSED if closed else Consequence.FOUND), None


def matters(report: Report) -> tuple[Matter, ...]:
    """Everything that matters, the worst first; nothing where all holds."""
    ways = [_of_ways(group) for group in of_one_cause(_standing(report.judgement.closure, Standing.MISSED))]
    joined, rest = _joined(ways, report.results)
    found = [
        *joined,
        *_of_findings(rest, Reached(report.judgement.closure)),
        *_of_doubts(report),
        *(
            Matter(Consequence.BROKEN, _SEVERITIES[Consequence.BROKEN], tuple(group))
            for group in of_one_cause(_standing(report.judgement.flow, Standing.MISSED))
        ),
        *(
            Matter(Consequence.UNDECIDED, _SEVERITIES[Consequence.UNDECIDED], tuple(group))
            for group in of_one_cause(_standing(report.judgement.all(), Standing.UNDECIDED))
        ),
    ]
    return tuple(sorted(found, key=lambda matter: matter.rank))


def resource_names(resource: str) -> tuple[str, ...]:
    """The names that the words for a resource quote."""
    return tuple(_QUOTED.findall(resource))


def place_of(question: str) -> str:
    """Where a question is asked from."""
    return question.partition(" -> ")[0].rpartition(" at ")[2]


def target_of(question: str) -> str:
    """The resource that a question asks for, without its door and port."""
    return re.split(r"[:/@]", question.partition(" -> ")[2], maxsplit=1)[0]


def _standing(judged: Iterable[Judged], standing: Standing) -> list[Judged]:
    return [one for one in judged if one.standing is standing]


def _of_ways(group: Sequence[Judged]) -> Matter:
    """Open ways with one cause: a way in where any begins on the internet, a way out where a pack says so."""
    if any(place_of(one.question) == _INTERNET for one in group):
        kind = Consequence.WAY_IN
    elif any(one.pack for one in group):
        kind = Consequence.WAY_OUT
    else:
        kind = Consequence.WAY
    ordered = sorted(group, key=lambda one: place_of(one.question) != _INTERNET)
    return Matter(kind, _SEVERITIES[kind], tuple(ordered))


def _joined(ways: list[Matter], results: Iterable[Result]) -> tuple[list[Matter], list[tuple[Result, Finding]]]:
    """The ways with the findings that say why they are open; and the other findings."""
    causes = [_cause(way) for way in ways]
    told: list[list[Finding]] = [[] for _ in ways]
    rest: list[tuple[Result, Finding]] = []
    for result in results:
        for finding in result.findings:
            number = next((at for at, cause in enumerate(causes) if _explains(result, finding, cause)), None)
            if number is None:
                rest.append((result, finding))
            else:
                told[number].append(finding)
    return [replace(way, findings=tuple(found)) for way, found in zip(ways, told, strict=True)], rest


@dataclass(frozen=True, slots=True)
class _Cause:
    """What leaves a way open: from which place by which step, and which attribute of what lets it."""

    steps: frozenset[tuple[str, str]]
    attributes: frozenset[tuple[str, str]]


def _cause(way: Matter) -> _Cause:
    steps = [(place_of(one.question), one.decisive) for one in way.judged]
    attributes = {_attribute(step.at, step.rule.name) for _, step in steps if step.rule and step.rule.origin}
    return _Cause(frozenset((place, step.text) for place, step in steps), frozenset(attributes))


def _attribute(at: str, rule: str) -> tuple[str, str]:
    """Whose attribute a rule is, and which: `node_public_ip of training`, or that of the place of the step."""
    attribute, _, owner = rule.partition(" of ")
    return owner or at, attribute


def _explains(result: Result, finding: Finding, cause: _Cause) -> bool:
    """Whether a finding is the cause of a way: the same step, or the attribute that the step's rule names."""
    names = resource_names(finding.resource)
    if result.control.decided is Decided.REACH:
        return any(place in names and text in finding.message for place, text in cause.steps)
    return any(owner in names and attribute in finding.message for owner, attribute in cause.attributes)


def _of_findings(found: Iterable[tuple[Result, Finding]], reach: Reached) -> Iterator[Matter]:
    """The findings of a control together, those that an open way leads to apart from the others."""
    groups: dict[tuple[str, Consequence], tuple[Control, Judged | None, list[Finding]]] = {}
    for result, finding in found:
        kind, way = reach.of(result.control, finding)
        groups.setdefault((result.control.id, kind), (result.control, way, []))[2].append(finding)
    for (_, kind), (control, way, findings) in groups.items():
        yield Matter(kind, control.severity, control=control, findings=tuple(findings), way=way)


def _of_doubts(report: Report) -> Iterator[Matter]:
    """What a control cannot tell, all of it together."""
    for result in report.results:
        if result.doubts:
            control = result.control
            yield Matter(Consequence.UNDECIDED, control.severity, control=control, findings=result.doubts)
