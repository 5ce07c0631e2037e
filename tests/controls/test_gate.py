"""What counts: by default everything but what is due, by the stage of the environment, or as the caller says."""

from dataclasses import replace
from datetime import date

import pytest

from cloister.ask.judgement import Asked, Judged, Judgement
from cloister.controls.control import Doubt, Due, Finding, Result, Severity
from cloister.controls.report.gate import LEVELS, counted_outcome, gate_of
from cloister.controls.report.report import Outcome, Report
from cloister.controls.waiving import Waiving
from cloister.controls.workspace.az001_public_workspace_access import CONTROL
from cloister.facts.stages import stages
from cloister.inventory.azure import Cloud, Inventory, Requirements, StorageAccount
from cloister.inventory.intents import Intent, Side
from cloister.inventory.statements import Waiver
from cloister.origin import Origin
from cloister.verdict import Answer, Layer, Step, Verdict
from cloister.verdict import Outcome as StepOutcome

PLACE = Origin("c.yaml", 4)
STORE = StorageAccount(name="st", origin=PLACE)
BARE = Inventory(name="e", cloud=Cloud.PUBLIC, region="westeurope", storage_accounts=(STORE,), origin=PLACE)


def _result(severity: str, kind: type[Finding | Doubt | Due] | None) -> Result:
    control = replace(CONTROL, severity=Severity(severity))
    told = () if kind is None else (kind("AZ001", Severity(severity), "r", "m", "d", PLACE),)
    found = tuple(one for one in told if isinstance(one, Finding))
    doubts = tuple(one for one in told if isinstance(one, Doubt))
    return Result(control, 1, found, doubts, tuple(one for one in told if isinstance(one, Due)))


def _intent(side: Side, answer: Answer) -> Judged:
    verdict = Verdict(answer, "so", (Step(Layer.FILTER, "x", StepOutcome.PASS, "so"),))
    return Judged("h", Intent(name="i", side=side, question="q", why="w", origin=PLACE), (Asked("q", verdict),))


def _report(result: Result, *judged: Judged, **more: object) -> Report:
    met = _intent(Side.FLOW, Answer.ALLOW)
    closure = tuple(one for one in judged if one.intent.side is Side.CLOSURE)
    flow = (met, *(one for one in judged if one.intent.side is Side.FLOW))
    report = Report(BARE, "c.yaml", Judgement(closure, flow), (result,))
    return replace(report, **more)  # type: ignore[arg-type]


PASS = _result("low", None)
EXPIRED = Waiver(control="AZ001", resource="x", reason="r", owner="o", until=date(2026, 1, 1), origin=PLACE)
LAPSED = Waiving(expired=(EXPIRED,))
# What was found, and the level from which on it counts.
ROWS: list[tuple[str, Report, str, Outcome]] = [
    ("a critical finding", _report(_result("critical", Finding)), "critical", Outcome.FINDINGS),
    ("a high finding", _report(_result("high", Finding)), "high", Outcome.FINDINGS),
    ("a medium finding", _report(_result("medium", Finding)), "medium", Outcome.FINDINGS),
    ("a low finding", _report(_result("low", Finding)), "low", Outcome.FINDINGS),
    ("something open", _report(PASS, _intent(Side.CLOSURE, Answer.ALLOW)), "critical", Outcome.FINDINGS),
    ("nobody can work", _report(PASS, _intent(Side.FLOW, Answer.DENY)), "high", Outcome.FINDINGS),
    ("an expired waiver", _report(replace(PASS, control=CONTROL), waiving=LAPSED), "critical", Outcome.FINDINGS),
    ("an expired waiver of little", _report(_result("low", None), waiving=LAPSED), "low", Outcome.FINDINGS),
    ("a doubt", _report(_result("critical", Doubt)), "undecided", Outcome.UNDECIDED),
    ("an undecided intent", _report(PASS, _intent(Side.CLOSURE, Answer.UNKNOWN)), "undecided", Outcome.UNDECIDED),
    ("what is due", _report(_result("critical", Due)), "due", Outcome.UNDECIDED),
    ("what is due with a file", _report(_result("high", Due), attested_in="a.yaml"), "undecided", Outcome.UNDECIDED),
]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("says", "report", "counts_from", "outcome"), ROWS, ids=[row[0] for row in ROWS])
def test_a_level_lets_count_what_weighs_as_much_or_more(
    level: str, says: str, report: Report, counts_from: str, outcome: Outcome
) -> None:
    counts = LEVELS.index(level) >= LEVELS.index(counts_from)
    assert counted_outcome(report, gate_of(BARE, level)) is (outcome if counts else Outcome.HOLDS), says
    assert counted_outcome(report, gate_of(BARE, "never")) is Outcome.HOLDS


@pytest.mark.parametrize(("says", "report"), [row[:2] for row in ROWS], ids=[row[0] for row in ROWS])
def test_by_default_the_outcome_of_the_report_counts(says: str, report: Report) -> None:
    assert counted_outcome(report, gate_of(BARE, None)) is report.outcome, says


def test_that_nothing_was_checked_stays() -> None:
    nothing = Report(BARE, "c.yaml", Judgement((), ()), ())
    assert counted_outcome(nothing, gate_of(BARE, "never")) is Outcome.NOTHING_CHECKED


@pytest.mark.parametrize(
    ("stage", "counts"),
    [
        ("dev", {"critical", "high"}),
        ("test", {"critical", "high", "medium", "undecided"}),
        ("prod", {"critical", "high", "medium", "low", "undecided"}),
    ],
)
def test_the_stage_decides_where_the_caller_says_nothing(stage: str, counts: set[str]) -> None:
    inventory = replace(BARE, requirements=Requirements(stage=stage, origin=PLACE))  # type: ignore[arg-type]
    gate = gate_of(inventory, None)
    assert (gate.counts, gate.by) == (frozenset(counts), f"stage {stage}")
    assert gate_of(inventory, "low").by == "--fail-on low"


def test_each_stage_of_a_document_has_a_row_with_levels_that_there_are() -> None:
    assert list(stages()) == ["dev", "test", "prod"]
    for row in stages().values():
        assert set(row.counts.split()) <= set(LEVELS)
        assert row.why
