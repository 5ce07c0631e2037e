"""`cloister render`: the environment as infrastructure as code."""

from pathlib import Path

import click

from cloister.cli.options import load, spec_argument


@click.group()
def render() -> None:
    """Write infrastructure as code."""


@render.command()
@spec_argument
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write DIR/main.tf.json instead of printing it.",
)
@click.option("--force", is_flag=True, help="Overwrite a file that cloister did not write, or that was changed since.")
def terraform(file: Path, output: Path | None, force: bool) -> None:
    """Write the environment as Terraform JSON."""
    from cloister.render.terraform.document import FILE_NAME, render_terraform  # noqa: PLC0415 - keeps `--help` light

    text = render_terraform(load(file))
    if output is None:
        click.echo(text, nl=False)
        return
    from cloister.cli.writing import refuse_to_overwrite, write_text  # noqa: PLC0415 - as above
    from cloister.render.seal import is_intact  # noqa: PLC0415 - as above

    path = output / FILE_NAME
    if not force:
        refuse_to_overwrite(path, is_intact)
    write_text(path, text)
    click.echo(f"{path} written. Next: terraform -chdir={output} init && terraform -chdir={output} plan", err=True)
