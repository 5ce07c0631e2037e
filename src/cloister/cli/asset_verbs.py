"""What the verbs of data, components and models share: showing, listing, archiving, fetching."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TransferSpeedColumn
from rich.progress import Progress as Bar

from cloister.cli import azure_options as az
from cloister.sdk.assets import Assets
from cloister.sdk.control import client
from cloister.sdk.uploads import Progress

name = click.option("--name", "-n", required=True, help="Its name.")
version = click.option("--version", "-v", default="", help="Its version; the newest one if not given.")
label = click.option("--label", "-l", default="latest", help="Its label, instead of a version: latest.")
of_versions = click.option("--name", "-n", default="", help="The versions of this one.")
archived = click.option("--include-archived", is_flag=True, help="Archived ones too.")
archived_only = click.option("--archived-only", is_flag=True, help="Archived ones alone.")


def note(text: str) -> None:
    """Something to know, on standard error."""
    click.echo(f"note: {text}", err=True)


@contextmanager
def uploading() -> Iterator[Progress]:
    """A bar on a terminal; elsewhere a line at the end."""
    console = Console(file=sys.stderr)
    told = [0, 0]
    columns = (TextColumn("uploading"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("upload", total=None)

        def progress(done: int, total: int) -> None:
            told[:] = [done, total]
            bar.update(task, completed=done, total=total)

        yield progress
    if told[1]:
        click.echo(f"uploaded {told[1]} bytes", err=True)


def print_list(kind: str, name: str, form: az.Form, *, archived: str) -> None:
    """The names of a kind, or the versions of one."""
    with client() as control:
        found = Assets(control).list(kind, name, archived=archived)
    az.shown(found, form, lambda: "\n".join(_line(one, name) for one in found) or "none")


def set_archived(kind: str, name: str, version: str, *, restore: bool) -> None:
    """Archive or restore, and say so."""
    with client() as control:
        Assets(control).archive(kind, name, version, restore=restore)
    click.echo(f"{name}{f':{version}' if version else ''} is {'restored' if restore else 'archived'}", err=True)


def fetch(kind: str, name: str, version: str, folder: Path) -> None:
    """The files of a version, below the folder."""
    with client() as control:
        for path in Assets(control).download(kind, name, version, folder):
            click.echo(path)


def print_lineage(kind: str, name: str, version: str, form: az.Form) -> None:
    """Both ways of a version, to the end."""
    with client() as control:
        assets = Assets(control)
        found = assets.lineage(kind, name, version or assets.get(kind, name)["name"])
    az.shown(found, form, lambda: lineage_text(found) or "nothing is known of what made it, or read it")


def lineage_text(found: dict[str, Any]) -> str:
    """The links, a line each: from what was before to what came of it."""
    lines = [f"from  {_node(one['from'])} -> {_node(one['to'])}" for one in reversed(found["upstream"])]
    lines += [f"to    {_node(one['from'])} -> {_node(one['to'])}" for one in found["downstream"]]
    return "\n".join(lines if found["complete"] else [*lines, "and more than can be told"])


def _node(node: dict[str, str]) -> str:
    match node["kind"]:
        case "hidden":
            return "(what you may not read)"
        case "step":
            return f"job {node['job']} step {node['step']}"
        case "paths":
            return node["name"]
        case "outputs":
            return f"job {node['name']} output {node['version']}"
        case kind:
            return f"{kind} {node['name']}:{node['version']}"


def which(*, include: bool, only: bool) -> str:
    """Which of archived ones are meant."""
    return "only" if only else "too" if include else "no"


def texts_of(found: dict[str, Any]) -> tuple[str, str]:
    """A version, and what made and read it."""
    return document_text(found), lineage_text(found["lineage"])


def document_text(found: dict[str, Any]) -> str:
    """A version in a few lines."""
    held = found["properties"]
    parts = found["id"].split("/")
    rows = {"id": f"azureml:{parts[-3]}:{parts[-1]}"}
    for key in ("dataType", "modelType", "dataUri", "modelUri", "description"):
        if held.get(key):
            rows[key] = held[key]
    if held.get("tags"):
        rows["tags"] = ", ".join(f"{key}={value}" for key, value in held["tags"].items())
    rows["made"] = f"{found['systemData']['createdAt']} by {found['systemData']['createdBy']}"
    if held.get("isArchived"):
        rows["archived"] = "yes"
    return "\n".join(f"{key}: {value}" for key, value in rows.items())


def _line(one: dict[str, Any], name: str) -> str:
    held = one["properties"]
    if not name:
        return f"{one['name']}  latest {held['latestVersion'] or '-'}  {held.get('description', '')}".rstrip()
    what = held.get("dataType") or held.get("modelType") or ""
    return f"{name}:{one['name']}  {what}  {one['systemData']['createdAt']}  {held.get('description', '')}".rstrip()
