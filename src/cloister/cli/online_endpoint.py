"""`cloister online-endpoint`: create, show, list, update, rollback, invoke and delete, in the words of `az ml`."""

import json
from pathlib import Path
from typing import Any

import click

from cloister.errors import Fault, SourceError, SpecError
from cloister.sdk.control import ControlClient, client, error_of

_SCORING_SECONDS = 200.0
_NAME = click.option("--name", "-n", required=True, help="The endpoint.")
_FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)


@click.group("online-endpoint")
def online_endpoint() -> None:
    """Manage and invoke online endpoints."""


@online_endpoint.command()
@click.option("--file", "-f", "file", type=click.Path(path_type=Path), required=True, help="Azure ML v2 YAML.")
@click.option("--name", "-n", default=None, help="Another name than the file's.")
@_FORMAT
def create(file: Path, name: str | None, form: str) -> None:
    """Create an endpoint from its YAML file."""
    from dataclasses import replace  # noqa: PLC0415 - with the reader below

    from cloister.serving import wire  # noqa: PLC0415 - imports what `--help` does not need
    from cloister.serving.schema import read_endpoint  # noqa: PLC0415 - as above

    endpoint, notes = read_endpoint(file)
    for note in notes:
        click.echo(f"note: {note}", err=True)
    named = replace(endpoint, name=name) if name else endpoint
    with client() as control:
        answer = control.request("POST", "online-endpoints", json=wire.ENDPOINT.dump_python(named, mode="json"))
    _print(answer.json(), form)


@online_endpoint.command()
@_NAME
@_FORMAT
def show(name: str, form: str) -> None:
    """Show an endpoint: its traffic, its deployments, and what its traffic was before."""
    with client() as control:
        _print(_endpoint(control, name), form)


@online_endpoint.command("list")
@_FORMAT
def list_(form: str) -> None:
    """List the endpoints."""
    with client() as control:
        found = control.request("GET", "online-endpoints").json()
    if form == "json":
        click.echo(json.dumps(found, indent=2))
        return
    for status in found:
        click.echo(f"{status['endpoint']['name']}  {_shares(status['endpoint']['routing'])}")


@online_endpoint.command()
@_NAME
@click.option("--traffic", "-t", default=None, help='Shares of live requests: "blue=90 green=10".')
@click.option(
    "--mirror-traffic", "-m", default=None, help='Share of requests that are copied: "green=10"; "" for none.'
)
@_FORMAT
def update(name: str, traffic: str | None, mirror_traffic: str | None, form: str) -> None:
    """Set who gets which share of the requests; what is not given stays as it is."""
    if traffic is None and mirror_traffic is None:
        mend = 'give --traffic "blue=90 green=10" or --mirror-traffic "green=10"'
        raise SpecError(Fault("online-endpoint update", "nothing is to be changed", mend))
    shares = {
        "traffic": None if traffic is None else parse_shares(traffic, "--traffic"),
        "mirror": None if mirror_traffic is None else parse_shares(mirror_traffic, "--mirror-traffic"),
    }
    with client() as control:
        _print(control.request("PUT", f"online-endpoints/{name}/traffic", json=shares).json(), form)


@online_endpoint.command()
@_NAME
@_FORMAT
def rollback(name: str, form: str) -> None:
    """Take back the last change of traffic; again, the one before."""
    with client() as control:
        _print(control.request("POST", f"online-endpoints/{name}/rollback").json(), form)


@online_endpoint.command()
@_NAME
@click.option("--request-file", "-r", type=click.Path(path_type=Path), required=True, help="Rows: .json or .csv.")
@click.option("--deployment-name", "-d", default=None, help="This deployment, whatever its share.")
def invoke(name: str, request_file: Path, deployment_name: str | None) -> None:
    """Score rows, and print the answer as it came."""
    import httpx  # noqa: PLC0415 - `--help` does not need it

    from cloister.loopback import http_client  # noqa: PLC0415 - as above

    try:
        body = request_file.read_bytes()
    except OSError as error:
        fault = Fault(str(request_file), f"cannot be read: {error.strerror}", "give a file with rows")
        raise SourceError(fault) from error
    headers = {"content-type": "text/csv" if request_file.suffix == ".csv" else "application/json"}
    if deployment_name:
        headers["azureml-model-deployment"] = deployment_name
    with client() as control:
        address = _endpoint(control, name)["scoring_uri"]
        token = control.credentials.token
    try:
        with http_client(address, token=token, timeout_seconds=_SCORING_SECONDS) as http:
            answer = http.post(address, content=body, headers=headers)
    except httpx.HTTPError as error:
        reason = f"does not answer at {address}: {error}"
        raise SourceError(Fault(f'endpoint "{name}"', reason, "see that it runs: cloister status")) from error
    if not answer.is_success:
        raise error_of(answer, thing=f'endpoint "{name}"')
    click.echo(f"answered by {answer.headers.get('x-cloister-deployment', 'an unnamed deployment')}", err=True)
    click.echo(answer.text)


@online_endpoint.command()
@_NAME
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
def delete(name: str, yes: bool) -> None:
    """Delete an endpoint with all its deployments."""
    if not yes:
        click.confirm(f'Delete the endpoint "{name}" with all its deployments?', abort=True, err=True)
    with client() as control:
        control.request("DELETE", f"online-endpoints/{name}")
    click.echo(f'endpoint "{name}" is deleted', err=True)


def parse_shares(text: str, option: str) -> dict[str, int]:
    """Shares from `blue=90 green=10`. Raises SpecError with every part that is no share."""
    shares: dict[str, int] = {}
    faults = []
    for part in text.replace(",", " ").split():
        name, _, share = part.partition("=")
        if not name or not share.isdecimal() or name in shares:
            reason = f'"{name}" stands there twice' if name in shares else f'"{part}" is no share'
            faults.append(Fault(option, reason, "write NAME=PERCENT, for example blue=90 green=10"))
        else:
            shares[name] = int(share)
    if faults:
        raise SpecError(faults)
    return shares


def _endpoint(control: ControlClient, name: str) -> Any:  # noqa: ANN401 - the API's JSON
    return control.request("GET", f"online-endpoints/{name}").json()


def _print(status: dict[str, Any], form: str) -> None:
    if form == "json":
        click.echo(json.dumps(status, indent=2))
        return
    endpoint = status["endpoint"]
    click.echo(f"endpoint    {endpoint['name']}")
    click.echo(f"scoring     {status['scoring_uri']}")
    pending = "" if status["is_routed"] else "  (not in effect yet: the router has not taken it up)"
    click.echo(f"traffic     {_shares(endpoint['routing'])}{pending}")
    for one in status["deployments"]:
        healthy = "answers" if one["health"]["is_healthy"] else "does not answer"
        model = f"{one['spec']['model']['name']}:{one['version'] or '?'}"
        click.echo(f"deployment  {one['spec']['name']}  {one['state']}, {healthy}, model {model}")
        if one["reason"]:
            click.echo(f"            {one['reason']}")
    for change in status["history"]:
        undone = ", taken back" if change["is_undone"] else ""
        click.echo(f"history     {change['set_at']}  {_shares(change['routing'])} (by {change['set_by']}{undone})")


def _shares(routing: dict[str, dict[str, int]]) -> str:
    live = " ".join(f"{name}={share}" for name, share in routing["traffic"].items()) or "none"
    copies = " ".join(f"{name}={share}" for name, share in routing["mirror"].items())
    return f"{live}, mirror {copies}" if copies else live
