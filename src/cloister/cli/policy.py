"""`cloister policy`: the policies that the platform keeps, through its control API."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from cloister.cli.policy_lint import lint, read_document
from cloister.cli.policy_questions import simulate, try_
from cloister.errors import Fault, SpecError

if TYPE_CHECKING:
    from cloister.sdk.control import ControlClient

_SHAPE = click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True)
_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.group()
def policy() -> None:
    """Keep, try and explain policies."""


for command in (lint, try_, simulate):
    policy.add_command(command)


@policy.command()
@click.argument("name")
@_FILE
@click.option("--reason", required=True, help="Why; it stays in the history.")
@click.option("--review", type=click.DateTime(["%Y-%m-%d"]), help="The day on which somebody is to look at it again.")
def put(name: str, file: Path, reason: str, review: datetime | None) -> None:
    """Keep FILE as the newest version of NAME; it counts within a second, everywhere.

    Try it first: cloister policy try. Attach it: cloister policy attach.
    """
    body = {"name": name, "document": read_document(file), "reason": reason}
    if review is not None:
        body["review_date"] = review.date().isoformat()
    with _client() as api:
        made = api.request("POST", "policies", json=body).json()
    click.echo(f"{made['name']} has version {made['version']}", err=True)


@policy.command("list")
@_SHAPE
def list_policies(shape: str) -> None:
    """List the policies with what they are attached to."""
    with _client() as api:
        found = api.request("GET", "policies").json()["policies"]
    if shape == "json":
        click.echo(json.dumps(found, indent=2))
        return
    width = max((len(one["name"]) for one in found), default=0)
    today = datetime.now(UTC).date().isoformat()
    for one in found:
        attached = ", ".join(one["attached"]) or "attached to nothing"
        click.echo(f"{one['name']:<{width}}  version {one['version']}  {attached}{_review(one, today)}")


@policy.command()
@click.argument("name")
@click.option("--version", type=click.IntRange(1), help="This version instead of the newest one.")
@_SHAPE
def show(name: str, version: int | None, shape: str) -> None:
    """Show a policy: its document, and on stderr who put it there, why, and what it is attached to."""
    with _client() as api:
        found = api.request("GET", _path(name), params={"version": version} if version else None).json()
    if shape == "json":
        click.echo(json.dumps(found, indent=2))
        return
    attached = ", ".join(found["attached"]) or "nothing"
    click.echo(f"{_line(found)}; attached to {attached}", err=True)
    if found["document"] is None:
        click.echo("the policy was deleted by this version", err=True)
        return
    click.echo(found["document"], nl=not found["document"].endswith("\n"))


@policy.command()
@click.argument("name")
@_SHAPE
def history(name: str, shape: str) -> None:
    """List every version of a policy: who put it there, when, and why."""
    with _client() as api:
        found = api.request("GET", f"{_path(name)}/versions").json()["versions"]
    if shape == "json":
        click.echo(json.dumps(found, indent=2))
        return
    for one in found:
        click.echo(f"{_line(one)}{' (deleted)' if one['deleted'] else ''}")


@policy.command()
@click.argument("name")
@click.argument("target", metavar="KIND/TARGET")
def attach(name: str, target: str) -> None:
    """Let a policy speak for user/NAME, group/NAME or role/NAME."""
    with _client() as api:
        api.request("PUT", f"{_path(name)}/attachments/{_target(target)}")
    click.echo(f"{name} speaks for {target}", err=True)


@policy.command()
@click.argument("name")
@click.argument("target", metavar="KIND/TARGET")
def detach(name: str, target: str) -> None:
    """Let a policy speak for them no longer."""
    with _client() as api:
        api.request("DELETE", f"{_path(name)}/attachments/{_target(target)}")
    click.echo(f"{name} no longer speaks for {target}", err=True)


@policy.command()
@click.argument("name")
@click.option("--reason", default="", help="Why; it stays in the history.")
def delete(name: str, reason: str) -> None:
    """Delete a policy that is attached to nothing; its history stays."""
    with _client() as api:
        api.request("DELETE", _path(name), params={"reason": reason})
    click.echo(f"{name} is deleted", err=True)


def _client() -> "ControlClient":
    from cloister.sdk.control import client  # noqa: PLC0415 - lint runs where only the light half is installed

    return client()


def _path(name: str) -> str:
    return f"policies/{quote(name, safe='')}"


def _target(text: str) -> str:
    kind, slash, name = text.partition("/")
    if not slash or not name:
        mend = "write user/NAME, group/NAME or role/NAME"
        raise SpecError(Fault(f'"{text}"', "is nothing that a policy is attached to", mend))
    return f"{quote(kind, safe='')}/{quote(name)}"


def _line(version: Mapping[str, object]) -> str:
    reason = f": {version['reason']}" if version["reason"] else ""
    by = f"{version['created_at']}  {version['created_by']}"
    return f"version {version['version']}  {by}{reason}{_review(version, '')}"


def _review(version: Mapping[str, object], today: str) -> str:
    day = version["review_date"]
    if not day:
        return ""
    return f"  (review was due {day})" if str(day) < today else f"  (review {day})"
