"""Bytes between caller and MLflow: which headers pass, how bodies are read, and how they stream."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Final

from starlette.types import Message, Receive, Scope, Send

from cloister.errors import CloisterError, Fault, SourceError
from cloister.gateway.faults import TooLargeError
from cloister.gateway.mlflow.canonical import ambiguous
from cloister.gateway.passing.promised import Promised
from cloister.gateway.passing.upstream import Answer

# Only these pass. Identity headers, cookies, X-MLFLOW-WORKSPACE, Origin, X-Forwarded-* and the rest end here.
_PASSED_ON: Final = frozenset(
    {b"accept", b"accept-encoding", b"user-agent", b"range", b"if-range", b"if-none-match", b"if-modified-since"}
)
# With JSON the answer may have to be read, so it comes uncompressed.
_PASSED_WITH_JSON: Final = _PASSED_ON - {b"accept-encoding"}
_PASSED_BACK: Final = frozenset(
    {
        b"content-type",
        b"content-length",
        b"content-disposition",
        b"content-encoding",
        b"content-range",
        b"accept-ranges",
        b"etag",
        b"last-modified",
        b"cache-control",
        b"vary",
    }
)
# What a refused caller may still send before the connection is closed, so that it reads the answer.
_DRAINED_BYTES: Final = 8 * 1024 * 1024
# An answer of this size is read before it is handed on, a larger one streams.
_ONE_PIECE_BYTES: Final = 256 * 1024

_SECURITY: Final = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"SAMEORIGIN",
    b"referrer-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
}
# MLflow's own page: everything from here alone, nothing from outside, and no script that is not a file of MLflow's. Its
# bundle sets styles inline, so those are let in.
_PAGE_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    b"img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    b"frame-src 'self' blob:; manifest-src 'self'; media-src 'self' blob:; base-uri 'self'; form-action 'self'; "
    b"frame-ancestors 'self'; object-src 'none'"
)
# An artifact is a stranger's file: it may be looked at, but runs nothing and loads nothing.
_ARTIFACT_POLICY: Final = b"sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:"
_DATA_POLICY: Final = b"default-src 'none'; frame-ancestors 'none'"
_NOT_KEPT: Final = {b"cache-control": b"no-store"}
_ADDED_TO_PAGE: Final = _SECURITY | {b"content-security-policy": _PAGE_POLICY}
_ADDED_TO_ARTIFACT: Final = _SECURITY | _NOT_KEPT | {b"content-security-policy": _ARTIFACT_POLICY}
_ADDED_TO_DATA: Final = _SECURITY | _NOT_KEPT | {b"content-security-policy": _DATA_POLICY}
_ADDED: Final = {"page": _ADDED_TO_PAGE, "artifact": _ADDED_TO_ARTIFACT}


def request_headers(scope: Scope, *, body: str) -> list[tuple[bytes, bytes]]:
    """The headers that go to MLflow, whose names ASGI gives in lower case. The Host is set by the upstream's URL."""
    passing = _PASSED_WITH_JSON if body == "json" else _PASSED_ON
    passed = [pair for pair in scope["headers"] if pair[0] in passing]
    if body == "json":
        passed.append((b"content-type", b"application/json"))
    if body == "stream":
        passed.extend(pair for pair in scope["headers"] if pair[0] in (b"content-type", b"content-length"))
    return passed


def response_headers(answer: Answer, kind: str) -> list[tuple[bytes, bytes]]:
    """The headers that go back: MLflow's own, as far as they are needed, and those that protect a browser."""
    passed = {name: value for name, value in answer.headers if name in _PASSED_BACK}
    return [*(passed | _ADDED.get(kind, _ADDED_TO_DATA)).items()]


