"""Bytes between caller and MLflow: which headers pass, how bodies are read, and how they stream."""

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Final

import httpx
from starlette.types import Message, Receive, Scope, Send

from cloister.errors import Fault
from cloister.gateway.canonical import ambiguous
from cloister.gateway.faults import TooLargeError

# Only these pass. Identity headers, cookies, X-MLFLOW-WORKSPACE, Origin, X-Forwarded-* and the rest end here.
_PASSED_ON: Final = frozenset(
    {b"accept", b"accept-encoding", b"user-agent", b"range", b"if-range", b"if-none-match", b"if-modified-since"}
)
_PASSED_BACK: Final = frozenset(
    {
        "content-type",
        "content-length",
        "content-disposition",
        "content-encoding",
        "content-range",
        "accept-ranges",
        "etag",
        "last-modified",
        "cache-control",
        "vary",
    }
)
# What a refused caller may still send before the connection is closed, so that it reads the answer.
_DRAINED_BYTES: Final = 8 * 1024 * 1024

_SECURITY: Final = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
# MLflow's own page: everything from here alone, nothing from outside, and no script that is not a file of MLflow's. Its
# bundle sets styles inline, so those are let in.
_PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "frame-src 'self' blob:; manifest-src 'self'; media-src 'self' blob:; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'self'; object-src 'none'"
)
# An artifact is a stranger's file: it may be looked at, but runs nothing and loads nothing.
_ARTIFACT_POLICY: Final = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:"
_DATA_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"


def request_headers(scope: Scope, *, body: str) -> list[tuple[bytes, bytes]]:
    """The headers that go to MLflow. The Host is set by the upstream's URL."""
    passed = [(name, value) for name, value in scope["headers"] if name.lower() in _PASSED_ON]
    if body == "json":
        # The answer may have to be read, so it comes uncompressed.
        passed = [(name, value) for name, value in passed if name.lower() != b"accept-encoding"]
        passed.append((b"content-type", b"application/json"))
    if body == "stream":
        passed.extend(pair for pair in scope["headers"] if pair[0].lower() in (b"content-type", b"content-length"))
    return passed


def response_headers(response: httpx.Response, kind: str) -> list[tuple[bytes, bytes]]:
    """The headers that go back: MLflow's own, as far as they are needed, and those that protect a browser."""
    passed = {name: value for name, value in response.headers.items() if name in _PASSED_BACK}
    policy = {"page": _PAGE_POLICY, "artifact": _ARTIFACT_POLICY}.get(kind, _DATA_POLICY)
    added = _SECURITY | {"content-security-policy": policy}
    if kind != "page":
        passed["cache-control"] = "no-store"
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in (passed | added).items()]


def check_json_type(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Raise where a body is not declared as JSON in UTF-8: what MLflow would read out of it is then unclear."""
    declared = [value.decode("latin-1") for name, value in headers if name.lower() == b"content-type"]
    if len(declared) > 1:
        raise ambiguous(thing="Content-Type", reason="stands twice")
    essence, _, parameters = (declared[0] if declared else "").partition(";")
    plain = parameters.strip().lower().replace('"', "") in ("", "charset=utf-8")
    if essence.strip().lower() != "application/json" or not plain:
        raise ambiguous(thing="Content-Type", reason="is not application/json in UTF-8")


def declares_body(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether the request says that a body follows."""
    found = {name.lower(): value for name, value in headers}
    return b"transfer-encoding" in found or found.get(b"content-length", b"0") != b"0"


def content_length(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """The size of the body as declared, 0 where it is not."""
    declared = next((value for name, value in headers if name.lower() == b"content-length"), b"0")
    return int(declared) if declared.isdigit() else 0


async def read_body(receive: Receive, limit: int) -> bytes:
    """The whole body, if it is not larger than the limit."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in stream_body(receive):
        size += len(chunk)
        if size > limit:
            reason = f"is larger than {limit} bytes, which is what is read for a decision"
            raise TooLargeError(Fault("body", reason, "send less in one request, or log a file as an artifact"))
        chunks.append(chunk)
    return b"".join(chunks)


async def stream_body(receive: Receive) -> AsyncIterator[bytes]:
    """The body, piece by piece. A caller who goes away in the middle breaks it off, so that nothing half is stored."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionAbortedError
        if chunk := message.get("body", b""):
            yield chunk
        more = message.get("more_body", False)


class Incoming:
    """A request's messages, and whether its body has come to its end (after that, the next message is the goodbye)."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.ended = False

    async def __call__(self) -> Message:
        """The next message."""
        message = await self._receive()
        self.ended = message["type"] != "http.request" or not message.get("more_body", False)
        return message


async def drain(receive: Incoming) -> None:
    """Take in the rest of a refused body, up to a bound; otherwise the caller sees a broken pipe and not the reason."""
    size = 0
    if receive.ended:
        return
    try:
        async for chunk in stream_body(receive):
            size += len(chunk)
            if size > _DRAINED_BYTES:
                return
    except ConnectionAbortedError:
        return


async def pass_back(response: httpx.Response, kind: str, send: Send, extra: Mapping[str, str]) -> None:
    """Stream MLflow's answer to the caller."""
    headers = response_headers(response, kind)
    headers.extend((name.encode(), value.encode()) for name, value in extra.items())
    start: Message = {"type": "http.response.start", "status": response.status_code, "headers": headers}
    try:
        await send(start)
        async for chunk in response.aiter_raw():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        await response.aclose()


async def send_bytes(response: httpx.Response, body: bytes, send: Send, extra: Mapping[str, str]) -> None:
    """Send a body that took the place of MLflow's."""
    headers = [pair for pair in response_headers(response, "data") if pair[0] != b"content-length"]
    headers.append((b"content-length", str(len(body)).encode()))
    headers.extend((name.encode(), value.encode()) for name, value in extra.items())
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": body})
