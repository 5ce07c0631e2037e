"""`cloister job`: Azure ML v2 jobs, with the verbs of `az ml job`."""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote

import click
import httpx
import yaml

from cloister.cli.job_views import Progress, job_table, job_text, plan_text
from cloister.errors import Fault, SourceError, SpecError
from cloister.loopback import http_client
from cloister.sdk.control import ControlClient, client, error_of

if TYPE_CHECKING:
    from cloister.jobs.reading.job import PipelineJob

_FINISHED = frozenset({"Completed", "Failed", "Canceled"})
_POLL_SECONDS = 0.3
_NOT_DONE = 10
_TAIL_LINES = 20
_UPLOAD_SECONDS = 600.0

_format = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print it."
)
_name = click.option("--name", "-n", required=True, help="The job's name, as create and list print it.")


@click.group()
def job() -> None:
    """Create, list, show, stream and cancel Azure ML v2 jobs."""


@job.command()
@click.option("--file", "-f", "path", type=click.Path(path_type=Path), required=True, help="The job's YAML file.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Replace a value: inputs.min_accuracy=0.9")
@click.option("--name", "-n", default="", help="Name the job; without it, the platform finds a name.")
@click.option("--stream", is_flag=True, help="Follow the job to its end.")
@click.option("--dry-run", is_flag=True, help="Load, check and plan the job; print the plan and run nothing.")
@_format
def create(path: Path, overrides: tuple[str, ...], name: str, *, stream: bool, dry_run: bool, form: str) -> None:
    """Run a command or pipeline job from its Azure ML v2 YAML."""
    from cloister.jobs.planning.plan_json import to_json  # noqa: PLC0415 - as above
    from cloister.jobs.planning.resolve import plan  # noqa: PLC0415 - as above
    from cloister.jobs.reading.load import load_job  # noqa: PLC0415 - the light verbs must not load it

    click.echo(f"checking {path} with the Azure ML SDK", err=True)
    loaded = load_job(path, _overrides(overrides) | ({"name": name} if name else {}))
    planned = plan(loaded)
    if dry_run:
        click.echo(to_json(planned) if form == "json" else plan_text(planned))
        return
    for note in planned.notes:
        click.echo(f"note: {note}", err=True)
    with client() as control:
        body = {"plan": json.loads(to_json(planned)), "snapshot": _upload(control, loaded)}
        created = control.request("POST", "jobs", json=body).json()
        click.echo(f"job {created['name']} is queued", err=True)
        if stream:
            _finish(control, _follow(control, created["name"]), form)
        else:
            _print(created, form)


@job.command(name="list")
@click.option("--max-results", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many at most.")
@_format
def list_(max_results: int, form: str) -> None:
    """List jobs, the newest first."""
    with client() as control:
        jobs = control.request("GET", "jobs", params={"limit": max_results}).json()["jobs"]
    click.echo(json.dumps(jobs, indent=2) if form == "json" else job_table(jobs))


@job.command()
@_name
@_format
def show(name: str, form: str) -> None:
    """Show a job: where it stands, step by step."""
    with client() as control:
        _print(control.request("GET", _path(name)).json(), form)


@job.command()
@_name
@_format
def stream(name: str, form: str) -> None:
    """Follow a job to its end. Exit code 10 where it did not complete."""
    with client() as control:
        _finish(control, _follow(control, name), form)


@job.command()
@_name
@_format
def cancel(name: str, form: str) -> None:
    """Cancel a job; what it runs is ended."""
    with client() as control:
        _print(control.request("POST", f"{_path(name)}/cancel").json(), form)


@job.command()
@_name
@click.option("--step", required=True, help="The step whose log to print.")
@click.option("--follow", is_flag=True, help="Go on until the step has ended.")
def logs(name: str, step: str, *, follow: bool) -> None:
    """Print what a step printed."""
    with client() as control:
        _copy_log(control, name, step, sys.stdout, follow=follow)


def _overrides(texts: tuple[str, ...]) -> dict[str, object]:
    """The replacements; values are read as YAML, so that 0.9 is a number."""
    found: dict[str, object] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise SpecError(Fault(f"--set {text}", "is no KEY=VALUE", "write --set inputs.min_accuracy=0.9"))
        try:
            found[key.strip()] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise SpecError(Fault(f"--set {text}", f"its value is no YAML: {error}", "quote the value")) from error
    return found


def _upload(control: ControlClient, loaded: "PipelineJob") -> str:
    """Send the code and the local data along; returns the hash of the snapshot."""
    from cloister.jobs.assets.snapshot import pack  # noqa: PLC0415 - see create
    from cloister.jobs.planning.resolve import members  # noqa: PLC0415 - see create
    from cloister.jobs.reading.official import ignored_files  # noqa: PLC0415 - see create

    with tempfile.TemporaryFile() as file:
        pack(members(loaded), file, excluded=ignored_files())
        file.seek(0)
        who = control.credentials
        try:
            with http_client(who.url, token=who.token, timeout_seconds=_UPLOAD_SECONDS) as http:
                answer = http.put("/cloister/v1/jobs/snapshots", content=file)
        except httpx.TransportError as error:
            fault = Fault(who.url, f"did not take the snapshot: {error}", "look at it: cloister status")
            raise SourceError(fault) from error
    if not answer.is_success:
        raise error_of(answer, thing="snapshot")
    return str(answer.json()["snapshot"])


def _follow(control: ControlClient, name: str) -> dict[str, Any]:
    """The job once it has ended; until then, its progress is shown."""
    with Progress(sys.stderr) as progress:
        while True:
            found: dict[str, Any] = control.request("GET", _path(name)).json()
            progress.show(found)
            if found["status"] in _FINISHED:
                return found
            time.sleep(_POLL_SECONDS)


def _finish(control: ControlClient, found: dict[str, Any], form: str) -> None:
    """Print how the job ended, with the end of the log of each step that failed."""
    for step in found["steps"]:
        if step["status"] == "Failed":
            click.echo(f"--- the end of the log of step {step['name']}:", err=True)
            text = control.request("GET", f"{_path(found['name'])}/logs/{step['name']}").json()["text"]
            click.echo("\n".join(text.splitlines()[-_TAIL_LINES:]), err=True)
    _print(found, form)
    if found["status"] != "Completed":
        raise click.exceptions.Exit(_NOT_DONE)


def _copy_log(control: ControlClient, name: str, step: str, target: IO[str], *, follow: bool) -> None:
    offset = 0
    while True:
        piece = control.request("GET", f"{_path(name)}/logs/{step}", params={"offset": offset}).json()
        target.write(piece["text"])
        target.flush()
        if piece["complete"] or (not follow and piece["next_offset"] == offset):
            return
        if piece["next_offset"] == offset:
            time.sleep(_POLL_SECONDS)
        offset = piece["next_offset"]


def _path(name: str) -> str:
    return f"jobs/{quote(name, safe='')}"


def _print(found: dict[str, Any], form: str) -> None:
    click.echo(json.dumps(found, indent=2) if form == "json" else job_text(found))
