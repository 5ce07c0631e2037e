"""What people state about an environment, as the options of `cloister check` name it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from cloister.errors import Fault
    from cloister.inventory.statements import Statements

F = TypeVar("F", bound=Callable[..., Any])


def statements_options(function: F) -> F:
    """The options --attestations, --no-waivers and --today."""
    options = (
        click.option(
            "--attestations",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="YAML",
            help="Attestations and waivers; cloister.attestations.yaml beside cloister.yaml if not given.",
        ),
        click.option("--no-waivers", is_flag=True, help="Show what is waived as if nothing were."),
        click.option(
            "--today",
            type=click.DateTime(["%Y-%m-%d"]),
            metavar="DAY",
            help="Count what is attested and waived as of this day instead of today (UTC).",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def day_of(today: datetime | None) -> date:
    """The day that is named, or else the clock's."""
    return (today or datetime.now(UTC)).date()


def load_statements(
    file: Path, named: Path | None, today: date, *, no_waivers: bool
) -> "tuple[Statements, tuple[Fault, ...]]":
    """What is stated and counts, and the faults of the rest, which are told on stderr.

    Raises SourceError where a file cannot be read, SpecError where it is no YAML.
    """
    from cloister.controls.stated import about_controls  # noqa: PLC0415 - `--help` must not pay for reading
    from cloister.sources.statements.reading import read_all_stated  # noqa: PLC0415 - as above

    stated = read_all_stated(file, named, today)
    statements, unknown = about_controls(stated.statements)
    faults = (*stated.faults, *unknown)
    for fault in faults:
        click.echo(str(fault), err=True)
    if faults:
        click.echo("what has these faults counts for nothing below", err=True)
    return (replace(statements, waivers=()) if no_waivers else statements), faults
