"""`cloister show`: the environment with everything that its blueprint states, as one document."""

import json
from pathlib import Path

import click

from cloister.cli.options import load_anywhere, spec_argument


@click.command()
@spec_argument
@click.option(
    "--format", "form", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True, help="The form."
)
def show(file: Path, form: str) -> None:
    """Print the environment that FILE describes, expanded: its blueprint laid under, ids and groups filled in.

    What is printed is a document that reads back to the same environment. What FILE does not tell is left out, and
    listed on stderr. FILE is ./cloister.yaml if not given.
    """
    inventory = load_anywhere(file)
    from cloister.sources.expanded import document_of, document_text  # noqa: PLC0415 - `--help` must not pay for it

    for gap in inventory.gaps:
        click.echo(f"left out: {'.'.join(gap.path)}, which {gap.what} ({gap.origin})", err=True)
    click.echo(
        json.dumps(document_of(inventory), indent=2) if form == "json" else document_text(inventory).rstrip("\n")
    )
