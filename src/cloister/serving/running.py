"""The router as a process: its socket, its database, its registry, put together and served until SIGTERM."""

import errno
import os
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import uvicorn
from joserfc.jwk import OKPKey
from sqlalchemy import Engine

from cloister.access.principals import service
from cloister.access.tokens import issue
from cloister.errors import Fault, SourceError
from cloister.serving.admission import Authorizer
from cloister.serving.config import RouterConfig
from cloister.serving.fleet import Fleet
from cloister.serving.registry import Registry
from cloister.serving.router import Router
from cloister.serving.service import EndpointService

_TOKEN_SECONDS = 300
_RENEWED_BEFORE = timedelta(seconds=60)
_QUEUED_CONNECTIONS = 512


def fresh_tokens(key: OKPKey, now: Callable[[], datetime]) -> Callable[[], str]:
    """A source of bearer tokens of `service/serving`; each lives for minutes, and is renewed before it ends."""
    held: list[tuple[datetime, str]] = []

    def token() -> str:
        moment = now()
        if not held or held[0][0] - _RENEWED_BEFORE <= moment:
            text = issue(service("serving"), key, now=moment, lifetime_seconds=_TOKEN_SECONDS)
            held[:] = [(moment + timedelta(seconds=_TOKEN_SECONDS), text)]
        return held[0][1]

    return token


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises SourceError where the port is taken or may not be used."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(_QUEUED_CONNECTIONS)
    except OSError as error:
        listening.close()
        taken = error.errno == errno.EADDRINUSE
        reason = "another process listens there" if taken else f"cannot be used: {error.strerror}"
        raise SourceError(Fault(f"port {host}:{port}", reason, "stop that process, or choose another port")) from error
    return listening


def build(
    config: RouterConfig,
    engine: Engine,
    authorizer: Authorizer,
    key: OKPKey,
    environment: Mapping[str, str] = os.environ,
) -> Router:
    """The router on its parts; nothing runs yet."""
    for folder in (config.serving / "models", config.serving / "collected", config.sockets, config.logs):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in config.sockets.glob("d-*"):
        left.unlink(missing_ok=True)  # of workers whose router was killed, and which ended with it
    registry = Registry(config.gateway_url, fresh_tokens(key, lambda: datetime.now(UTC)))
    return Router(Fleet(EndpointService(engine), registry, config, environment), authorizer, config)


class _Server(uvicorn.Server):
    """A server that returns after SIGTERM. uvicorn's own raises the signal again, which would skip what comes after."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let SIGTERM and SIGINT end the serving."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.handle_exit)
        yield


def run(config: RouterConfig, router: Router) -> None:
    """Serve until SIGTERM or SIGINT: no new requests, answers that are due, then the workers end."""
    listening = listen(config.host, config.port)
    settings = uvicorn.Config(
        router.application(),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=int(config.drain_seconds),
        lifespan="on",
    )
    _Server(settings).run(sockets=[listening])
