"""`cloister model`: the registered models, and the approval that moves a version into production."""

import json
from typing import Any

import click

from cloister.cli.client import client
from cloister.errors import Fault, SpecError

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
@_NAME
@_VERSION
@click.option("--stage", default=None, help="Move it to this stage.  [default: Production, unless --alias is given]")
@click.option("--alias", default=None, help="Point this alias to it instead.")
def approve(name: str, version: str, stage: str | None, alias: str | None) -> None:
    """Move a version into production. Whoever had a part in making it is refused."""
    if stage and alias:
        raise SpecError(Fault("cloister model approve", "--stage and --alias stand together", "give one of them"))
    with client() as control:
        if alias:
            body = {"name": name, "alias": alias, "version": version}
            control.request("POST", f"{_MLFLOW}/registered-models/alias", json=body)
        else:
            stage = stage or "Production"
            # Others keep their stage: blue goes on serving while green is being approved.
            move = {"name": name, "version": version, "stage": stage, "archive_existing_versions": False}
            control.request("POST", f"{_MLFLOW}/model-versions/transition-stage", json=move)
    click.echo(f"{name} version {version}: {f'alias {alias}' if alias else f'stage {stage}'}")


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
