"""Which part of what was found makes a check fail: all of it, or what a stage or the caller lets count.

The report tells everything all the same; only the exit code knows of the gate.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from cloister.ask.judgement import Standing
from cloister.controls.control import Severity, Status
from cloister.controls.report.report import Outcome, Report
from cloister.facts.stages import stages
from cloister.inventory.azure import Inventory
from cloister.inventory.clouds import AnyInventory
from cloister.inventory.intents import Side

UNDECIDED, DUE, NEVER = "undecided", "due", "never"
LEVELS = (*(severity.value for severity in Severity), UNDECIDED, DUE)
"""What can count, in the order in which it is let in: each level with all before it."""
_OF_SIDE = {Side.CLOSURE: Severity.CRITICAL, Side.FLOW: Severity.HIGH}


@dataclass(frozen=True, slots=True)
class Gate:
    """What counts, and who said so."""

    counts: frozenset[str]
    by: str


def gate_of(inventory: AnyInventory, fail_on: str | None) -> Gate:
    """The gate that the caller named, or else that of the environment's stage; everything but what is due otherwise."""
    if fail_on == NEVER:
        return Gate(frozenset(), f"--fail-on {fail_on}")
    if fail_on:
        return Gate(frozenset(LEVELS[: LEVELS.index(fail_on) + 1]), f"--fail-on {fail_on}")
    requirements = inventory.requirements if isinstance(inventory, Inventory) else None
    stage = requirements.stage if requirements else None
    if stage:
        return Gate(frozenset(stages()[stage].counts.split()), f"stage {stage}")
    return Gate(frozenset(LEVELS) - {DUE}, "default")


def counted_outcome(report: Report, gate: Gate) -> Outcome:
    """What came of the check, of what counts. That nothing was there to check is no finding, and stays."""
    if report.outcome is Outcome.NOTHING_CHECKED:
        return report.outcome
    if any(severity.value in gate.counts for severity in _severities(report)):
        return Outcome.FINDINGS
    # Whoever keeps a file of attestations answers for what is due, so that it is undecided while nobody has stated it.
    due = DUE in gate.counts or (report.attested_in and UNDECIDED in gate.counts)
    if (_undecided(report) and UNDECIDED in gate.counts) or (due and report.count(Status.DUE)):
        return Outcome.UNDECIDED
    return Outcome.HOLDS


def _severities(report: Report) -> Iterator[Severity]:
    """The severity of everything that was found."""
    yield from (_OF_SIDE[one.intent.side] for one in report.judgement.all() if one.standing is Standing.MISSED)
    yield from (finding.severity for result in report.results for finding in result.findings)
    of_control = {result.control.id: result.control.severity for result in report.results}
    yield from (of_control.get(waiver.control, Severity.CRITICAL) for waiver in report.waiving.expired)


def _undecided(report: Report) -> bool:
    undecided = any(one.standing is Standing.UNDECIDED for one in report.judgement.all())
    return undecided or any(result.doubts for result in report.results)
