"""`cloister compute`: named queues for steps, from Azure ML v2 YAML, with the verbs of `az ml compute`."""

from pathlib import Path
from typing import Any

import click

from cloister.cli import azure_options as az
from cloister.errors import Fault, SpecError
from cloister.sdk import Client

_GIB = 2**30
_name = click.option("--name", "-n", required=True, help="The compute.")
_BOUNDS = ("min_instances", "max_instances", "idle_time_before_scale_down")


@click.group()
def compute() -> None:
    """Make, list and change computes: named queues for steps."""


@compute.command()
@az.file
@az.overrides
@click.option("--name", "-n", default="", help="Another name than the file's.")
@az.place
@az.shape
def create(*, path: Path, settings: tuple[str, ...], name: str, form: az.Form) -> None:
    """Make a compute from its YAML file, or replace the one of its name."""
    changes = az.replacements(settings) | ({"name": name} if name else {})
    with Client() as platform:
        _print(platform.computes.create(path, **changes), form)


@compute.command()
@_name
@az.place
@az.shape
def show(*, name: str, form: az.Form) -> None:
    """Show a compute: its bounds, the size of a step, and what has no effect here."""
    with Client() as platform:
        _print(platform.computes.show(name), form)


@compute.command(name="list")
@az.place
@az.shape
def list_(*, form: az.Form) -> None:
    """List the computes."""
    with Client() as platform:
        found = platform.computes.list()
    az.shown(list(found), form, lambda: "\n".join(map(_line, found)) or "no computes: steps run on the default one")


@compute.command()
@_name
@click.option("--min-instances", type=click.IntRange(0), help="How many places Azure would keep.")
@click.option("--max-instances", type=click.IntRange(1), help="How many steps at a time.")
@click.option("--idle-time-before-scale-down", type=click.IntRange(0), metavar="SECONDS", help="As Azure has it.")
@click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", help="Add a tag, or change it.")
@az.place
@az.shape
def update(*, name: str, tags: tuple[str, ...], form: az.Form, **bounds: int | None) -> None:
    """Change the bounds of a compute."""
    given = {key: bounds[key] for key in _BOUNDS if bounds[key] is not None}
    if not given and not tags:
        raise SpecError(Fault(f'compute "{name}"', "is to be changed in nothing", "give --max-instances, for example"))
    with Client() as platform:
        _print(platform.computes.update(name, given, az.pairs(tags, "--tag")), form)


@compute.command()
@_name
@az.yes
@az.place
def delete(*, name: str, yes: bool) -> None:
    """Delete a compute; what waits for it runs without its bounds."""
    if not yes:
        click.confirm(f'Delete the compute "{name}"?', abort=True, err=True)
    with Client() as platform:
        platform.computes.delete(name)
    click.echo(f'compute "{name}" is deleted', err=True)


def _print(found: dict[str, Any], form: az.Form) -> None:
    for note in found["notes"]:
        click.echo(f"note: {note}", err=True)
    az.shown(found, form, lambda: _line(found))


def _line(found: dict[str, Any]) -> str:
    share = f"{found['cores']} cores, {found['memory_bytes'] / _GIB:g} GiB" if found["cores"] else "size not known"
    what = f"{found['name']}  {found['type']}  {found['size']} ({share})"
    return f"{what}  at most {found['max_instances']}, {found['tier']}"