def check_json_type(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Raise where a body is not declared as JSON in UTF-8: what MLflow would read out of it is then unclear."""
    declared = [value.decode("latin-1") for name, value in headers if name == b"content-type"]
    if len(declared) > 1:
        raise ambiguous(thing="Content-Type", reason="stands twice")
    essence, _, parameters = (declared[0] if declared else "").partition(";")
    plain = parameters.strip().lower().replace('"', "") in ("", "charset=utf-8")
    if essence.strip().lower() != "application/json" or not plain:
        raise ambiguous(thing="Content-Type", reason="is not application/json in UTF-8")


def declares_body(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether the request says that a body follows."""
    found = dict(headers)
    return b"transfer-encoding" in found or found.get(b"content-length", b"0") != b"0"


def content_length(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """The size of the body as declared, 0 where it is not."""
    declared = next((value for name, value in headers if name == b"content-length"), b"0")
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


class BrokenOffError(SourceError):
    """MLflow broke its answer off after it had begun; the caller is told by the connection's end alone."""


class Incoming:
    """A request's messages, and whether its body has come to its end (after that, the next message is the goodbye).

    `held` says that the caller holds the body back until somebody asks for it (Expect: 100-continue, RFC 9110 10.1.1).
    """

    def __init__(self, receive: Receive, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self._receive = receive
        self.ended = False
        self.held = any(name == b"expect" and value.lower() == b"100-continue" for name, value in headers)

    async def __call__(self) -> Message:
        """The next message."""
        self.held = False
        try:
            message = await self._receive()
        except CloisterError:
            self.ended = True
            raise
        self.ended = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    def hold_to(self, body_sha256: str) -> None:
        """From now on the body must be the one of this digest; its last piece comes once that is certain."""
        self._receive = Promised(self._receive, body_sha256)

    async def goodbye(self) -> None:
        """Back once the caller has gone away, or has its whole answer."""
        while (await self())["type"] != "http.disconnect":
            pass


async def drain(receive: Incoming) -> None:
    """Take in the rest of a refused body, up to a bound; otherwise the caller sees a broken pipe and not the reason.

    A body that is held back never has to come.
    """
    size = 0
    if receive.ended or receive.held:
        return
    try:
        async for chunk in stream_body(receive):
            size += len(chunk)
            if size > _DRAINED_BYTES:
                return
    except (ConnectionAbortedError, CloisterError):
        return  # it is refused already; that it is not what was signed changes nothing


async def pass_back(answer: Answer, kind: str, receive: Incoming, send: Send, extra: Mapping[str, str]) -> None:
    """Hand MLflow's answer to the caller, in one piece where it is small. Raises BrokenOffError, SourceError before."""
    headers = response_headers(answer, kind)
    headers.extend((name.encode(), value.encode()) for name, value in extra.items())
    start: Message = {"type": "http.response.start", "status": answer.status, "headers": headers}
    if answer.length is not None and answer.length <= _ONE_PIECE_BYTES:
        body = await answer.read()
        await send(start)
        await send({"type": "http.response.body", "body": body})
        return
    watching = asyncio.create_task(receive.goodbye())
    try:
        await send(start)
        async for piece in answer.pieces():
            if watching.done():
                raise ConnectionAbortedError
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    except SourceError as error:
        raise BrokenOffError(error.faults) from error
    finally:
        answer.close()
        watching.cancel()


async def send_json(body: bytes, send: Send, extra: Mapping[str, str]) -> None:
    """Send an answer of our own making in MLflow's name."""
    headers = [*_ADDED_TO_DATA.items(), (b"content-type", b"application/json")]
    headers.append((b"content-length", str(len(body)).encode()))
    headers.extend((name.encode(), value.encode()) for name, value in extra.items())
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def send_bytes(answer: Answer, body: bytes, send: Send, extra: Mapping[str, str]) -> None:
    """Send a body that took the place of MLflow's."""
    headers = [pair for pair in response_headers(answer, "data") if pair[0] != b"content-length"]
    headers.append((b"content-length", str(len(body)).encode()))
    headers.extend((name.encode(), value.encode()) for name, value in extra.items())
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
