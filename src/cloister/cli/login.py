"""`cloister login`: get a token for the other verbs."""

import os
import sys

import click

from cloister.cli.progress import print_result
from cloister.client.stored import Credentials, credentials_file, read_credentials, write_credentials
from cloister.errors import Fault, SpecError
from cloister.sdk.control import ControlClient

_LIFETIME = click.IntRange(60, 7 * 24 * 3600)


@click.command()
@click.option("--user", help="Who you are.  [default: asked for]")
@click.option("--url", help="Where the platform is.  [default: CLOISTER_URL, the last one, or this machine's]")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--token-stdin", is_flag=True, help="Keep the token on standard input, as /cloister/token shows it.")
@click.option("--lifetime", type=_LIFETIME, default=12 * 3600, show_default=True, help="Seconds that the token holds.")
@click.option("--print", "show", is_flag=True, help="Print the token, for MLFLOW_TRACKING_TOKEN, and keep nothing.")
def login(
    *, user: str | None, url: str | None, password_stdin: bool, token_stdin: bool, lifetime: int, show: bool
) -> None:
    """Get a token for the other verbs.

    It is kept for you alone in ~/.config/cloister/credentials.json, and goes to no other address than this platform's.
    """
    where = (url or read_credentials().url).rstrip("/")
    if token_stdin:
        _keep(where, sys.stdin.read().strip(), user or "")
        return
    who = user or _asked("User", hidden=False)
    password = sys.stdin.readline().rstrip("\n") if password_stdin else _asked(f"Password of {who}", hidden=True)
    body = {"user": who, "password": password, "lifetime_seconds": lifetime}
    with ControlClient(Credentials(where)) as anybody:
        answer = anybody.request("POST", "token", json=body).json()
    if show:
        print_result(answer["token"])
        return
    path = credentials_file(os.environ)
    write_credentials(Credentials(where, answer["token"], who), path)
    print_result(f"logged in to {where} as {who} until {answer['expires_at']}; token in {path}")


def _keep(where: str, token: str, user: str) -> None:
    if token.count(".") != 2:  # noqa: PLR2004 - header, payload, signature
        mend = f"copy it from {where}/cloister/token, in one piece"
        raise SpecError(Fault("token on standard input", "is no token", mend))
    path = credentials_file(os.environ)
    write_credentials(Credentials(where, token, user), path)
    print_result(f"the token for {where} is in {path}")


def _asked(what: str, *, hidden: bool) -> str:
    """What somebody types; a fault where nobody is there to ask."""
    if not sys.stdin.isatty():
        mend = "run it at a terminal, or give --user NAME --password-stdin"
        raise SpecError(Fault("cloister login", f"cannot ask for the {what.split(maxsplit=1)[0].lower()} here", mend))
    return str(click.prompt(what, hide_input=hidden, err=True))
