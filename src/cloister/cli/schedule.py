"""`cloister schedule`: jobs and monitors on a trigger, in the words of `az ml`.

What a schedule does follows from its document: `create_job` or `create_monitor`. A name is looked for among the
schedules of jobs first.
"""

import base64
import json
import sys
import time
from pathlib import Path
from typing import Any

import click

from cloister.cli import azure_options as az
from cloister.cli.schedule_views import of_jobs, print_schedule, schedule_line
from cloister.errors import Fault, RefusedError, SourceError, SpecError
from cloister.sdk import Client
from cloister.sdk.control import client

_NAME = click.option("--name", "-n", required=True, help="The schedule.")
_FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
_RUN_WITHIN_SECONDS = 300.0
_ASKED_EVERY_SECONDS = 0.3
_FINDINGS, _UNDECIDED = 10, 11
_WORST_SHOWN = 8


@click.group()
def schedule() -> None:
    """Manage and trigger schedules of jobs, and monitors."""


@schedule.command()
@click.option("--file", "-f", type=click.Path(path_type=Path), required=True, help="Azure ML v2 YAML.")
@click.option("--reference", type=click.Path(path_type=Path), default=None, help="A monitor's other reference file.")
@az.overrides
@az.place
@_FORMAT
def create(*, file: Path, reference: Path | None, settings: tuple[str, ...], form: str) -> None:
    """Create a schedule from its YAML file, or replace the one of that name."""
    from cloister.jobs.reading.positions import read_document  # noqa: PLC0415 - as below

    if "create_monitor" not in read_document(file).root:
        with Client() as platform:
            print_schedule(platform.schedules.create(file, az.replacements(settings)), form)
        return
    if settings:
        raise SpecError(Fault("--set", "changes nothing in a monitor's file", "write it there"))
    _create_monitor(file, reference, form)


def _create_monitor(file: Path, reference: Path | None, form: str) -> None:
    from datetime import UTC, datetime  # noqa: PLC0415 - with the readers below

    from cloister.monitoring.references import read_local, stored_name  # noqa: PLC0415 - `--help` does not need it
    from cloister.monitoring.schedule import MONITOR  # noqa: PLC0415 - as above
    from cloister.monitoring.schema import read_monitor  # noqa: PLC0415 - as above

    monitor, notes = read_monitor(file, datetime.now(UTC))
    for note in notes:
        click.echo(f"note: {note}", err=True)
    contents, names = {}, {}
    for named in sorted(monitor.references):
        path = reference or Path(named)
        content = read_local(path)
        names[named] = stored_name(content, path.suffix)
        contents[names[named]] = base64.b64encode(content).decode()
    stored = MONITOR.dump_python(monitor.with_references(names), mode="json")
    body = {"monitor": stored, "references": contents}
    with client() as control:
        _print(control.request("PUT", f"schedules/{monitor.name}", json=body).json(), form)


@schedule.command()
@_NAME
@_FORMAT
def show(name: str, form: str) -> None:
    """Show a schedule: its times and its newest job; of a monitor, its runs and its alerts."""
    with Client() as platform:
        if found := of_jobs(platform, name):
            print_schedule(found, form)
            return
        control = platform.control
        _print(control.request("GET", f"schedules/{name}").json(), form)


@schedule.command("list")
@_FORMAT
def list_(form: str) -> None:
    """List the schedules: of jobs that you may see, then monitors where you may see them."""
    with Client() as platform:
        jobs, monitors = list(platform.schedules.list()), _monitors(platform)
    if form == "json":
        click.echo(json.dumps([*jobs, *monitors], indent=2))
        return
    for found in jobs:
        click.echo(schedule_line(found))
    for status in monitors:
        click.echo(f"{status['monitor']['name']}  {_when(status)}")


@schedule.command()
@_NAME
@click.option("--no-wait", is_flag=True, help="Do not wait for the result.")
@_FORMAT
def trigger(name: str, no_wait: bool, form: str) -> None:
    """Submit a schedule's job now, or evaluate a monitor.

    For a monitor, leaves with 10 where a signal is breached, with 11 where one is undecided.
    """
    with Client() as platform:
        if of_jobs(platform, name):
            job = platform.schedules.trigger(name)
            click.echo(json.dumps({"job": job}, indent=2) if form == "json" else f"job {job} is queued")
            return
        control = platform.control
        run = control.request("POST", f"schedules/{name}/trigger").json()
        deadline = time.monotonic() + _RUN_WITHIN_SECONDS
        while not no_wait and run["state"] in ("Requested", "Running"):
            if time.monotonic() > deadline:
                reason = f"is still {run['state']} after {_RUN_WITHIN_SECONDS:.0f} s"
                raise SourceError(Fault(f"run {run['id']}", reason, "see that serving runs: cloister status"))
            time.sleep(_ASKED_EVERY_SECONDS)
            run = control.request("GET", f"schedules/{name}/runs/{run['id']}").json()
    if run["state"] == "Failed":
        raise SourceError(Fault(f'monitor "{name}"', f"could not be evaluated: {run['reason']}", "mend that"))
    if form == "json":
        click.echo(json.dumps(run, indent=2))
    else:
        _print_run(run)
    sys.exit({"breached": _FINDINGS, "undecided": _UNDECIDED}.get(run["outcome"], 0))


