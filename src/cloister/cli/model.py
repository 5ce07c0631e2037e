"""`cloister model`: the registered models, and the approval that moves a version into production."""

import json
from pathlib import Path
from typing import Any

import click

from cloister.cli import asset_verbs as verbs
from cloister.cli import azure_options as az
from cloister.cli.model_views import aligned, name_line, version_line, version_text
from cloister.errors import Fault, SpecError
from cloister.sdk.control import client
from cloister.sdk.models import Models

_MLFLOW = "/api/2.0/mlflow"
_KIND = "models"
_FORMAT = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print it."
)
_NAME = click.option("--name", "-n", required=True, help="The registered model.")
_VERSION = click.option("--version", "-v", required=True, help="The version's number.")


@click.group()
def model() -> None:
    """List, register, fetch, trace and approve models."""


@model.command("list")
@verbs.of_versions
@verbs.archived
@verbs.archived_only
@az.place
@az.shape
def list_(*, name: str, include_archived: bool, archived_only: bool, form: az.Form) -> None:
    """List the models, or the versions of one: MLflow's registry, and the assets that jobs take as inputs."""
    archived = verbs.which(include=include_archived, only=archived_only)
    with client() as control:
        models = Models(control, verbs.note)
        if not name:
            names = models.names(archived=archived)
            az.shown(names, form, lambda: "\n".join(map(name_line, names)) or "none")
            return
        versions = models.versions(name, archived=archived)
    az.shown([one.document() for one in versions], form, lambda: "\n".join(map(version_line, versions)) or "none")


@model.command()
@_NAME
@verbs.version
@az.place
@az.shape
def show(*, name: str, version: str, form: az.Form) -> None:
    """Show a version: its stage, its aliases, where it comes from, and how jobs name it."""
    with client() as control:
        found = Models(control, verbs.note).show(name, version)
    documents = [one.document() for one in found]
    az.shown(documents[0] if len(documents) == 1 else documents, form, lambda: "\n\n".join(map(version_text, found)))


@model.command()
@_NAME
@verbs.version
@az.place
def archive(*, name: str, version: str) -> None:
    """Leave a model, or one version of it, out of lists. Stages and aliases stay as they are."""
    verbs.set_archived(_KIND, name, version, restore=False)


@model.command()
@_NAME
@verbs.version
@az.place
def restore(*, name: str, version: str) -> None:
    """Take an archived model back into lists."""
    verbs.set_archived(_KIND, name, version, restore=True)


@model.command()
@_NAME
@verbs.version
@click.option("--download-path", "-p", type=click.Path(path_type=Path), default=Path(), help="Where to put the files.")
@az.place
def download(*, name: str, version: str, download_path: Path) -> None:
    """Fetch the files of a version, as the asset has them, below a folder of its name."""
    verbs.fetch(_KIND, name, version, download_path / name)


@model.command()
@az.file
@az.overrides
@click.option("--name", "-n", default="", help="Its name, instead of the file's.")
@click.option("--version", "-v", default="", help="Its version, instead of the file's; without one, the next number.")
@az.place
@az.shape
def create(*, path: Path, settings: tuple[str, ...], name: str, version: str, form: az.Form) -> None:
    """Register a model as an asset, for inputs of jobs; local files are uploaded.

    MLflow's registry, whose versions are approved and served, has those that were registered through MLflow.
    """
    from cloister.sdk.registering import Registering  # noqa: PLC0415 - the light verbs must not load it

    given = {key: value for key, value in (("name", name), ("version", version)) if value}
    click.echo(f"checking {path} with the Azure ML SDK", err=True)
    with client() as control, verbs.uploading() as progress:
        made = Registering(control, verbs.note, progress).create("model", path, az.replacements(settings) | given)
    verbs.note("an asset alone, for inputs of jobs; in MLflow's registry is what jobs and MLflow's client register")
    az.shown(made, form, lambda: verbs.document_text(made))


@model.command()
@_NAME
@verbs.version
@az.place
@az.shape
def lineage(*, name: str, version: str, form: az.Form) -> None:
    """Tell which job's step made a version, from what, and what was made from it."""
    with client() as control:
        found = Models(control, verbs.note).lineage(name, version)
    az.shown(found, form, lambda: verbs.lineage_text(found))


@model.command()
@_NAME
@_VERSION
@click.option("--stage", default=None, help="Ask for this stage.  [default: Production, unless --alias is given]")
@click.option("--alias", default=None, help="Ask for this alias instead.")
@click.option("--reason", required=True, help="Why; whoever decides reads it.")
def request(name: str, version: str, stage: str | None, alias: str | None, reason: str) -> None:
    """Ask for a version to be moved into production; somebody who had no part in making it decides."""
    asked = {"model": name, "version": version, **_target(stage, alias), "reason": reason}
    with client() as control:
        made = control.request("POST", "approvals", json=asked).json()
    click.echo(f"request {made['number']}: {_move_of(made)} waits for a decision", err=True)
    click.echo(made["number"])


