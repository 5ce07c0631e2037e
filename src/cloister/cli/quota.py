"""`cloister quota`: how much the jobs of a person or a project may hold and use."""

from typing import Any

import click

from cloister.cli import azure_options as az
from cloister.errors import Fault, SpecError
from cloister.sdk import Client

_GIB = 2**30
_LIMITS = ("nodes", "cores", "storage_gib", "money")
_person = click.option("--person", help="Whose jobs; * for each person by itself.")
_project = click.option("--project", help="The jobs of which experiment; * for each by itself.")


@click.group()
def quota() -> None:
    """Set and show quotas on nodes, cores, storage and money."""


@quota.command("set")
@_person
@_project
@click.option("--nodes", type=click.IntRange(0), help="Instances at a time.")
@click.option("--cores", type=click.IntRange(0), help="Cores at a time.")
@click.option("--storage-gib", type=click.FloatRange(0), help="Room for the files of jobs.")
@click.option("--money", type=click.FloatRange(0), help="For a calendar month, by the prices in jobs.yaml.")
@az.shape
def set_(*, person: str | None, project: str | None, form: az.Form, **limits: float | None) -> None:
    """Set the quota of a person or a project; what is not given is not bounded."""
    scope, name = _whose(person, project)
    given = {key: value for key in _LIMITS if (value := limits[key]) is not None}
    with Client() as platform:
        made = platform.quotas.set(scope, name, given)
    az.shown(made, form, lambda: _line(made))


@quota.command()
@_person
@_project
@az.shape
def show(*, person: str | None, project: str | None, form: az.Form) -> None:
    """Show what a person or a project uses, and the quotas that bind it."""
    scope, name = _whose(person, project)
    with Client() as platform:
        found = platform.quotas.show(scope, name)
    az.shown(found, form, lambda: _used(found))


@quota.command(name="list")
@az.shape
def list_(*, form: az.Form) -> None:
    """List every quota."""
    with Client() as platform:
        found = platform.quotas.list()
    az.shown(list(found), form, lambda: "\n".join(map(_line, found)) or "no quotas")


@quota.command()
@_person
@_project
def delete(*, person: str | None, project: str | None) -> None:
    """Let the quota of a person or a project be."""
    scope, name = _whose(person, project)
    with Client() as platform:
        platform.quotas.delete(scope, name)
    click.echo(f"the quota of {scope} {name} is gone", err=True)


def _whose(person: str | None, project: str | None) -> tuple[str, str]:
    if bool(person) == bool(project):
        raise SpecError(Fault("quota", "is nobody's, or two's", "give --person NAME or --project EXPERIMENT"))
    return ("person", person) if person else ("project", str(project))


def _line(found: dict[str, Any]) -> str:
    bounds = ", ".join(f"{key} {found[key]:g}" for key in _LIMITS if found[key] is not None)
    return f"{found['scope']} {found['name']}: {bounds}"


def _used(found: dict[str, Any]) -> str:
    use = found["use"]
    gib = use["storage_bytes"] / _GIB
    held = f"nodes {use['nodes']}, cores {use['cores']}, storage_gib {gib:.3g}, money {use['money']:.2f}"
    return "\n".join([f"{found['scope']} {found['name']} uses: {held}", *map(_line, found["quotas"])])
