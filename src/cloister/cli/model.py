"""`cloister model`: the registered models, and the approval that moves a version into production."""

import json
from pathlib import Path
from typing import Any

import click

from cloister.cli import asset_verbs as verbs
from cloister.cli import azure_options as az
from cloister.errors import Fault, SpecError
from cloister.sdk.assets import Assets
from cloister.sdk.control import client

_MLFLOW = "/api/2.0/mlflow"
_MOST = 1000
_FORMAT = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print it."
)
_NAME = click.option("--name", "-n", required=True, help="The registered model.")
_VERSION = click.option("--version", "-v", required=True, help="The version's number.")


@click.group()
def model() -> None:
    """List and approve registered models."""


@model.command("list")
@click.option("--name", "-n", default=None, help="The versions of this model instead of all models.")
@_FORMAT
def list_(name: str | None, form: str) -> None:
    """List the models, or the versions of one."""
    if name and "'" in name:
        raise SpecError(Fault(f'model "{name}"', "a model's name holds no quote", "give the name as it is registered"))
    with client() as control:
        if name is None:
            params: dict[str, str | int] = {"max_results": _MOST}
            found = control.request("GET", f"{_MLFLOW}/registered-models/search", params=params).json()
            _print(found.get("registered_models", []), form, _model_line)
        else:
            params = {"filter": f"name = '{name}'", "max_results": _MOST}
            found = control.request("GET", f"{_MLFLOW}/model-versions/search", params=params).json()
            _print(found.get("model_versions", []), form, _version_line)


@model.command()
@_NAME
@_VERSION
@_FORMAT
def show(name: str, version: str, form: str) -> None:
    """Show a version: its stage, its aliases, where it comes from."""
    with client() as control:
        params: dict[str, str | int] = {"name": name, "version": version}
        found = control.request("GET", f"{_MLFLOW}/model-versions/get", params=params).json()["model_version"]
    click.echo(json.dumps(found, indent=2) if form == "json" else _version_text(found))


@model.command()
@az.file
@az.overrides
@click.option("--name", "-n", default="", help="Its name, instead of the file's.")
@click.option("--version", "-v", default="", help="Its version, instead of the file's; without one, the next number.")
@az.place
@az.shape
def create(*, path: Path, settings: tuple[str, ...], name: str, version: str, form: str) -> None:
    """Register a model as an asset, for inputs of jobs; local files are uploaded.

    MLflow's registry, whose versions are approved and served, has those that were registered through MLflow.
    """
    from cloister.sdk.registering import Registering  # noqa: PLC0415 - the light verbs must not load it

    given = {key: value for key, value in (("name", name), ("version", version)) if value}
    click.echo(f"checking {path} with the Azure ML SDK", err=True)
    with client() as control, verbs.uploading() as progress:
        made = Registering(control, verbs.note, progress).create("model", path, az.replacements(settings) | given)
    az.shown(made, form, lambda: verbs.document_text(made))


@model.command()
@_NAME
@_VERSION
@_FORMAT
def lineage(name: str, version: str, form: str) -> None:
    """Tell which job's step made a version, from what, and what was made from it."""
    with client() as control:
        found = Assets(control).lineage_of_model(name, version)
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
    return "\n".join([f"{found['number']}  {_move_of(found)}  {found['state']}", *_aligned(rows, "  ")])


def _print(found: list[dict[str, Any]], form: str, line: Any) -> None:  # noqa: ANN401 - a function of one row
    click.echo(json.dumps(found, indent=2) if form == "json" else "\n".join(line(one) for one in found))


def _model_line(found: dict[str, Any]) -> str:
    latest = ", ".join(f"{one['version']} ({one['current_stage']})" for one in found.get("latest_versions", []))
    return f"{found['name']}  latest {latest or 'none'}"


def _version_line(found: dict[str, Any]) -> str:
    aliases = ", ".join(found.get("aliases", []))
    return f"{found['name']} version {found['version']}  {found['current_stage']}{f', alias {aliases}' * bool(aliases)}"


def _version_text(found: dict[str, Any]) -> str:
    """What the registry says of a version, and apart from it what others wrote on it: anybody's word in the tags."""
    rows = {
        "model": f"{found['name']} version {found['version']}",
        "stage": found["current_stage"],
        "aliases": ", ".join(found.get("aliases", [])) or "none",
        "run": found.get("run_id") or "none",
    }
    tags = {tag["key"]: tag["value"] for tag in found.get("tags", [])}
    return "\n".join([*_aligned(rows, ""), *(["tags", *_aligned(tags, "  ")] if tags else [])])


def _aligned(rows: dict[str, str], indent: str) -> list[str]:
    width = max(map(len, rows))
    return [f"{indent}{key:<{width}}  {value}" for key, value in rows.items()]
