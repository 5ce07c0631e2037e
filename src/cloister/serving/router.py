"""The router: one address for all endpoints; asks who may, chooses a deployment, passes the request on, copies it."""

import asyncio
import random
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from cloister.errors import CloisterError, Fault
from cloister.gateway.passing.promised import PromisedBodies
from cloister.serving.admission import INVOKE, Authorizer, resource_of
from cloister.serving.companion import accompany
from cloister.serving.config import RouterConfig
from cloister.serving.errors import NotFoundError, TimedOutError, TooLargeError, UnavailableError
from cloister.serving.errors import answer as answer_of
from cloister.serving.fleet import Fleet
from cloister.serving.metrics import Metrics
from cloister.serving.process import Worker
from cloister.serving.routing import choose, choose_mirror
from cloister.serving.worker import MIRRORED, REQUEST_ID

DEPLOYMENT_ASKED = "azureml-model-deployment"
DEPLOYMENT_ANSWERED = "x-cloister-deployment"
_WAITING_COPIES = 256
_COPIERS = 2
_LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class _Copy:
    endpoint: str
    worker: Worker
    body: bytes
    headers: dict[str, str]


class Router:
    """The state of the running router: its fleet, its counts, and the copies that wait to be sent."""

    def __init__(
        self, fleet: Fleet, authorizer: Authorizer, config: RouterConfig, chance: Callable[[], float] = random.random
    ) -> None:
        self.fleet = fleet
        self.metrics = Metrics()
        self._authorizer = authorizer
        self._config = config
        self._chance = chance
        self._copies: asyncio.Queue[_Copy] = asyncio.Queue(maxsize=_WAITING_COPIES)

    def application(self) -> Starlette:
        """The ASGI application; its lifespan runs the fleet."""
        routes = [
            Route("/health", self._health),
            Route("/healthz", self._health),
            Route("/metrics", self._metrics),
            Route("/endpoints/{endpoint}/invocations", self._invocations, methods=["POST"]),
        ]
        return Starlette(routes=routes, lifespan=self._lifespan, middleware=[Middleware(PromisedBodies)])

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        await self.fleet.refresh()
        tasks = [asyncio.create_task(self.fleet.run())]
        tasks += [asyncio.create_task(self._send_copies()) for _ in range(_COPIERS)]
        tasks += [asyncio.create_task(accompany(self._config))] if self._config.runs_monitoring else []
        yield
        for task in reversed(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _health(self, _request: Request) -> Response:
        """200 once the wanted endpoints were read; with what answers now."""
        endpoints = {name: sorted(self.fleet.workers(name)) for name in sorted(self.fleet.endpoints)}
        return JSONResponse({"status": "ok", "endpoints": endpoints})

    async def _metrics(self, _request: Request) -> Response:
        collected = [
            (name, deployment, worker.collected, worker.dropped)
            for name in self.fleet.endpoints
            for deployment, worker in self.fleet.workers(name).items()
        ]
        return PlainTextResponse(self.metrics.render(collected), media_type="text/plain; version=0.0.4")

    async def _invocations(self, request: Request) -> Response:
        """Score: always an answer in JSON, with the deployment that gave it and the request's id."""
        endpoint = str(request.path_params["endpoint"])
        request_id = _request_id(request)
        began = time.perf_counter()
        deployment = ""
        try:
            await self._authorizer.admit(request, INVOKE, resource_of(endpoint))
            body = await self._body(request)
            worker = self._chosen(endpoint, request.headers.get(DEPLOYMENT_ASKED, ""))
            deployment = worker.started.proven.spec.name
            headers = {"content-type": request.headers.get("content-type", ""), REQUEST_ID: request_id}
            if DEPLOYMENT_ASKED not in request.headers:
                self._copy(endpoint, body, headers)
            answer = await self._passed_on(worker, body, headers)
            response: Response = Response(answer.content, answer.status_code)
            response.headers["content-type"] = answer.headers.get("content-type", "application/json")
        except CloisterError as error:
            response = answer_of(error)
        response.headers[REQUEST_ID] = request_id
        if deployment:
            response.headers[DEPLOYMENT_ANSWERED] = deployment
        if endpoint in self.fleet.endpoints:
            self.metrics.answered(endpoint, deployment, response.status_code, time.perf_counter() - began)
        return response

    async def _body(self, request: Request) -> bytes:
        limit = self._config.max_body_bytes
        too_large = TooLargeError(
            Fault("scoring request", f"its body is above {limit} bytes", "send fewer rows in a request")
        )
        with suppress(ValueError):
            if int(request.headers.get("content-length", "0")) > limit:
                raise too_large
        body = bytearray()
        try:
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise too_large
        except ClientDisconnect as error:
            raise TimedOutError(Fault("scoring request", "the caller went away", "send it again")) from error
        return bytes(body)

    def _chosen(self, endpoint: str, asked: str) -> Worker:
        """The worker that answers: the one asked for by name, or one by its share among the healthy."""
        status = self.fleet.endpoints.get(endpoint)
        if status is None:
            known = ", ".join(sorted(self.fleet.endpoints)) or "none yet"
            raise NotFoundError(Fault(f'endpoint "{endpoint}"', "does not exist", f"endpoints are: {known}"))
        workers = self.fleet.workers(endpoint)
        names = [one.spec.name for one in status.deployments]
        if asked and asked not in names:
            known = ", ".join(names) or "none yet"
            reason = f'endpoint "{endpoint}" has no such deployment'
            raise NotFoundError(Fault(f'deployment "{asked}"', reason, f"deployments are: {known}"))
        routing = status.endpoint.routing
        name = asked or choose(routing, workers, self._chance())
        if name and name in workers:
            return workers[name]
        if not asked and not routing.traffic:
            mend = f'cloister online-endpoint update --name {endpoint} --traffic "NAME=100"'
            raise UnavailableError(Fault(f'endpoint "{endpoint}"', "no deployment gets traffic", mend))
        silent = asked or ", ".join(sorted(routing.traffic))
        mend = f"try again in a moment, and see why: cloister online-endpoint show --name {endpoint}"
        raise UnavailableError(Fault(f'endpoint "{endpoint}"', f"no worker of {silent} is ready", mend))

    async def _passed_on(self, worker: Worker, body: bytes, headers: dict[str, str]) -> httpx.Response:
        worker.in_flight += 1
        try:
            return await worker.http.post("/invocations", content=body, headers=headers)
        except httpx.TimeoutException as error:
            spec = worker.started.proven.spec
            reason = f"did not answer within {spec.request_timeout_ms} ms"
            mend = "send fewer rows, or raise request_settings.request_timeout_ms of the deployment"
            raise TimedOutError(Fault(worker.started.thing, reason, mend)) from error
        except httpx.HTTPError as error:
            reason = "its worker went away during the request"
            raise UnavailableError(Fault(worker.started.thing, reason, "send the request again")) from error
        finally:
            worker.in_flight -= 1

    def _copy(self, endpoint: str, body: bytes, headers: dict[str, str]) -> None:
        """Queue a copy of a live request where one is due; a full queue drops it, and counts that."""
        routing = self.fleet.endpoints[endpoint].endpoint.routing
        if not routing.mirror:
            return
        workers = self.fleet.workers(endpoint)
        name = choose_mirror(routing, workers, self._chance())
        if name is None:
            return
        try:
            self._copies.put_nowait(_Copy(endpoint, workers[name], body, {**headers, MIRRORED: "1"}))
        except asyncio.QueueFull:
            self.metrics.mirrored(endpoint, name, "dropped")

    async def _send_copies(self) -> None:
        while True:
            copy = await self._copies.get()
            outcome = "failed"
            with suppress(CloisterError, RuntimeError):  # RuntimeError: the worker was stopped meanwhile
                answer = await self._passed_on(copy.worker, copy.body, copy.headers)
                outcome = "sent" if answer.is_success else "failed"
            self.metrics.mirrored(copy.endpoint, copy.worker.started.proven.spec.name, outcome)


def _request_id(request: Request) -> str:
    """The caller's own id where it is short and plain, otherwise a fresh one."""
    given = request.headers.get(REQUEST_ID, "")
    is_plain = given.isascii() and given.replace("-", "").isalnum() and len(given) <= _LONGEST_ID
    return given if is_plain else uuid.uuid4().hex
