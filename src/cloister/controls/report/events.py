"""The report as events for a SIEM: one for each intent that is not met, and for each thing that a control told of."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from cloister.ask.judgement import Judged, Standing
from cloister.controls.control import Control, Doubt, Finding, Result, Severity, Told
from cloister.controls.fingerprints import RULES, of_intent, of_told
from cloister.controls.report.causes import told_step
from cloister.controls.report.phrases import Phrases
from cloister.controls.report.report import Report
from cloister.inventory.intents import Side
from cloister.origin import Origin

_SEVERITIES = {Side.CLOSURE: Severity.CRITICAL, Side.FLOW: Severity.HIGH}


class State(StrEnum):
    """What an event says: something fails, cannot be told, waits for a person's statement, or is waived by one."""

    FAIL = "fail"
    UNDECIDED = "undecided"
    DUE = "due"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event. `rule` is the id of a control, CLOSURE or FLOW; `fingerprint` outlives a line that moves."""

    rule: str
    title: str
    severity: Severity
    state: State
    resource: str
    message: str
    mend: str
    origin: Origin
    fingerprint: str
    control: Control | None = None


def events(report: Report, say: Phrases) -> Iterator[Event]:
    """Every event: closure, flow, then controls by id."""
    for judged in report.judgement.all():
        if judged.standing is not Standing.MET:
            yield _intent(judged, State.FAIL if judged.standing is Standing.MISSED else State.UNDECIDED)
    for intent in report.waiving.intents:
        yield _intent(intent.judged, State.WAIVED)
    for result in report.results:
        told: tuple[Told, ...] = (*result.findings, *result.doubts, *result.dues)
        yield from (_told(one, result, say, _state(one)) for one in told)
        for waived in result.waived:
            yield _told(waived.told, result, say, State.WAIVED)


def _state(told: Told) -> State:
    if isinstance(told, Finding):
        return State.FAIL
    return State.UNDECIDED if isinstance(told, Doubt) else State.DUE


def _intent(judged: Judged, state: State) -> Event:
    intent = judged.intent
    return Event(
        rule=RULES[intent.side],
        title=judged.question or judged.heading,
        severity=_SEVERITIES[intent.side],
        state=state,
        resource=judged.question.partition(" -> ")[2],
        message=f"{told_step([judged])} ({intent.why})",
        mend=judged.mend,
        origin=intent.origin,
        fingerprint=of_intent(judged),
    )


def _told(told: Told, result: Result, say: Phrases, state: State) -> Event:
    return Event(
        rule=told.control,
        title=say.title(result.control),
        severity=told.severity,
        state=state,
        resource=told.resource,
        message=told.message,
        mend=told.mend,
        origin=told.origin,
        fingerprint=of_told(told),
        control=result.control,
    )
