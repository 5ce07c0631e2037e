"""`cloister pairs`: which ports every place reaches at every target."""

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cloister.cli.options import load_service_tags, load_what_is_sound_anywhere, service_tags_option, spec_argument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloister.ask.pairs import Pair, Wanted
    from cloister.verdict import Answer

_QUIET_SECONDS = 2.0
_FAULTY = 2
_PARQUET = "--format parquet"
_VERB_PARQUET = f"pairs {_PARQUET}"
_ANSWERS = ("ALLOW", "DENY", "UNKNOWN")


@click.command()
@spec_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv", "parquet"]),
    default="table",
    show_default=True,
    help="For people, for programs, or as a table with one row for each answer and protocol of a pair.",
)
@click.option("--from", "place", default="", metavar="PLACE", help="Only from this place.")
@click.option("--to", "target", default="", metavar="TARGET", help="Only to this place, service, group or address.")
@click.option("--port", default="", metavar="PORTS", help="Only these: 443, 1-1024, 53/udp, icmp.")
@click.option(
    "--answer", type=click.Choice(_ANSWERS), help="Only ports with this answer.  [default: ALLOW and UNKNOWN]"
)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write to FILE.")
@service_tags_option
def pairs(  # noqa: PLR0913 - one argument for each option
    file: Path,
    *,
    form: str,
    place: str,
    target: str,
    port: str,
    answer: str | None,
    output: Path | None,
    service_tags: Path | None,
) -> None:
    """Tell which ports every place reaches at every target.

    Targets are services by their names, places, private endpoints, load balancers, the internet, and service tags.
    Ports that are undecided are told beside those that are open. Exit code 2: the file has faults, which are told
    first, and what depends on them is undecided.
    """
    from cloister.ask.asking import environment_of  # noqa: PLC0415 - `--help` must not pay for the engine
    from cloister.ask.pairs import all_pairs  # noqa: PLC0415 - as above
    from cloister.ask.pairs_told import SHOWN  # noqa: PLC0415 - as above
    from cloister.verdict import Answer  # noqa: PLC0415 - as above

    wanted = _wanted(place, target, port)
    inventory, faults = load_what_is_sound_anywhere(file)
    environment = environment_of(inventory, load_service_tags(service_tags, inventory))
    found = all_pairs(environment, wanted, _Progress().tell)
    answers = (Answer(answer),) if answer else SHOWN
    if form == "parquet":
        _write_parquet(found, answers, output)
    else:
        _write_text(_text(found, answers, form), output)
    if faults:
        raise click.exceptions.Exit(_FAULTY)


def _wanted(place: str, target: str, port: str) -> "Wanted":
    from cloister.ask.pairs import Wanted  # noqa: PLC0415 - as above
    from cloister.ask.question import parse_ports  # noqa: PLC0415 - as above

    if not port:
        return Wanted(place, target)
    ports, protocols = parse_ports(port)
    return Wanted(place, target, ports, protocols)


def _text(found: "Sequence[Pair]", answers: "Sequence[Answer]", form: str) -> str:
    from cloister.ask import pairs_told  # noqa: PLC0415 - as above

    if form == "json":
        return json.dumps({"pairs": pairs_told.as_json(found, answers)}, indent=2, ensure_ascii=False) + "\n"
    return pairs_told.as_csv(found, answers) if form == "csv" else pairs_told.tell(found, answers)


def _write_text(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
    else:
        from cloister.cli.writing import write_text  # noqa: PLC0415 - as above

        write_text(output, text)


def _write_parquet(found: "Sequence[Pair]", answers: "Sequence[Answer]", output: Path | None) -> None:
    """The rows as Parquet: to a file, or to standard output where that is no terminal."""
    import io  # noqa: PLC0415 - only here

    from cloister.ask.pairs_told import COLUMNS, rows  # noqa: PLC0415 - as above
    from cloister.cli.main import missing_extra  # noqa: PLC0415 - as above
    from cloister.cli.writing import write_bytes  # noqa: PLC0415 - as above
    from cloister.errors import Fault, SpecError  # noqa: PLC0415 - as above

    if output is None and sys.stdout.isatty():
        raise SpecError(
            Fault("--format parquet", "is no text for a terminal", "write it to a file: --output pairs.parquet")
        )
    try:
        import pyarrow as pa  # noqa: PLC0415 - a light install goes without it
        import pyarrow.parquet as pq  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        raise missing_extra(_VERB_PARQUET, error) from error
    schema = pa.schema([(name, pa.string()) for name in COLUMNS])
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows(found, answers)), schema=schema), out)
    if output is None:
        sys.stdout.buffer.write(out.getvalue())
    else:
        write_bytes(output, out.getvalue())


class _Progress:
    """Says on standard error how far the work is, once it takes its time."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def tell(self, done: int, of: int) -> None:
        now = time.monotonic()
        if now - self._last > _QUIET_SECONDS and done < of:
            self._last = now
            click.echo(f"{done} of {of} places", err=True)
