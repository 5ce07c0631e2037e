"""What the steps ask the running platform over HTTP, as one person or another."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from cloister.loopback import http_client
from cloister.platform.story import Context, expect

MLFLOW = "/api/2.0/mlflow"
_POLL_SECONDS = 0.2
_SHOWN = 500


def asking(context: Context, who: str) -> httpx.Client:
    """A client with the token of `admin`, `reader` or `approver`."""
    return http_client(context.url, token=context.notes[f"token_{who}"])


def asked(
    context: Context, who: str, method: str, path: str, body: Mapping[str, object] | None = None, *, status: int = 200
) -> Any:  # noqa: ANN401 - any JSON
    """The JSON that somebody is answered with; raise where the status is another one."""
    with asking(context, who) as http:
        answer = http.request(method, path, json=body)
    told = f"was answered with {answer.status_code} where {status} must come: {answer.text[:_SHOWN]}"
    expect(f"{method} {path}", told, holds=answer.status_code == status)
    return answer.json()


def wait_for(thing: str, seconds: float, look: Callable[[], str]) -> None:
    """Look again and again until there is nothing left to wait for; `look` says what is still missing."""
    deadline = time.monotonic() + seconds
    while missing := look():
        expect(thing, f"is still waited for after {seconds:.0f} s: {missing}", holds=time.monotonic() < deadline)
        time.sleep(_POLL_SECONDS)
