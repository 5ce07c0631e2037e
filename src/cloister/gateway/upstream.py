"""The way to MLflow: HTTP over its Unix socket, bodies streaming in both directions."""

import json
from collections.abc import AsyncIterable, Iterable, Mapping
from pathlib import Path
from urllib.parse import urlencode

import httpx

from cloister.errors import Fault, SourceError
from cloister.gateway.mlflow_server import UPSTREAM_HOST

_CONNECT_SECONDS = 10.0
# MLflow copies a whole artifact before it answers an upload, and lists of runs can be slow on a busy machine.
_ANSWER_SECONDS = 600.0
_CONNECTIONS = 64
_NOT_FOUND = 404


class Upstream:
    """MLflow's server. One connection pool; a broken idle connection is not reused."""

    def __init__(self, socket: Path) -> None:
        self._transport = httpx.AsyncHTTPTransport(
            uds=str(socket), limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)
        )

    async def send(
        self,
        method: str,
        target: str,
        headers: Iterable[tuple[bytes, bytes]] = (),
        content: bytes | AsyncIterable[bytes] | None = None,
    ) -> httpx.Response:
        """MLflow's answer, its body not yet read; close it. Raises SourceError where MLflow does not answer."""
        request = httpx.Request(
            method,
            f"http://{UPSTREAM_HOST}{target}",
            headers=list(headers),
            content=content,
            extensions={
                "target": target.encode("ascii"),
                "timeout": {
                    "connect": _CONNECT_SECONDS,
                    "read": _ANSWER_SECONDS,
                    "write": _ANSWER_SECONDS,
                    "pool": _CONNECT_SECONDS,
                },
            },
        )
        try:
            return await self._transport.handle_async_request(request)
        except httpx.TransportError as error:
            raise unreachable(error) from error

    async def get_json(self, path: str, query: Mapping[str, str]) -> Mapping[str, object] | None:
        """The object at a path of MLflow's API, or None where there is no such thing."""
        target = f"{path}?{urlencode(query)}" if query else path
        response = await self.send("GET", target)
        try:
            body = await response.aread()
        except httpx.TransportError as error:
            raise unreachable(error) from error
        finally:
            await response.aclose()
        if response.status_code == _NOT_FOUND:
            return None
        if not response.is_success:
            reason = f"answered a look-up of {path} with status {response.status_code}"
            raise SourceError(Fault("MLflow", reason, "look into logs/mlflow.log of the platform's home"))
        document = json.loads(body)
        return document if isinstance(document, dict) else None

    async def close(self) -> None:
        """Let all connections go."""
        await self._transport.aclose()


def unreachable(error: Exception) -> SourceError:
    """The error to tell where MLflow does not answer."""
    reason = f"does not answer ({type(error).__name__})"
    return SourceError(Fault("MLflow", reason, "see whether it runs: cloister status; and logs/mlflow.log"))
