"""`cloister datastore`: places outside of jobs where data lies, with the verbs of `az ml datastore`."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from cloister.cli import azure_options as az
from cloister.sdk.control import client
from cloister.sdk.datastores import declared

_name = click.option("--name", "-n", required=True, help="The datastore.")


@click.group()
def datastore() -> None:
    """Declare, list and forget datastores: folders, S3, Azure Blob."""


@datastore.command()
@az.file
@az.overrides
@click.option("--name", "-n", default="", help="Another name than the file's.")
@az.place
@az.shape
def create(*, path: Path, settings: tuple[str, ...], name: str, form: az.Form) -> None:
    """Declare a datastore from its YAML, or replace the one of its name. Its credentials are sealed."""
    changes = az.replacements(settings) | ({"name": name} if name else {})
    wanted, properties = declared(path, changes)
    with client() as control:
        made = control.request("PUT", f"datastores/{quote(wanted, safe='')}", json={"properties": properties}).json()
    az.shown(made, form, lambda: _line(made))


@datastore.command()
@_name
@az.place
@az.shape
def show(*, name: str, form: az.Form) -> None:
    """Show a datastore, without its credentials."""
    with client() as control:
        found = control.request("GET", f"datastores/{quote(name, safe='')}").json()
    az.shown(found, form, lambda: _line(found))


@datastore.command(name="list")
@az.place
@az.shape
def list_(*, form: az.Form) -> None:
    """List the datastores."""
    with client() as control:
        found = control.request("GET", "datastores").json()["value"]
    az.shown(found, form, lambda: "\n".join(map(_line, found)))


@datastore.command()
@_name
@az.yes
@az.place
def delete(*, name: str, yes: bool) -> None:
    """Forget a datastore; what lies there stays."""
    if not yes:
        click.confirm(f'Forget the datastore "{name}"?', abort=True, err=True)
    with client() as control:
        control.request("DELETE", f"datastores/{quote(name, safe='')}")
    click.echo(f'datastore "{name}" is forgotten', err=True)


def _line(found: dict[str, Any]) -> str:
    held = found["properties"]
    where = held.get("path") or "/".join(str(held[k]) for k in ("accountName", "containerName", "bucket") if k in held)
    default = "  default" if held["isDefault"] else ""
    return f"{found['name']}  {held['datastoreType']}  {where}{default}"
