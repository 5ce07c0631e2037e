"""The options of `cloister check` about a baseline: what was known at a time, in a file."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from cloister.controls.baseline import Known
    from cloister.controls.report.report import Report

F = TypeVar("F", bound=Callable[..., Any])


def baseline_options(function: F) -> F:
    """The options --baseline and --write-baseline."""
    file = click.Path(path_type=Path, dir_okay=False)
    function = click.option(
        "--write-baseline", type=file, metavar="FILE", help="Write all that is found to FILE, to be known from now on."
    )(function)
    return click.option(
        "--baseline", type=file, metavar="FILE", help="Tell only what is new since FILE was written, and what is gone."
    )(function)


def load_baseline(path: Path) -> "Mapping[str, Known]":
    """The entries of a baseline. Raises SourceError where the file cannot be read, SpecError where it is none."""
    from cloister.controls.baseline import read_baseline  # noqa: PLC0415 - `--help` must not pay for reading
    from cloister.sources.reading import text_of  # noqa: PLC0415 - as above

    return read_baseline(text_of(path, "write one with --write-baseline"), str(path))


def save_baseline(path: Path, report: "Report") -> None:
    """Write all that stands now, and tell how much that is on stderr."""
    from cloister.cli.writing import write_text  # noqa: PLC0415 - as above
    from cloister.controls.baseline import baseline_text  # noqa: PLC0415 - as above
    from cloister.controls.report.comparing import standing_now  # noqa: PLC0415 - as above

    known = list(standing_now(report))
    write_text(path, baseline_text(report.inventory.name, known))
    click.echo(f"{len(known)} known from now on ({path})", err=True)
