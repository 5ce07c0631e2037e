"""`cloister plan`: the plan of a Terraform configuration, without a cloud and without a login."""

from pathlib import Path

import click

from cloister.cli.waiting import waiting
from cloister.cli.writing import write_text


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="An input variable; may be repeated.")
@click.option(
    "--var-file",
    "variable_files",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A file of input variables; may be repeated.",
)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file instead of stdout.")
def plan(folder: Path, variables: tuple[str, ...], variable_files: tuple[Path, ...], output: Path | None) -> None:
    """Plan the Terraform configuration in FOLDER against a stand-in of azurerm, and write the plan as JSON.

    The stand-in proves the shape of a configuration: its arguments, blocks and references. It does not prove that Azure
    accepts it, and knows nothing of what stands there already. It is set up once, from npm and PyPI as they are
    configured here; Terraform has to be installed.
    """
    from cloister.sources.terraform.planning import plan_of  # noqa: PLC0415 - light help

    with waiting(f"planning {folder}"):
        text = plan_of(folder, variables, variable_files)
    if output is None:
        click.echo(text)
    else:
        write_text(output, text)
    click.echo(_label(output), err=True)


def _label(output: Path | None) -> str:
    next_step = f"; next: cloister check {output}" if output else ""
    return f"planned by a stand-in: proves the shape, not that Azure accepts it{next_step}"
