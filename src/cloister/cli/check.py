"""`cloister check`: closure, flow and controls of an environment."""

from pathlib import Path

import click

from cloister.cli.options import load, spec_argument

_EXIT_CODES = {"holds": 0, "findings": 10, "undecided": 11, "nothing checked": 3}


@click.command()
@spec_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif"]),
    default="text",
    show_default=True,
    help="For people, for programs, or for code scanning.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write to FILE instead of printing; the last line of the report is still told.",
)
def check(file: Path, form: str, output: Path | None) -> None:
    """Judge closure, flow and controls.

    Closure: what must not be possible is not. Flow: the three loops of model development run. Controls: each a claim
    about the environment, with its source. Exit code 0: all of it holds; 10: findings; 11: nothing worse than
    undecided; 3: nothing was there to check.
    """
    # Imported here, so that `cloister --help` and the other verbs do not pay for them.
    from cloister.controls.report import forms  # noqa: PLC0415 - as said above
    from cloister.controls.report.report import check_environment  # noqa: PLC0415 - as said above

    report = check_environment(load(file), str(file))
    told = forms.write(report, form)
    if output is None:
        click.echo(told, nl=False)
    else:
        from cloister.cli.writing import write_text  # noqa: PLC0415 - as said above

        write_text(output, told)
        click.echo(f"{forms.last_line(report)} ({output})", err=True)
    raise click.exceptions.Exit(_EXIT_CODES[report.outcome.value])
