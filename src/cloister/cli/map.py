"""`cloister map`: the picture of an environment, with the ways that are open and refused."""

from pathlib import Path

import click

from cloister.cli.options import language_option, load_what_is_sound_anywhere, spec_argument
from cloister.cli.waiting import waiting

_FAULTY = 2


@click.command(name="map")
@spec_argument
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write to FILE, such as map.svg, instead of printing.",
)
@language_option
def map_(file: Path, output: Path | None, language: str) -> None:
    """Draw networks, subnets, places and services, and the judged ways between them, as SVG.

    Ways are those that `cloister check` judges: open and must not be, refused and people need it, cannot be told, and
    those that are as they must be. Exit code 2: the file has faults, which are told first; what is sound is drawn.
    """
    # Imported here, so that `cloister --help` and the other verbs do not pay for them.
    from cloister.ask.judgement import judge  # noqa: PLC0415 - as said above
    from cloister.cli.drawing import drawing  # noqa: PLC0415 - as said above
    from cloister.cli.writing import write_text  # noqa: PLC0415 - as said above
    from cloister.controls.report.phrases import phrases  # noqa: PLC0415 - as said above

    inventory, faults = load_what_is_sound_anywhere(file)
    with waiting(f"judging {file}"):
        drawn = drawing(inventory, judge(inventory), phrases(language))
    if output is None:
        click.echo(drawn, nl=False)
    else:
        write_text(output, drawn)
        click.echo(f"{output} written", err=True)
    raise click.exceptions.Exit(_FAULTY if faults else 0)
