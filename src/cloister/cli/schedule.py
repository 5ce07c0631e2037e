"""`cloister schedule`: monitors on a trigger, in the words of `az ml`: create, show, list, trigger, enable, ..."""

import base64
import json
import sys
import time
from pathlib import Path
from typing import Any

import click

from cloister.errors import Fault, SourceError
from cloister.sdk.control import client

_NAME = click.option("--name", "-n", required=True, help="The monitor.")
_FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
_RUN_WITHIN_SECONDS = 300.0
_ASKED_EVERY_SECONDS = 0.3
_FINDINGS, _UNDECIDED = 10, 11
_WORST_SHOWN = 8


@click.group()
def schedule() -> None:
    """Manage and trigger monitors."""


@schedule.command()
@click.option("--file", "-f", type=click.Path(path_type=Path), required=True, help="Azure ML v2 YAML.")
@click.option("--reference", type=click.Path(path_type=Path), default=None, help="Another reference file than its own.")
@_FORMAT
def create(file: Path, reference: Path | None, form: str) -> None:
    """Create a monitor from its YAML file, or replace the one of that name."""
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
    """Show a monitor, its runs and its alerts."""
    with client() as control:
        _print(control.request("GET", f"schedules/{name}").json(), form)


@schedule.command("list")
@_FORMAT
def list_(form: str) -> None:
    """List the monitors."""
    with client() as control:
        found = control.request("GET", "schedules").json()
    if form == "json":
        click.echo(json.dumps(found, indent=2))
        return
    for status in found:
        click.echo(f"{status['monitor']['name']}  {_when(status)}")


@schedule.command()
@_NAME
@click.option("--no-wait", is_flag=True, help="Do not wait for the result.")
@_FORMAT
def trigger(name: str, no_wait: bool, form: str) -> None:
    """Evaluate a monitor now. Leaves with 10 where a signal is breached, with 11 where one is undecided."""
    with client() as control:
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
    """Let the monitor's trigger count."""
    with client() as control:
        click.echo(_when(control.request("POST", f"schedules/{name}/enable").json()))


@schedule.command()
@_NAME
def disable(name: str) -> None:
    """Keep the monitor, and run it only when it is triggered by hand."""
    with client() as control:
        click.echo(_when(control.request("POST", f"schedules/{name}/disable").json()))


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
    """Delete a monitor with its runs and alerts."""
    if not yes:
        click.confirm(f'Delete the monitor "{name}" with its runs and alerts?', abort=True, err=True)
    with client() as control:
        control.request("DELETE", f"schedules/{name}")
    click.echo(f'monitor "{name}" is deleted', err=True)


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
