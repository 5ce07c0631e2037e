"""`cloister audit`: the record of decisions, through the control API of the platform that one is logged in to."""

import json
from collections.abc import Mapping

import click

from cloister.cli.client import client
from cloister.errors import Fault, RefusedError


@click.group(invoke_without_command=True)
@click.option("--principal", help="Who: a user, or job/JOB/STEP; finds what jobs did for a user as well.")
@click.option("--action", help="What was asked for, for example mlflow:CreateRun or mlflow:Delete*.")
@click.option("--decision", type=click.Choice(["allow", "deny"], case_sensitive=False), help="How it was decided.")
@click.option("--since", help="From when on, for example 2026-11-22 or 2026-11-22T04:00:00Z.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many, newest first.")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def audit(context: click.Context, /, **options: str | int | None) -> None:
    """Search the record of decisions."""
    if context.invoked_subcommand is not None:
        return
    shape = options.pop("shape")
    asked = {name: value for name, value in options.items() if value is not None}
    with client() as api:
        records = api.request("GET", "audit", params=asked).json()["records"]
    if shape == "json":
        click.echo(json.dumps(records, indent=2))
        return
    for record in records:
        click.echo(_line(record))


@audit.command()
def verify() -> None:
    """Verify the chain: that no record was changed, removed or put in between."""
    with client() as api:
        found = api.request("GET", "audit/verify").json()
    if found["break"] is not None:
        fault = Fault(
            thing=f"record {found['break']['number']} of the record of decisions",
            reason=found["break"]["reason"],
            mend=f"records 1 to {found['records']} hold; compare the rest with a backup of the database",
        )
        raise RefusedError(fault)
    click.echo(f"{found['records']} records hold")


def _line(record: Mapping[str, object]) -> str:
    """One record in one line: when, decision and status, who, what, on which object, and why."""
    who = f"{record['principal']} for {record['on_behalf_of']}" if record["on_behalf_of"] else record["principal"]
    status = f" {record['status']}" if record["status"] is not None else ""
    why = record["reason"] if record["decision"] == "DENY" else record["rule"]
    decided = f"{record['decision']}{status}"
    return f"{record['at']}  {decided:<9}  {who}  {record['action']}  {record['resource']}  [{why}]"
