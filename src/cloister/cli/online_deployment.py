"""`cloister online-deployment`: create, update, show, list, delete and get-logs, in the words of `az ml`."""

import json
import time
from pathlib import Path
from typing import Any

import click

from cloister.errors import Fault, RefusedError, SourceError
from cloister.sdk.control import ControlClient, client

_NAME = click.option("--name", "-n", required=True, help="The deployment.")
_ENDPOINT = click.option("--endpoint-name", "-e", required=True, help="Its endpoint.")
_FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
_FILE = click.option("--file", "-f", type=click.Path(path_type=Path), required=True, help="Azure ML v2 YAML.")
_NO_WAIT = click.option("--no-wait", is_flag=True, help="Do not wait until it is ready.")
_READY_WITHIN_SECONDS = 300.0
_ASKED_EVERY_SECONDS = 0.3
_UNDER_WAY = ("Creating", "Updating")


@click.group("online-deployment")
def online_deployment() -> None:
    """Manage deployments of an endpoint."""


@online_deployment.command()
@_FILE
@click.option("--all-traffic", is_flag=True, help="Give it all requests once it is ready.")
@_NO_WAIT
@_FORMAT
def create(file: Path, all_traffic: bool, no_wait: bool, form: str) -> None:
    """Create a deployment from its YAML file, and wait until it is ready."""
    document = _read(file)
    name, endpoint = document["name"], document["endpoint"]
    with client() as control:
        status = control.request("POST", f"online-deployments/{endpoint}", json=document).json()
        if not no_wait or all_traffic:
            status = _wait(control, endpoint, name)
        if all_traffic:
            shares = {"traffic": {name: 100}, "mirror": None}
            control.request("PUT", f"online-endpoints/{endpoint}/traffic", json=shares)
            click.echo(f"{name} gets all requests of {endpoint}", err=True)
    _print(status, form)


@online_deployment.command()
@_FILE
@_NO_WAIT
@_FORMAT
def update(file: Path, no_wait: bool, form: str) -> None:
    """Change a deployment; what runs goes on until the changed one is ready."""
    document = _read(file)
    name, endpoint = document["name"], document["endpoint"]
    with client() as control:
        status = control.request("PUT", f"online-deployments/{endpoint}/{name}", json=document).json()
        if not no_wait:
            status = _wait(control, endpoint, name)
    _print(status, form)


@online_deployment.command()
@_NAME
@_ENDPOINT
@_FORMAT
def show(name: str, endpoint_name: str, form: str) -> None:
    """Show a deployment: its state, its model version, and what went wrong."""
    with client() as control:
        _print(control.request("GET", f"online-deployments/{endpoint_name}/{name}").json(), form)


@online_deployment.command("list")
@_ENDPOINT
@_FORMAT
def list_(endpoint_name: str, form: str) -> None:
    """List the deployments of an endpoint."""
    with client() as control:
        found = control.request("GET", f"online-deployments/{endpoint_name}").json()
    if form == "json":
        click.echo(json.dumps(found, indent=2))
        return
    for status in found:
        _print(status, form)


@online_deployment.command()
@_NAME
@_ENDPOINT
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
def delete(name: str, endpoint_name: str, yes: bool) -> None:
    """Delete a deployment that gets no requests."""
    if not yes:
        click.confirm(f'Delete the deployment "{name}" of "{endpoint_name}"?', abort=True, err=True)
    with client() as control:
        control.request("DELETE", f"online-deployments/{endpoint_name}/{name}")
    click.echo(f'deployment "{name}" is deleted', err=True)


@online_deployment.command("get-logs")
@_NAME
@_ENDPOINT
@click.option("--lines", "-l", type=click.IntRange(1, 5000), default=50, show_default=True, help="How many lines.")
def get_logs(name: str, endpoint_name: str, lines: int) -> None:
    """Print the last lines that a deployment's worker wrote."""
    with client() as control:
        answer = control.request("GET", f"online-deployments/{endpoint_name}/{name}/logs", params={"lines": lines})
    click.echo(answer.text, nl=False)


def _read(file: Path) -> dict[str, Any]:
    """The deployment in a file as the API takes it; what of it does not act here is told."""
    from cloister.serving import wire  # noqa: PLC0415 - imports what `--help` does not need
    from cloister.serving.schema import read_deployment  # noqa: PLC0415 - as above

    deployment, notes = read_deployment(file)
    for note in notes:
        click.echo(f"note: {note}", err=True)
    document: dict[str, Any] = wire.DEPLOYMENT.dump_python(deployment, mode="json")
    return document


def _wait(control: ControlClient, endpoint: str, name: str) -> dict[str, Any]:
    """The deployment once it is ready. Raises RefusedError where it failed, SourceError where it takes too long."""
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    click.echo(f"waiting for {name} of {endpoint} ...", err=True)
    while time.monotonic() < deadline:
        status: dict[str, Any] = control.request("GET", f"online-deployments/{endpoint}/{name}").json()
        if status["state"] not in _UNDER_WAY:
            if status["state"] == "Failed":
                mend = f"mend that, then: cloister online-deployment update --file FILE (or delete {name})"
                raise RefusedError(Fault(f'deployment "{name}"', f"failed: {status['reason']}", mend))
            return status
        time.sleep(_ASKED_EVERY_SECONDS)
    mend = f"see cloister online-deployment get-logs --name {name} --endpoint-name {endpoint}"
    raise SourceError(Fault(f'deployment "{name}"', f"is not ready after {_READY_WITHIN_SECONDS:.0f} s", mend))


def _print(status: dict[str, Any], form: str) -> None:
    if form == "json":
        click.echo(json.dumps(status, indent=2))
        return
    spec, health = status["spec"], status["health"]
    healthy = f"answers (process {health['pid']})" if health["is_healthy"] else "does not answer"
    click.echo(f"deployment  {spec['name']} of {spec['endpoint']}")
    click.echo(f"state       {status['state']}, {healthy}, {health['restarts']} restarts")
    click.echo(f"model       {spec['model']['name']} version {status['version'] or '(not resolved)'}")
    if status["reason"]:
        click.echo(f"reason      {status['reason']}")
    if health["last_error"] and health["last_error"] != status["reason"]:
        click.echo(f"last error  {health['last_error']}")