@schedule.command()
@_NAME
def enable(name: str) -> None:
    """Let the schedule's trigger count."""
    with Client() as platform:
        if of_jobs(platform, name):
            click.echo(schedule_line(platform.schedules.enable(name, enabled=True)))
            return
        click.echo(_when(platform.control.request("POST", f"schedules/{name}/enable").json()))


@schedule.command()
@_NAME
def disable(name: str) -> None:
    """Keep the schedule, and run it only when it is triggered by hand."""
    with Client() as platform:
        if of_jobs(platform, name):
            click.echo(schedule_line(platform.schedules.enable(name, enabled=False)))
            return
        click.echo(_when(platform.control.request("POST", f"schedules/{name}/disable").json()))


@schedule.command()
@click.option("--name", "-n", default="", help="Only those of this monitor.")
@_FORMAT
def alerts(name: str, form: str) -> None:
    """List the newest alerts."""
    with client() as control:
        found = control.request("GET", "alerts", params={"monitor": name} if name else None).json()
    if form == "json":
        click.echo(json.dumps(found, indent=2))
        return
    for alert in found:
        _print_alert(alert)


@schedule.command()
@_NAME
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
def delete(name: str, yes: bool) -> None:
    """Delete a schedule; its jobs stay. A monitor goes with its runs and alerts."""
    with Client() as platform:
        is_of_jobs = of_jobs(platform, name) is not None
        what = f'schedule "{name}"' if is_of_jobs else f'monitor "{name}" with its runs and alerts'
        if not yes:
            click.confirm(f"Delete the {what}?", abort=True, err=True)
        platform.control.request("DELETE", f"{'job-schedules' if is_of_jobs else 'schedules'}/{name}")
    click.echo(f"{what} is deleted", err=True)


def _monitors(platform: Client) -> list[dict[str, Any]]:
    """The monitors, where whoever asks may list them."""
    try:
        found: list[dict[str, Any]] = platform.control.request("GET", "schedules").json()
    except RefusedError:
        return []
    return found


def _print(status: dict[str, Any], form: str) -> None:
    if form == "json":
        click.echo(json.dumps(status, indent=2))
        return
    monitor = status["monitor"]
    click.echo(f"monitor   {monitor['name']}  {_when(status)}")
    click.echo(f"watches   {monitor['target']['endpoint']}:{monitor['target']['deployment']}")
    for signal in monitor["signals"]:
        click.echo(f"signal    {signal['name']} ({signal['type']})")
    for run in status["runs"]:
        told = run["outcome"] or run["reason"]
        click.echo(f"run       {run['id']}  {run['requested_at']}  {run['state']}  {told} (by {run['requested_by']})")
    for alert in status["alerts"]:
        _print_alert(alert)


def _when(status: dict[str, Any]) -> str:
    if not status["is_enabled"]:
        return "disabled"
    return f"enabled, next {status['next_due']}" if status["next_due"] else "enabled, never due"


def _print_run(run: dict[str, Any]) -> None:
    click.echo(f"run       {run['id']}  {run['state']}  {run['outcome']}".rstrip())
    for signal in (run["result"] or {}).get("signals", ()):
        rows = f"{signal['production_rows']} rows against {signal['reference_rows']}"
        outcomes = [feature["outcome"] for feature in signal["features"]]
        counts = ", ".join(f"{outcomes.count(one)} {one}" for one in ("breached", "undecided", "ok"))
        click.echo(f"signal    {signal['name']} ({signal['type']}, {rows}): {counts}")
        if signal["note"]:
            click.echo(f"          {signal['note']}")
        told = [feature for feature in signal["features"] if feature["outcome"] != "ok"]
        for feature in sorted(told, key=lambda one: str(one["outcome"]))[:_WORST_SHOWN]:
            click.echo(f"          {_feature(feature)}")
        if len(told) > _WORST_SHOWN:
            click.echo(f"          and {len(told) - _WORST_SHOWN} more (--format json shows all)")


def _print_alert(alert: dict[str, Any]) -> None:
    where = f"{alert['endpoint']}:{alert['deployment']}"
    click.echo(f"alert     {alert['at']}  {where}  {alert['signal']}")
    for feature in alert["features"][:_WORST_SHOWN]:
        click.echo(f"          {_feature(feature)}")
    if len(alert["features"]) > _WORST_SHOWN:
        click.echo(f"          and {len(alert['features']) - _WORST_SHOWN} more (--format json shows all)")


def _feature(feature: dict[str, Any]) -> str:
    value = "no value" if feature["value"] is None else f"{feature['value']:.4g}"
    note = f" ({feature['note']})" if feature["note"] else ""
    return (
        f"{feature['feature']}: {feature['metric']} {value}, threshold {feature['bound']:g}: {feature['outcome']}{note}"
    )
