"""The last line of a report: whether it holds, and what was found if not."""

from cloister.ask.judgement import Standing
from cloister.controls.control import Status
from cloister.controls.report.phrases import Phrases
from cloister.controls.report.report import Outcome, Report, counted

_PASSING = "summary.passing"
_TOLD = ((_PASSING, Status.PASS), ("summary.due", Status.DUE))


def summary(report: Report, say: Phrases) -> str:
    """One line."""
    if report.outcome is Outcome.NOTHING_CHECKED:
        return say("summary.nothing")
    if report.outcome is Outcome.HOLDS:
        holds = say("summary.holds", count=len(report.judgement.all()))
        if report.narrowed:
            return holds
        counts = (
            *((key, report.count(status)) for key, status in _TOLD),
            ("summary.waived", report.waived),
            ("summary.known", report.known),
        )
        return say.listed([holds, *(say(key, count=count) for key, count in counts if count or key == _PASSING)])
    failing = say.count("summary.in controls", report.count(Status.FAIL))
    parts = [
        say.count(key, count, controls=failing)
        for key, count in (
            ("summary.missed", counted(report.judgement.all(), Standing.MISSED)),
            ("summary.found", sum(len(result.findings) for result in report.results)),
            ("summary.expired", len(report.waiving.expired)),
            ("summary.undecided intents", counted(report.judgement.all(), Standing.UNDECIDED)),
            ("summary.doubts", sum(len(result.doubts) for result in report.results)),
            ("summary.to be attested", report.count(Status.DUE) if report.attested_in else 0),
        )
        if count
    ]
    verdict = "summary.findings" if report.outcome is Outcome.FINDINGS else "summary.undecided"
    return say(verdict, parts=say.listed(parts))
