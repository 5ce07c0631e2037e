"""The way to MLflow: HTTP over its Unix socket, bodies streaming in both directions.

What was judged goes out exactly as it was judged: the target as it is written, no cookies, no header of the library's
own, no proxy of the environment, no redirect followed, nothing decompressed. A request is sent once; only a GET, which
changes nothing, is tried again where a kept connection turns out to be gone.
"""

import asyncio
import io
import json
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from cloister.errors import Fault, SourceError
from cloister.gateway.mlflow.server import UPSTREAM_HOST

_CONNECT_SECONDS: Final = 10.0
# How long MLflow may take nothing of a body, or say nothing. It copies a whole artifact before it answers an upload,
# and lists of runs can be slow on a busy machine.
_ANSWER_SECONDS: Final = 600.0
# Less than MLflow's server keeps an idle connection, so that a request never meets its end.
_IDLE_SECONDS: Final = 3.0
_CONNECTIONS: Final = 64
# What is read ahead of a caller who reads slowly.
_AHEAD_BYTES: Final = 256 * 1024
# The library writes a body of bytes in one go, and warns of larger ones.
_ONE_GO_BYTES: Final = 1024 * 1024
_SUCCESS: Final = range(200, 300)
_JSON: Final = ((b"content-type", b"application/json"),)
_NOT_FOUND: Final = 404


class Answer:
    """MLflow's answer, its body not yet read. Close it; what was not read by then is broken off."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status = response.status
        # Names in lower case.
        self.headers = tuple((name.lower(), value) for name, value in response.raw_headers)
        # In bytes; None where it is not told beforehand.
        self.length = response.content_length

    @property
    def is_success(self) -> bool:
        """Whether MLflow did what it was asked."""
        return self.status in _SUCCESS

    async def read(self) -> bytes:
        """The whole body. Raises SourceError where it does not come to its end."""
        try:
            return await self._response.read()
        except (aiohttp.ClientError, OSError) as error:
            raise unreachable(error) from error
        finally:
            self.close()

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes. Raises SourceError where it does not come to its end."""
        try:
            async for piece in self._response.content.iter_any():
                yield piece
        except (aiohttp.ClientError, OSError) as error:
            raise unreachable(error) from error

    def close(self) -> None:
        """Give the connection back, or break it off where something is still on its way."""
        self._response.release()


class Upstream:
    """MLflow's server. One pool of connections, opened at the first request.

    `patience_seconds` is how long it may take nothing of a body, or say nothing.
    """

    def __init__(self, socket: Path, patience_seconds: float = _ANSWER_SECONDS) -> None:
        self._socket = socket
        self._patience = patience_seconds
        self._kept: aiohttp.ClientSession | None = None

    async def send(
        self,
        method: str,
        target: str,
        headers: Iterable[tuple[bytes, bytes]] = (),
        content: bytes | AsyncIterable[bytes] = b"",
    ) -> Answer:
        """MLflow's answer. Raises SourceError where MLflow does not answer, and whatever broke `content` off."""
        patience = asyncio.timeout(self._patience if content else None)
        if isinstance(content, AsyncIterable):
            body: _Outgoing | bytes | io.BytesIO | None = _Outgoing(content, patience, self._patience)
        else:
            body = _whole(content)
        try:
            async with patience:
                response = await self._session().request(
                    method,
                    URL(f"http://{UPSTREAM_HOST}{target}", encoded=True),
                    headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers],
                    data=body,
                    allow_redirects=False,
                )
        except (aiohttp.ClientError, OSError) as error:
            if isinstance(body, _Outgoing) and body.broken is not None:
                raise body.broken from None
            raise unreachable(error) from error
        if isinstance(body, _Outgoing):
            body.is_answered = True
        return Answer(response)

    async def get_json(self, path: str, query: Mapping[str, str]) -> Mapping[str, object] | None:
        """The object at a path of MLflow's API, or None where there is no such thing."""
        return await _document(path, await self.send("GET", f"{path}?{urlencode(query)}" if query else path))

    async def post_json(self, path: str, asked: Mapping[str, object]) -> Mapping[str, object] | None:
        """The object that MLflow's API answers to a search, or None where there is no such thing."""
        return await _document(path, await self.send("POST", path, _JSON, json.dumps(asked).encode()))

    async def close(self) -> None:
        """Let all connections go."""
        if self._kept is not None:
            await self._kept.close()
            self._kept = None

    def _session(self) -> aiohttp.ClientSession:
        if self._kept is None:
            self._kept = aiohttp.ClientSession(
                connector=aiohttp.UnixConnector(str(self._socket), limit=_CONNECTIONS, keepalive_timeout=_IDLE_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
                auto_decompress=False,
                read_bufsize=_AHEAD_BYTES,
                timeout=aiohttp.ClientTimeout(connect=_CONNECT_SECONDS, sock_read=self._patience),
                middlewares=(_once,),
            )
        return self._kept


class _Outgoing:
    """A body on its way to MLflow, and what broke it off: the library tells that as an error of the connection.

    The patience with MLflow begins anew with each piece, and rests while the caller is waited for.
    """

    def __init__(self, content: AsyncIterable[bytes], patience: asyncio.Timeout, seconds: float) -> None:
        self._content = content
        self._patience = patience
        self._seconds = seconds
        self.broken: Exception | None = None
        # MLflow may answer before it has the whole body; from then on its answer is what is waited for.
        self.is_answered = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            self._wait(None)
            async for piece in self._content:
                self._wait(self._seconds)
                yield piece
                self._wait(None)
            self._wait(self._seconds)
        except Exception as error:
            self.broken = error
            raise

    def _wait(self, seconds: float | None) -> None:
        if not self.is_answered and not self._patience.expired():
            self._patience.reschedule(None if seconds is None else asyncio.get_running_loop().time() + seconds)


class _SentOnceError(aiohttp.ClientError):
    """A connection broke while a request that may change something was on it; MLflow may have done it or not."""


async def _once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Send a request; the library's second try (it takes PUT and DELETE for harmless) is left to GET."""
    try:
        return await send(request)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise  # nothing was sent
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        if request.method == "GET":
            raise
        raise _SentOnceError from error


async def _document(path: str, answer: Answer) -> Mapping[str, object] | None:
    body = await answer.read()
    if answer.status == _NOT_FOUND:
        return None
    if not answer.is_success:
        reason = f"answered a look-up of {path} with status {answer.status}"
        raise SourceError(Fault("MLflow", reason, "look into logs/mlflow.log of the platform's home"))
    document = json.loads(body)
    return document if isinstance(document, dict) else None


def _whole(content: bytes) -> bytes | io.BytesIO | None:
    if len(content) > _ONE_GO_BYTES:
        return io.BytesIO(content)
    return content or None


def unreachable(error: Exception) -> SourceError:
    """The error to tell where MLflow does not answer."""
    cause = error.__cause__ if isinstance(error, _SentOnceError) else error
    reason = f"does not answer ({type(cause).__name__})"
    return SourceError(Fault("MLflow", reason, "see whether it runs: cloister status; and logs/mlflow.log"))
