"""`cloister data`: data assets, from Azure ML v2 YAML, with the verbs of `az ml data`."""

from pathlib import Path

import click

from cloister.cli import asset_verbs as verbs
from cloister.cli import azure_options as az
from cloister.errors import Fault, SpecError
from cloister.sdk.assets import Assets
from cloister.sdk.control import client

_KIND = "data"


@click.group()
def data() -> None:
    """Register, list, fetch and trace data."""


@data.command()
@click.option("--file", "-f", "path", type=click.Path(path_type=Path), help="The Azure ML v2 YAML file.")
@az.overrides
@click.option("--name", "-n", default="", help="Its name, instead of the file's.")
@click.option("--version", "-v", default="", help="Its version, instead of the file's; without one, the next number.")
@az.place
@az.shape
def create(*, path: Path | None, settings: tuple[str, ...], name: str, version: str, form: az.Form) -> None:
    """Register data: local files are uploaded, each once; paths in datastores and addresses are kept as they are."""
    from cloister.sdk.registering import Registering  # noqa: PLC0415 - the light verbs must not load it

    if path is None:
        raise SpecError(Fault("cloister data create", "is given no file", "write a YAML file, and give it as --file"))
    given = {key: value for key, value in (("name", name), ("version", version)) if value}
    click.echo(f"checking {path} with the Azure ML SDK", err=True)
    with client() as control, verbs.uploading() as progress:
        made = Registering(control, verbs.note, progress).create("data", path, az.replacements(settings) | given)
    az.shown(made, form, lambda: verbs.document_text(made))


@data.command()
@verbs.name
@verbs.version
@verbs.label
@az.place
@az.shape
def show(*, name: str, version: str, label: str, form: az.Form) -> None:
    """Show a version: where it lies, what made it, and who read it."""
    with client() as control:
        assets = Assets(control)
        found = assets.get(_KIND, name, version, label=label)
        found["lineage"] = assets.lineage(_KIND, name, found["name"], depth=1)
    az.shown(found, form, lambda: "\n".join(filter(None, verbs.texts_of(found))))


@data.command(name="list")
@verbs.of_versions
@verbs.archived
@verbs.archived_only
@az.place
@az.shape
def list_(*, name: str, include_archived: bool, archived_only: bool, form: az.Form) -> None:
    """List data, or the versions of one."""
    verbs.print_list(_KIND, name, form, archived=verbs.which(include=include_archived, only=archived_only))


@data.command()
@verbs.name
@verbs.version
@az.place
def archive(*, name: str, version: str) -> None:
    """Leave data, or one version of it, out of lists."""
    verbs.set_archived(_KIND, name, version, restore=False)


@data.command()
@verbs.name
@verbs.version
@az.place
def restore(*, name: str, version: str) -> None:
    """Take archived data back into lists."""
    verbs.set_archived(_KIND, name, version, restore=True)


@data.command()
@verbs.name
@verbs.version
@click.option("--download-path", "-p", type=click.Path(path_type=Path), default=Path(), help="Where to put the files.")
@az.place
def download(*, name: str, version: str, download_path: Path) -> None:
    """Fetch the files of a version below a folder of its name."""
    verbs.fetch(_KIND, name, version, download_path / name)


@data.command()
@verbs.name
@verbs.version
@az.place
@az.shape
def lineage(*, name: str, version: str, form: az.Form) -> None:
    """Tell what a version was made from, and what was made from it, to the end."""
    verbs.print_lineage(_KIND, name, version, form)
