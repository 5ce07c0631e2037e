"""Schedules of jobs as text, and how the verbs find out that a name is one of them."""

import json
from typing import Any

import click

from cloister.errors import RefusedError, SpecError
from cloister.sdk import Client


def of_jobs(platform: Client, name: str) -> dict[str, Any] | None:
    """The schedule of jobs of that name; None where there is none that may be seen."""
    try:
        return platform.schedules.show(name)
    except (RefusedError, SpecError):
        return None


def print_schedule(found: dict[str, Any], form: str) -> None:
    """Print a schedule of jobs; what is said of it goes to standard error."""
    for note in found.get("notes", ()):
        click.echo(f"note: {note}", err=True)
    click.echo(json.dumps(found, indent=2) if form == "json" else schedule_text(found))


def schedule_text(found: dict[str, Any]) -> str:
    """A schedule of jobs: when, what, as whom, and how it went."""
    lines = [schedule_line(found), f"  of {found['owner']}; steps: {', '.join(found['job']['steps'])}"]
    lines += [f"  newest job: {found['last_job']}"] if found["last_job"] else []
    lines += [f"  {found['reason']}"] if found["reason"] else []
    return "\n".join(lines)


def schedule_line(found: dict[str, Any]) -> str:
    """A schedule of jobs in a line."""
    times = f"{found['trigger']} ({found['time_zone']})"
    if not found["is_enabled"]:
        return f"{found['name']}  {times}  disabled"
    return f"{found['name']}  {times}  next {found['next_due'] or 'never'}"
