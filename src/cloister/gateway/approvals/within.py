"""A route of MLflow's asked from within, in the name of whoever asks and with the credentials that they came with.

It goes the whole way of a request from outside (authenticated, judged, recorded, passed on)
and is held to all that holds there.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Message, Scope

# Who asks, and from where: what the first request was let in with.
_KEPT: Final = frozenset({b"authorization", b"cookie", b"host", b"origin", b"sec-fetch-site"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether it was carried out."""
        return self.status < 300  # noqa: PLR2004 - HTTP's own numbers


async def post(application: ASGIApp, scope: Scope, path: str, body: bytes) -> Answer:
    """The answer to a POST of JSON to `path`, by whoever sent the request of `scope`."""
    kept = [pair for pair in scope["headers"] if pair[0].lower() in _KEPT]
    own = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    asked = {
        "type": "http",
        "asgi": scope["asgi"],
        "http_version": scope["http_version"],
        "scheme": scope["scheme"],
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [*kept, *own],
        "client": scope.get("client"),
        "server": scope.get("server"),
    }
    sent = iter([{"type": "http.request", "body": body, "more_body": False}])
    status, chunks = 500, list[bytes]()

    async def receive() -> Message:
        for message in sent:
            return message
        # The caller stays until the answer is there.
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]  # it never ends

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        chunks.append(message.get("body", b""))

    await application(asked, receive, send)
    return Answer(status, b"".join(chunks))
