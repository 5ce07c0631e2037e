"""The control API's part on endpoints and deployments: requests to the service, answers as JSON."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from cloister.errors import CloisterError, Fault, SpecError
from cloister.gateway.mlflow.canonical import read_json
from cloister.gateway.passing.forwarding import read_body
from cloister.serving import wire
from cloister.serving.admission import MANAGE, READ, Authorizer, resource_of
from cloister.serving.errors import answer
from cloister.serving.process import last_lines, log_path
from cloister.serving.service import EndpointService
from cloister.serving.values import Endpoint
from cloister.serving.wire import EndpointStatus

Handler = Callable[[Request], Awaitable[Response]]
_MOST_LINES = 5000
_ALL = "online-endpoint/*"
_LARGEST_BODY = 8 << 20
_PATIENCE_SECONDS = 5.0
_LOOK_EVERY_SECONDS = 0.05


@dataclass(frozen=True)
class Shares:
    """The body of a change of traffic; what is null stays as it is."""

    traffic: dict[str, int] | None = None
    mirror: dict[str, int] | None = None


_SHARES = TypeAdapter(Shares)


class Control:
    """The handlers. `scoring_url` is where the router listens, `logs` where workers write."""

    def __init__(
        self,
        service: EndpointService,
        authorizer: Authorizer,
        scoring_url: str,
        logs: Path,
        patience_seconds: float = _PATIENCE_SECONDS,
    ) -> None:
        self._service = service
        self._authorizer = authorizer
        self._scoring_url = scoring_url.rstrip("/")
        self._logs = logs
        self._patience_seconds = patience_seconds

    def routes(self) -> list[Route]:
        """The routes, to be mounted below `/cloister/v1`."""
        one, deployment = "/online-endpoints/{name}", "/online-deployments/{endpoint}/{name}"
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/online-endpoints", self._list),
            ("POST", "/online-endpoints", self._create),
            ("GET", one, self._show),
            ("PUT", one, self._update),
            ("DELETE", one, self._delete),
            ("PUT", f"{one}/traffic", self._set_traffic),
            ("POST", f"{one}/rollback", self._rollback),
            ("GET", "/online-deployments/{endpoint}", self._list_deployments),
            ("POST", "/online-deployments/{endpoint}", self._create_deployment),
            ("GET", deployment, self._show_deployment),
            ("PUT", deployment, self._update_deployment),
            ("DELETE", deployment, self._delete_deployment),
            ("GET", f"{deployment}/logs", self._show_logs),
        ]
        return [Route(path, partial(_told, handler), methods=[method]) for method, path, handler in table]

    async def _list(self, request: Request) -> Response:
        await self._authorizer.admit(request, READ, _ALL)
        statuses = await asyncio.to_thread(self._service.list)
        return JSONResponse([self._document(status) for status in statuses])

    async def _create(self, request: Request) -> Response:
        # Which endpoint it is about stands in the body, and nobody who is not known has that read.
        await self._authorizer.recognize(request)
        endpoint = wire.build(wire.ENDPOINT, await _json(request))
        by = await self._authorizer.admit(request, MANAGE, resource_of(endpoint.name))
        return await self._told_once_routed(await asyncio.to_thread(self._service.create, endpoint, by), 201)

    async def _show(self, request: Request) -> Response:
        name = await self._admitted(request, READ, "name")
        return self._told(await asyncio.to_thread(self._service.show, name))

    async def _update(self, request: Request) -> Response:
        name = str(request.path_params["name"])
        by = await self._authorizer.admit(request, MANAGE, resource_of(name))
        endpoint: Endpoint = wire.build(wire.ENDPOINT, await _json(request))
        _check_same("endpoint", endpoint.name, name)
        return await self._told_once_routed(await asyncio.to_thread(self._service.update, endpoint, by))

    async def _delete(self, request: Request) -> Response:
        name = await self._admitted(request, MANAGE, "name")
        await asyncio.to_thread(self._service.delete, name)
        return Response(status_code=204)

    async def _set_traffic(self, request: Request) -> Response:
        name = str(request.path_params["name"])
        by = await self._authorizer.admit(request, MANAGE, resource_of(name))
        shares: Shares = wire.build(_SHARES, await _json(request))
        change = partial(self._service.set_routing, name, by, traffic=shares.traffic, mirror=shares.mirror)
        return await self._told_once_routed(await asyncio.to_thread(change))

    async def _rollback(self, request: Request) -> Response:
        name = str(request.path_params["name"])
        by = await self._authorizer.admit(request, MANAGE, resource_of(name))
        return await self._told_once_routed(await asyncio.to_thread(self._service.rollback, name, by))

    async def _list_deployments(self, request: Request) -> Response:
        endpoint = await self._admitted(request, READ, "endpoint")
        status = await asyncio.to_thread(self._service.show, endpoint)
        return JSONResponse([_json_of(wire.DEPLOYMENT_STATUS, one) for one in status.deployments])

    async def _create_deployment(self, request: Request) -> Response:
        endpoint = str(request.path_params["endpoint"])
        by = await self._authorizer.admit(request, MANAGE, resource_of(endpoint))
        wanted = wire.build(wire.DEPLOYMENT, await _json(request))
        _check_same("endpoint", wanted.endpoint, endpoint)
        status = await asyncio.to_thread(self._service.create_deployment, wanted, by)
        return JSONResponse(_json_of(wire.DEPLOYMENT_STATUS, status), 201)

    async def _show_deployment(self, request: Request) -> Response:
        endpoint = await self._admitted(request, READ, "endpoint")
        status = await asyncio.to_thread(self._service.show_deployment, endpoint, request.path_params["name"])
        return JSONResponse(_json_of(wire.DEPLOYMENT_STATUS, status))

    async def _update_deployment(self, request: Request) -> Response:
        endpoint, name = str(request.path_params["endpoint"]), str(request.path_params["name"])
        by = await self._authorizer.admit(request, MANAGE, resource_of(endpoint))
        wanted = wire.build(wire.DEPLOYMENT, await _json(request))
        _check_same("endpoint", wanted.endpoint, endpoint)
        _check_same("deployment", wanted.name, name)
        status = await asyncio.to_thread(self._service.update_deployment, wanted, by)
        return JSONResponse(_json_of(wire.DEPLOYMENT_STATUS, status))

    async def _delete_deployment(self, request: Request) -> Response:
        endpoint = await self._admitted(request, MANAGE, "endpoint")
        await asyncio.to_thread(self._service.delete_deployment, endpoint, request.path_params["name"])
        return Response(status_code=204)

    async def _show_logs(self, request: Request) -> Response:
        endpoint = await self._admitted(request, READ, "endpoint")
        name = str(request.path_params["name"])
        # Shown first, because a log's path is made of the two names: only names that exist get that far.
        await asyncio.to_thread(self._service.show_deployment, endpoint, name)
        asked = request.query_params.get("lines", "50")
        if not asked.isdecimal() or not 1 <= int(asked) <= _MOST_LINES:
            raise SpecError(Fault("lines", f'"{asked}" is out of bounds', f"ask for 1 to {_MOST_LINES}"))
        lines = await asyncio.to_thread(last_lines, log_path(self._logs, endpoint, name), int(asked))
        return PlainTextResponse("".join(f"{line}\n" for line in lines))

    async def _admitted(self, request: Request, action: str, parameter: str) -> str:
        """The name of the endpoint in the path, once the caller may do this to it."""
        name = str(request.path_params[parameter])
        await self._authorizer.admit(request, action, resource_of(name))
        return name

    async def _told_once_routed(self, status: EndpointStatus, code: int = 200) -> Response:
        """The answer to a change of traffic, once the router follows it: who is told then finds it so.

        Where the router does not run, it is told after some patience, with `is_routed` false.
        """
        give_up = time.monotonic() + self._patience_seconds
        while not status.is_routed and time.monotonic() < give_up:
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            status = await asyncio.to_thread(self._service.show, status.endpoint.name)
        return self._told(status, code)

    def _told(self, status: EndpointStatus, code: int = 200) -> Response:
        return JSONResponse(self._document(status), code)

    def _document(self, status: EndpointStatus) -> dict[str, Any]:
        address = f"{self._scoring_url}/endpoints/{status.endpoint.name}/invocations"
        document: dict[str, Any] = _json_of(wire.ENDPOINT_STATUS, status)
        return {**document, "scoring_uri": address}


async def _told(handler: Handler, request: Request) -> Response:
    try:
        return await handler(request)
    except CloisterError as error:
        return answer(error)


async def _json(request: Request) -> dict[str, object]:
    return read_json(await read_body(request.receive, _LARGEST_BODY), empty_is_object=False)


def _json_of(adapter: TypeAdapter[Any], content: object) -> Any:  # noqa: ANN401 - any JSON document
    return adapter.dump_python(content, mode="json")


def _check_same(what: str, written: str, addressed: str) -> None:
    if written != addressed:
        reason = f'the document names the {what} "{written}", and the address names "{addressed}"'
        raise SpecError(Fault(what, reason, "name the same in both"))
