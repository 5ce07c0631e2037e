"""`cloister bench`: measure against a named baseline, as ratios."""

import json
import sys

import click

from cloister.errors import Fault, SpecError
from cloister.platform.bench import BENCHES, Result, find_benchmark, run_benchmark

_MISSED = 10


@click.command()
@click.argument("name", required=False)
@click.option("--list", "list_", is_flag=True, help="List the benchmarks.")
@click.option("--runs", type=click.IntRange(min=1), help="How often subject and baseline run, each.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def bench(name: str | None, *, list_: bool, runs: int | None, as_json: bool) -> None:
    """Measure against a named baseline, as ratios.

    Subject and baseline run by turns in the same run. Exit code 10: a target is missed.
    """
    if list_:
        for known, (_, line) in BENCHES.items():
            click.echo(f"{known:12} {line}")
        return
    if name is None:
        raise SpecError(Fault("cloister bench", "no benchmark was named", f"take one of: {', '.join(BENCHES)}"))
    result = run_benchmark(find_benchmark(name), runs, lambda line: click.echo(line, err=True))
    click.echo(json.dumps(result.to_document()) if as_json else _table(result))
    if not result.met:
        sys.exit(_MISSED)


def _table(result: Result) -> str:
    rows = [("figure", "median", "baseline", "ratio", "target", "")]
    for figure in result.figures:
        targets = [held for held in result.targets if held[0] == figure.name]
        against = "" if figure.baseline is None else f"{figure.baseline:.3g} ({figure.baseline_name})"
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
        rows.extend(
            (figure.name, f"{figure.subject:.3g}", against, ratio, told, met)
            for told, met in [(str(target), "met" if met else "MISSED") for _, target, _, met in targets] or [("", "")]
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    on = ", ".join(f"{name} {value}" for name, value in result.machine.items())
    return "\n".join([*lines, f"on: {on}"])
