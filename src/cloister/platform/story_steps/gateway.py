"""Step: start the platform, log in as each person, and see every role held to what it may do."""

import os
from collections.abc import Callable
from dataclasses import replace

import httpx

from cloister.loopback import http_client
from cloister.platform.running import Ready, RunningPlatform
from cloister.platform.story import Context, expect

_LEAST_TRIES = 10


def run(context: Context, say: Callable[[str], None], /) -> Context:
    """Every process is ready, each role was tried, and each person gets a token for the password that was shown."""
    ready = context.running.wait_ready()
    people = {"admin", "reader", "approver"}
    expect("cloister up", "made no logins on its first start", holds=people <= set(ready.logins))
    check_roles(ready, say)
    context = replace(context, logins=ready.logins)
    tokens = {f"token_{name}": log_in(context, name) for name in sorted(people)}
    say(f"logged in as {', '.join(sorted(people))}")
    return context.noting(**tokens)


def begin(context: Context) -> Context:
    """The context with a platform that is starting, which `cleanup` stops."""
    options = ["--home", str(context.home), "--port", str(context.port), "--serving-port", str(context.serving_port)]
    # Not as an argument: every user of the machine reads those, and the URL may hold a password.
    environment = {**os.environ, "CLOISTER_DATABASE": context.database}
    platform = RunningPlatform((str(context.spec), *options), context.folder / "up.log", environment)
    context.cleanup.callback(platform.stop)
    return replace(context, platform=platform)


def start(context: Context) -> tuple[Context, Ready]:
    """The context with a running platform, and what it announced."""
    context = begin(context)
    return context, context.running.wait_ready()


def check_roles(ready: Ready, say: Callable[[str], None]) -> None:
    """Every request of every role was answered as it must be."""
    for row in ready.roles:
        told = f"was answered with {row['status']} where {row['expected']} must come"
        expect(f"{row['role']}: {row['what']}", told, holds=row["status"] == row["expected"])
    expect("the roles", f"only {len(ready.roles)} requests were tried", holds=len(ready.roles) >= _LEAST_TRIES)
    allowed = sum(row["expected"] == httpx.codes.OK for row in ready.roles)
    say(f"roles: {allowed} requests allowed and {len(ready.roles) - allowed} refused, each as it must be")


def log_in(context: Context, name: str) -> str:
    """A token for a person, got with the generated password."""
    credentials = {"user": name, "password": context.logins[name]}
    with http_client(context.url) as http:
        answer = http.post("/cloister/v1/token", json=credentials)
    expect(f"login of {name}", f"was answered with {answer.status_code}: {answer.text[:500]}", holds=answer.is_success)
    return str(answer.json()["token"])
