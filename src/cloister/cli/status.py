"""`cloister status`: what runs, where, and how it is."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from cloister.cli.progress import print_result
from cloister.platform.home import home_at
from cloister.platform.standing import Standing, standing_of

_NOTHING_RUNS = 3
_NOT_READY = 10

_PATH = click.Path(path_type=Path)


@click.command()
@click.option(
    "--home", type=click.Path(path_type=Path), default=".cloister", show_default=True, help="The platform's home."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def status(*, home: Path, as_json: bool) -> None:
    """Show what runs, where, and how it is: each process is asked anew.

    Exit code 0: all answer; 10: some do not; 3: nothing runs here.
    """
    found = standing_of(home_at(home))
    print_result(json.dumps(asdict(found)) if as_json else _text(found))
    if not found.runs:
        sys.exit(_NOTHING_RUNS)
    if not all(process.answers for process in found.processes):
        sys.exit(_NOT_READY)


def _text(found: Standing) -> str:
    if not found.runs:
        return f"nothing runs in {found.home}; start it: cloister up"
    lines = [f"{found.address}  runs {found.file} since {found.since} (process {found.pid})"]
    for process in found.processes:
        how = "ready" if process.answers else "DOES NOT ANSWER" if process.runs else "DOES NOT RUN"
        more = f"process {process.pid:<8} {process.megabytes:5.0f} MB  since {process.since}" if process.runs else ""
        lines.append(f"  {process.name:10} {how:16} {more}".rstrip())
    return "\n".join(lines)