@model.command()
@click.option(
    "--state",
    type=click.Choice(["open", "approved", "rejected", "withdrawn", "gone", "any"]),
    default="open",
    show_default=True,
    help="Where they stand.",
)
@_FORMAT
def approvals(state: str, form: str) -> None:
    """List requests for approval, newest first."""
    with client() as control:
        found = control.request("GET", "approvals", params={"state": state}).json()["approvals"]
    _print(found, form, _request_text)


@model.command()
@click.argument("number", type=int, required=False)
@click.option("--name", "-n", default=None, help="The registered model, where no request was made.")
@click.option("--version", "-v", default=None, help="The version's number.")
@click.option("--stage", default=None, help="Move it to this stage.  [default: Production, unless --alias is given]")
@click.option("--alias", default=None, help="Point this alias to it instead.")
@click.option("--comment", default="", help="Why; kept with the request.")
def approve(
    number: int | None, name: str | None, version: str | None, stage: str | None, alias: str | None, comment: str
) -> None:
    """Move a version into production: what request NUMBER asks for, or the version of --name and --version.

    Whoever had a part in making it is refused. The move closes the request for it, if there is one.
    """
    with client() as control:
        if number is not None:
            if name or version or stage or alias:
                raise _misused(reason="NUMBER stands together with a version")
            control.request("POST", f"approvals/{number}/approve", json={"comment": comment})
            click.echo(f"request {number} is approved")
            return
        if not name or not version:
            raise _misused(reason="neither NUMBER nor --name and --version is given")
        if comment:
            raise _misused(reason="--comment is kept with a request, and none is named")
        target = _target(stage, alias)
        if "alias" in target:
            body: dict[str, object] = {"name": name, "version": version, **target}
            control.request("POST", f"{_MLFLOW}/registered-models/alias", json=body)
        else:
            # Others keep their stage: blue goes on serving while green is being approved.
            body = {"name": name, "version": version, **target, "archive_existing_versions": False}
            control.request("POST", f"{_MLFLOW}/model-versions/transition-stage", json=body)
    click.echo(f"{name} version {version}: {_said(target)}")


@model.command()
@click.argument("number", type=int)
@click.option("--comment", default="", help="Why not; kept with the request.")
def reject(number: int, comment: str) -> None:
    """Reject a request for approval."""
    with client() as control:
        control.request("POST", f"approvals/{number}/reject", json={"comment": comment})
    click.echo(f"request {number} is rejected")


@model.command()
@click.argument("number", type=int)
@click.option("--comment", default="", help="Why; kept with the request.")
def withdraw(number: int, comment: str) -> None:
    """Take back a request of one's own."""
    with client() as control:
        control.request("POST", f"approvals/{number}/withdraw", json={"comment": comment})
    click.echo(f"request {number} is withdrawn")


def _target(stage: str | None, alias: str | None) -> dict[str, str]:
    if stage and alias:
        raise _misused(reason="--stage and --alias stand together")
    return {"alias": alias} if alias else {"stage": stage or "Production"}


def _misused(*, reason: str) -> SpecError:
    return SpecError(Fault("cloister model", reason, "give one of them"))


def _said(target: dict[str, str]) -> str:
    return ", ".join(f"{kind} {value}" for kind, value in target.items())


def _move_of(found: dict[str, Any]) -> str:
    target: dict[str, str] = {kind: found[kind] for kind in ("stage", "alias") if kind in found}
    return f"{found['model']} version {found['version']} to {_said(target)}"


def _request_text(found: dict[str, Any]) -> str:
    """A request in one line, and below it why, and what became of it."""
    rows = {"asked by": f"{found['asked_by']}, {found['asked_at']}", "reason": found["reason"]}
    if found["state"] == "open":
        rows["made by"] = ", ".join(found["makers"] or ["not recorded, so it cannot be approved"])
        rows["run"] = found["run"] or "none"
        rows["metrics"] = ", ".join(f"{name} {value}" for name, value in sorted(found["metrics"].items())) or "none"
    else:
        rows["decided"] = f"{found['state']}, {found['decided_by'] or 'nobody'}, {found['decided_at']}"
        rows["comment"] = found["comment"] or "none"
    return "\n".join([f"{found['number']}  {_move_of(found)}  {found['state']}", *aligned(rows, "  ")])


def _print(found: list[dict[str, Any]], form: str, line: Any) -> None:  # noqa: ANN401 - a function of one row
    click.echo(json.dumps(found, indent=2) if form == "json" else "\n".join(line(one) for one in found))
