"""`cloister audit`: the record of decisions, through the control API of the platform that one is logged in to."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from cloister.errors import Fault, RefusedError, SourceError
from cloister.sdk.control import client

_MOST = 10_000
_FILTERS = (
    click.option("--principal", help="Who: a user, or job/JOB/STEP; finds what jobs did for a user as well."),
    click.option("--action", help="What was asked for, for example mlflow:CreateRun or mlflow:Delete*."),
    click.option("--resource", help="On which object, for example model-version/churn/* or experiment/churn."),
    click.option("--decision", type=click.Choice(["allow", "deny"], case_sensitive=False), help="How it was decided."),
    click.option("--request-id", help="The X-Request-Id of an answer."),
    click.option("--since", help="From when on, for example 2026-11-22 or 2026-11-22T04:00:00Z."),
    click.option("--until", help="Until before when, written the same way."),
)


def _filters(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_FILTERS):
        command = option(command)
    return command


@click.group(invoke_without_command=True)
@_filters
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many, newest first.")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def audit(context: click.Context, /, limit: int, shape: str, **filters: str | None) -> None:
    """Search the record of decisions."""
    if context.invoked_subcommand is not None:
        return
    records = _search(_given(filters), limit)
    if shape == "json":
        click.echo(json.dumps(records, indent=2))
        return
    for record in records:
        click.echo(_line(record))


@audit.command()
@_filters
@click.option(
    "--format",
    "shape",
    type=click.Choice(["json", "ocsf"]),
    default="json",
    show_default=True,
    help="As they are kept, or as events that a SIEM reads (OCSF 1.5, API Activity).",
)
def export(shape: str, **filters: str | None) -> None:
    """Print every record that matches, oldest first, one JSON object a line."""
    with client() as api:
        for line in api.lines("audit/export", params=_given(filters) | {"format": shape}):
            click.echo(line)


@audit.command()
@click.option(
    "--anchors",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of anchors that were kept elsewhere.",
)
def verify(anchors: Path | None) -> None:
    """Verify the record: that no decision was changed, removed, put in between or moved.

    That its end was not cut off, and that it was not written anew as a whole, is told by --anchors alone.
    """
    with client() as api:
        if anchors is None:
            found = api.request("GET", "audit/verify").json()
        else:
            found = api.request("POST", "audit/verify", json={"anchors": _read(anchors)}).json()
    if found["break"] is not None:
        fault = Fault(
            thing=f"record {found['break']['number']} of the record of decisions",
            reason=found["break"]["reason"],
            mend=f"records 1 to {found['records']} hold; compare the rest with a backup of the database",
        )
        raise RefusedError(fault)
    against = f", and {found['anchors']} anchors with them" if anchors else ""
    click.echo(f"{found['records']} records hold{against}")


@audit.command()
def anchor() -> None:
    """Print the newest record's number and digest, signed by the platform: one line, to be kept elsewhere."""
    with client() as api:
        found = api.request("GET", "audit/anchor").json()
    click.echo(f"record {found['number']}, digest {found['digest']}", err=True)
    click.echo(found["anchor"])


def _search(asked: dict[str, str | int], limit: int) -> list[dict[str, Any]]:
    """So many records, newest first, page by page."""
    records: list[dict[str, Any]] = []
    with client() as api:
        while len(records) < limit:
            page = asked | {"limit": min(limit - len(records), _MOST)}
            found = api.request("GET", "audit", params=page).json()
            records.extend(found["records"])
            if found["next"] is None:
                break
            asked = asked | {"before": found["next"]}
    return records


def _given(filters: Mapping[str, str | None]) -> dict[str, str | int]:
    return {name: value for name, value in filters.items() if value is not None}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        fault = Fault(str(path), f"cannot be read: {error}", "give a file with a signed anchor in each line")
        raise SourceError(fault) from error


def _line(record: Mapping[str, object]) -> str:
    """One record in one line: when, decision and status, who, what, on which object, and why."""
    who = f"{record['principal']} for {record['on_behalf_of']}" if record["on_behalf_of"] else record["principal"]
    status = f" {record['status']}" if record["status"] is not None else ""
    outcome = "  unknown outcome" if record["outcome"] == "unknown" else ""
    why = record["reason"] if record["decision"] == "DENY" else record["rule"]
    decided = f"{record['decision']}{status}"
    return f"{record['at']}  {decided:<9}{outcome}  {who}  {record['action']}  {record['resource']}  [{why}]"
