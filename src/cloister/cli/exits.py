"""How `cloister check` leaves: the exit code of what counts, and a word where that is not all that was found."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from cloister.controls.report.report import Report

F = TypeVar("F", bound=Callable[..., Any])
_EXIT_CODES = {"holds": 0, "findings": 10, "undecided": 11, "nothing checked": 3}
_SOFT = (10, 11)


def exit_options(function: F) -> F:
    """The options --fail-on and --soft-fail."""
    function = click.option("--soft-fail", is_flag=True, help="Leave with 0 for findings and undecided.")(function)
    return click.option(
        "--fail-on",
        type=click.Choice(["critical", "high", "medium", "low", "undecided", "due", "never"]),
        help="Fail for this and all that weighs more; else as the document's stage lets count, or for all but `due`.",
    )(function)


def exit_code(report: "Report", fail_on: str | None, *, soft_fail: bool) -> int:
    """The exit code; on stderr, what does not count where that makes a difference."""
    from cloister.controls.report.gate import counted_outcome, gate_of  # noqa: PLC0415 - `--help` must not pay for it

    gate = gate_of(report.inventory, fail_on)
    outcome = counted_outcome(report, gate)
    code = _EXIT_CODES[outcome.value]
    if soft_fail and code in _SOFT:
        click.echo(f"exit code 0 instead of {code}: --soft-fail", err=True)
        return 0
    if outcome is not report.outcome:
        levels = ", ".join(sorted(gate.counts)) or "nothing"
        click.echo(f"exit code {code}: {gate.by} lets count: {levels}", err=True)
    return code
