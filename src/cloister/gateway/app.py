"""The gateway as one ASGI application: Cloister's own routes under `/cloister/`, MLflow everywhere else."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloister.errors import CloisterError, Fault, RefusedError
from cloister.gateway import faults
from cloister.gateway.access_keys.routes import AccessKeyRoutes
from cloister.gateway.access_keys.sts import Sts
from cloister.gateway.approvals.desk import Desk
from cloister.gateway.approvals.page import ApprovalPage
from cloister.gateway.approvals.routes import ApprovalRoutes
from cloister.gateway.config import GatewayConfig
from cloister.gateway.control import UserRoutes
from cloister.gateway.elsewhere.deciding import Deciding
from cloister.gateway.guard import DECIDED, Guard
from cloister.gateway.identity.code_flow import CodeFlow
from cloister.gateway.identity.fetching import Fetcher
from cloister.gateway.lists.rows import Rows
from cloister.gateway.lists.showing import Lists
from cloister.gateway.lists.tokens import PageTokens
from cloister.gateway.mlflow.lookup import Lookup
from cloister.gateway.pages.issuer_login import IssuerLogin
from cloister.gateway.pages.login import Login
from cloister.gateway.pages.session_tokens import SessionTokens
from cloister.gateway.passing.promised import PromisedBodies
from cloister.gateway.passing.proxy import Proxy
from cloister.gateway.passing.upstream import Upstream
from cloister.gateway.policies.questions import PolicyQuestions
from cloister.gateway.policies.routes import PolicyRoutes
from cloister.gateway.record.anchoring import keep_anchoring, keepers
from cloister.gateway.record.routes import AuditRoutes
from cloister.gateway.rights.judging import Judge
from cloister.gateway.rights.makers import Makers
from cloister.gateway.rights.opening import open_guard
from cloister.gateway.rights.seals import Seals
from cloister.gateway.rights.settling import settle_when_mlflow_answers
from cloister.gateway.rights.writes import Writes
from cloister.gateway.watching.metrics import MetricsRoutes
from cloister.gateway.watching.observing import Observed
from cloister.gateway.watching.tracing import Tracing
from cloister.store import migrate, open_store

_CLOISTER = "/cloister/"
_GUARDING = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


@dataclass(frozen=True, slots=True)
class Services:
    """What the gateway and whoever is mounted beside it share in one process."""

    config: GatewayConfig
    engine: Engine
    guard: Guard
    upstream: Upstream
    fetcher: Fetcher
    flows: tuple[CodeFlow, ...]

    def close(self) -> None:
        """Write what waits, then let the database go."""
        self.guard.audit.close()
        self.engine.dispose()


def open_services(config: GatewayConfig, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Services:
    """The services of one process: database at its newest revision, key, record, guard, way to MLflow.

    Raises SpecError or SourceError where a policy, the key or the database cannot be used.
    """
    engine = open_store(config.database_url)
    migrate(engine, "gateway")
    guarding = open_guard(config, engine, config.signing_key, clock)
    flows = tuple(
        CodeFlow(trusted, trusted.issuer.login, guarding.fetcher, clock)
        for trusted in guarding.issuers.values()
        if trusted.issuer.login
    )
    return Services(config, engine, guarding.guard, Upstream(config.mlflow_socket), guarding.fetcher, flows)


def build_app(services: Services, extra_routes: Iterable[BaseRoute] = ()) -> ASGIApp:
    """The application. `extra_routes` are mounted before the gateway's own under `/cloister/` and use the same guard;
    a CloisterError that they raise becomes the API's fault document.
    """
    tracing = Tracing()
    login = Login(services.guard, services.flows, local=services.config.local_login)
    judge = Judge(
        guard=services.guard,
        lookup=Lookup(services.upstream, time.monotonic),
        makers=Makers(services.engine),
        seals=Seals(services.engine),
        writes=Writes(services.engine, services.guard.clock),
        api=services.config.called_as,
    )
    artifacts = services.config.artifacts
    proxy = Proxy(
        judge=judge,
        upstream=services.upstream,
        lists=Lists(
            services.upstream,
            PageTokens(services.guard.key, services.guard.clock),
            Rows(judge.lookup, judge.makers),
        ),
        largest_json_bytes=services.config.largest_json_bytes,
        artifacts=Path(artifacts) if artifacts and "://" not in artifacts else None,
        asks_for_refused_moves=services.config.request_refused_moves,
    )
    desk = Desk(judge, proxy)
    own: list[BaseRoute] = [
        Route("/cloister/healthz", _Health(services).answer, methods=["GET"]),
        *login.routes(),
        *(route for flow in services.flows for route in IssuerLogin(services.guard, flow, login).routes()),
        *SessionTokens(services.guard).routes(),
        *UserRoutes(services.guard, services.config.role_of_group).routes(),
        *PolicyRoutes(services.guard).routes(),
        *AccessKeyRoutes(services.guard).routes(),
        *PolicyQuestions(services.guard, services.config.called_as).routes(),
        *AuditRoutes(services.guard).routes(),
        *MetricsRoutes(services.guard).routes(),
        *ApprovalRoutes(desk).routes(),
        *ApprovalPage(desk).routes(),
        *Deciding(services.guard, judge, services.config.deciders, services.config.largest_json_bytes).routes(),
    ]

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        settling = settle_when_mlflow_answers(services.engine, services.upstream, judge.makers)
        beside = [asyncio.create_task(work) for work in (settling, *_anchoring(services))]
        yield
        for task in beside:
            task.cancel()
        await services.upstream.close()
        await services.fetcher.close()
        services.close()
        tracing.close()

    control = Starlette(
        routes=[*extra_routes, *own],
        exception_handlers={CloisterError: _tell, SQLAlchemyError: _tell_store, 404: _nothing_here, 405: _nothing_here},
        lifespan=lifespan,
        middleware=[Middleware(_Outcomes, guard=services.guard), Middleware(_NoStore), Middleware(PromisedBodies)],
    )
    return Observed(
        _Gateway(control, proxy, Sts(services.guard), services.config.hosts, services.config.secure), tracing
    )


def _anchoring(services: Services) -> Iterator[Coroutine[None, None, None]]:
    config, guard = services.config, services.guard
    if keep := keepers(config.anchor_file, config.anchor_syslog):
        yield keep_anchoring(services.engine, guard.key, keep, config.anchor_seconds, guard.clock)


@dataclass(frozen=True, slots=True)
class _Gateway:
    """Sends a request to the one side or the other, if its Host is ours (a foreign one is a sign of DNS rebinding)."""

    control: ASGIApp
    proxy: ASGIApp
    sts: Sts
    hosts: frozenset[str]
    # Where TLS ends in front of us, the connection does not show what the browser uses; cookies and origins go by it.
    https: bool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.https:
            scope = {**scope, "scheme": "https"}
        if scope["type"] == "lifespan":
            await self.control(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
        elif not self._is_ours(scope):
            reason = "is not a name of this gateway"
            error = RefusedError(
                Fault("Host header", reason, "use its address, or add the name to the gateway's names")
            )
            await faults.answer(error)(scope, receive, send)
        elif self.sts.answers(scope):
            await self.sts(scope, receive, send)
        elif scope["path"].startswith(_CLOISTER):
            await self.control(scope, receive, send)
        else:
            await self.proxy(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        return len(hosts) == 1 and hosts[0].lower() in self.hosts


@dataclass(frozen=True, slots=True)
class _Health:
    services: Services

    async def answer(self, _request: Request) -> Response:
        """200 where MLflow answers behind the gateway, 502 where it does not, 503 where no decision can be recorded.

        Says nothing else to anybody.
        """
        if not self.services.guard.audit.is_writing:
            return JSONResponse({"status": "the record of decisions has stopped"}, 503)
        answer = await self.services.upstream.send("GET", "/health")
        await answer.read()
        return JSONResponse({"status": "ok" if answer.is_success else "starting"}, 200 if answer.is_success else 502)


@dataclass(frozen=True, slots=True)
class _Outcomes:
    """Notes with each decision on a request to `/cloister/` what it was answered with."""

    app: ASGIApp
    guard: Guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        numbers: list[int] = []
        scope[DECIDED] = numbers

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                for number in numbers:
                    self.guard.audit.outcome(number, message["status"])
            await send(message)

        await self.app(scope, receive, noted)


@dataclass(frozen=True, slots=True)
class _NoStore:
    """Answers under `/cloister/` are for the asker alone and are what they say they are."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in _GUARDING if pair[0] not in present)]
            await send(message)

        await self.app(scope, receive, guarded)


async def _tell(_request: Request, error: Exception) -> Response:
    if not isinstance(error, CloisterError):
        raise error
    return faults.answer(error)


async def _tell_store(_request: Request, error: Exception) -> Response:
    if not isinstance(error, SQLAlchemyError):
        raise error
    return faults.answer(faults.store_fault(error))


async def _nothing_here(request: Request, _error: Exception) -> Response:
    reason = "is not served"
    fault = Fault(f"{request.method} {request.url.path}", reason, "see the control API's routes: docs/gateway.md")
    return faults.answer(faults.UnknownRouteError(fault))
