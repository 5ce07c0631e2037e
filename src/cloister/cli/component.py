"""`cloister component`: components, from Azure ML v2 YAML, with the verbs of `az ml component`."""

from pathlib import Path

import click

from cloister.cli import asset_verbs as verbs
from cloister.cli import azure_options as az
from cloister.sdk.assets import Assets
from cloister.sdk.control import client

_KIND = "components"


@click.group()
def component() -> None:
    """Register, list and fetch components."""


@component.command()
@az.file
@az.overrides
@click.option("--name", "-n", default="", help="Its name, instead of the file's.")
@click.option("--version", "-v", default="", help="Its version, instead of the file's; without one, the next number.")
@az.place
@az.shape
def create(*, path: Path, settings: tuple[str, ...], name: str, version: str, form: az.Form) -> None:
    """Register a component, with its code and all files that it names."""
    from cloister.sdk.components import create_component  # noqa: PLC0415 - the light verbs must not load it
    from cloister.sdk.registering import Registering  # noqa: PLC0415 - as above

    given = {key: value for key, value in (("name", name), ("version", version)) if value}
    click.echo(f"checking {path} with the Azure ML SDK", err=True)
    with client() as control, verbs.uploading() as progress:
        registering = Registering(control, verbs.note, progress)
        made = create_component(registering, path, az.replacements(settings) | given)
    az.shown(made, form, lambda: verbs.document_text(made))


@component.command()
@verbs.name
@verbs.version
@verbs.label
@az.place
@az.shape
def show(*, name: str, version: str, label: str, form: az.Form) -> None:
    """Show a version of a component."""
    with client() as control:
        found = Assets(control).get(_KIND, name, version, label=label)
    az.shown(found, form, lambda: verbs.document_text(found))


@component.command(name="list")
@verbs.of_versions
@verbs.archived
@verbs.archived_only
@az.place
@az.shape
def list_(*, name: str, include_archived: bool, archived_only: bool, form: az.Form) -> None:
    """List components, or the versions of one."""
    verbs.print_list(_KIND, name, form, archived=verbs.which(include=include_archived, only=archived_only))


@component.command()
@verbs.name
@verbs.version
@az.place
def archive(*, name: str, version: str) -> None:
    """Leave a component, or one version of it, out of lists."""
    verbs.set_archived(_KIND, name, version, restore=False)


@component.command()
@verbs.name
@verbs.version
@az.place
def restore(*, name: str, version: str) -> None:
    """Take an archived component back into lists."""
    verbs.set_archived(_KIND, name, version, restore=True)


@component.command()
@verbs.name
@verbs.version
@click.option("--download-path", "-p", type=click.Path(path_type=Path), default=Path(), help="Where to put the files.")
@az.place
def download(*, name: str, version: str, download_path: Path) -> None:
    """Fetch the files of a component below a folder of its name."""
    verbs.fetch(_KIND, name, version, download_path / name)
