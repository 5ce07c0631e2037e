"""`cloister user`: local users, through the control API of the platform that one is logged in to."""

import json
import sys

import click

from cloister.sdk.control import client


@click.group()
def user() -> None:
    """Manage local users."""


@user.command("list")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True)
def list_users(shape: str) -> None:
    """List every user with its roles and groups."""
    with client() as api:
        users = api.request("GET", "users").json()["users"]
    if shape == "json":
        click.echo(json.dumps(users, indent=2))
        return
    width = max((len(each["name"]) for each in users), default=0)
    for each in users:
        roles = ", ".join(each["roles"]) or "no role"
        state = " (disabled)" if each["disabled"] else ""
        click.echo(f"{each['name']:<{width}}  {roles}  [{', '.join(each['groups'])}]{state}")


@user.command()
@click.argument("name")
@click.option("--group", "groups", multiple=True, help="A group of the specification; may be given several times.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of generating one.")
def add(name: str, groups: tuple[str, ...], *, password_stdin: bool) -> None:
    """Add a user; the generated password is printed once, and kept nowhere."""
    body: dict[str, object] = {"name": name, "groups": list(groups)}
    if password_stdin:
        body["password"] = _read_password()
    with client() as api:
        made = api.request("POST", "users", json=body).json()
    _show_password(made, generated=not password_stdin)


@user.command()
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of generating one.")
def passwd(name: str, *, password_stdin: bool) -> None:
    """Set a new password; every token and session from before ends."""
    body = {"password": _read_password()} if password_stdin else {}
    with client() as api:
        made = api.request("POST", f"users/{name}/password", json=body).json()
    _show_password(made, generated=not password_stdin)


@user.command()
@click.argument("name")
def disable(name: str) -> None:
    """Shut a user out, at once."""
    _set_disabled(name, disabled=True)


@user.command()
@click.argument("name")
def enable(name: str) -> None:
    """Let a user in again; it has to log in anew."""
    _set_disabled(name, disabled=False)


def _set_disabled(name: str, *, disabled: bool) -> None:
    with client() as api:
        api.request("PUT", f"users/{name}/disabled", json={"disabled": disabled})
    click.echo(f"{name} is {'shut out' if disabled else 'let in again'}", err=True)


def _show_password(made: dict[str, str], *, generated: bool) -> None:
    """The password alone on stdout, so that it can be piped; the talk about it on stderr."""
    if generated:
        click.echo(f"the password of {made['name']}, shown this once:", err=True)
        click.echo(made["password"])
    else:
        click.echo(f"the password of {made['name']} is set", err=True)


def _read_password() -> str:
    return sys.stdin.readline().rstrip("\n")
