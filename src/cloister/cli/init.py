"""`cloister init`: a blueprint written to a file of one's own."""

from pathlib import Path

import click

from cloister.cli.options import DEFAULT_SPEC
from cloister.cli.writing import write_text
from cloister.errors import Fault, SourceError


@click.command()
@click.argument("blueprint", required=False)
@click.option(
    "--file",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_SPEC,
    show_default=True,
    help="Where to write.",
)
@click.option("--expanded", is_flag=True, help="Write the whole environment, to be edited freely, not laid over.")
@click.option("--force", is_flag=True, help="Overwrite the file if it is there.")
@click.option("--list", "listing", is_flag=True, help="List the blueprints and write nothing.")
def init(blueprint: str | None, file: Path, expanded: bool, force: bool, listing: bool) -> None:
    """Write BLUEPRINT as a short, commented cloister.yaml that is laid over it."""
    from cloister.sources.blueprints import BLUEPRINTS, blueprint_text, starter_text  # noqa: PLC0415 - light help

    if listing:
        for name, about in BLUEPRINTS.items():
            click.echo(f"{name:30}{about}")
        return
    if blueprint is None:
        raise click.UsageError("Name a blueprint: " + ", ".join(BLUEPRINTS))
    body = blueprint_text(blueprint) if expanded else starter_text(blueprint)
    if file.exists() and not force:
        mend = "write to another file with --file, or overwrite this one with --force"
        raise SourceError(Fault(str(file), "is there already", mend))
    write_text(file, _schema_line(file) + body.partition("\n")[2])
    click.echo(f"wrote {file}; next: cloister check {file}", err=True)


def _schema_line(file: Path) -> str:
    """The line that tells editors where the schema lies: relative where both are in one project, absolute elsewhere."""
    from cloister.sources.blueprints import SCHEMA_PATH  # noqa: PLC0415 - as above

    folder = file.resolve().parent
    inside = SCHEMA_PATH.is_relative_to(folder)
    return f"# yaml-language-server: $schema={SCHEMA_PATH.relative_to(folder) if inside else SCHEMA_PATH}\n"
