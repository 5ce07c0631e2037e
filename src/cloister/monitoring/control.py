"""The control API's part on monitors: requests to the service, answers as JSON."""

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cloister.errors import CloisterError, Fault, RefusedError, SourceError, SpecError
from cloister.monitoring import references, schedule
from cloister.monitoring.errors import NotFoundError
from cloister.monitoring.schedule import Monitor
from cloister.monitoring.service import MonitorService, MonitorStatus, RunStatus
from cloister.monitoring.values import Alert

MANAGE = "cloister:ManageMonitor"
READ = "cloister:ReadEndpoint"
_ALL = "schedule/*"
_MOST_BYTES = 4 * references.MOST_BYTES
Handler = Callable[[Request], Awaitable[Response]]

_STATUS = TypeAdapter(MonitorStatus)
_RUN = TypeAdapter(RunStatus)
_ALERTS = TypeAdapter(tuple[Alert, ...])
_STATUSES = TypeAdapter(tuple[MonitorStatus, ...])


class Authorizer(Protocol):
    """Decides one request, and writes the decision down where decisions are kept."""

    async def admit(self, request: Request, action: str, resource: str) -> str:
        """The name of the principal who asks. Raises RefusedError."""


class Control:
    """The handlers. `references` is where reference files are kept; `named` makes a name that policies use."""

    def __init__(
        self,
        service: MonitorService,
        authorizer: Authorizer,
        references: Path,
        named: Callable[[str, str], str] = lambda kind, name: f"{kind}/{name}",
    ) -> None:
        self._service = service
        self._authorizer = authorizer
        self._references = references
        self._named = named

    def routes(self) -> list[Route]:
        """The routes, to be mounted below `/cloister/v1`."""
        one = "/schedules/{name}"
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/schedules", self._list),
            ("GET", one, self._show),
            ("PUT", one, self._create),
            ("DELETE", one, self._delete),
            ("POST", f"{one}/enable", partial(self._enable, is_enabled=True)),
            ("POST", f"{one}/disable", partial(self._enable, is_enabled=False)),
            ("POST", f"{one}/trigger", self._trigger),
            ("GET", one + "/runs/{run:int}", self._show_run),
            ("GET", "/alerts", self._list_alerts),
        ]
        return [Route(path, partial(_told, handler), methods=[method]) for method, path, handler in table]

    async def _list(self, request: Request) -> Response:
        await self._authorizer.admit(request, READ, _ALL)
        return _json(_STATUSES, await asyncio.to_thread(self._service.list))

    async def _show(self, request: Request) -> Response:
        name, _ = await self._admitted(request, READ)
        return _json(_STATUS, await asyncio.to_thread(self._service.show, name))

    async def _create(self, request: Request) -> Response:
        """Body: {"monitor": ..., "references": {stored name: base64 of the file}}."""
        name, by = await self._admitted(request, MANAGE)
        body = await _body(request)
        monitor: Monitor = schedule.build(schedule.MONITOR, body.get("monitor"))
        if monitor.name != name:
            reason = f'the document names it "{monitor.name}", and the address "{name}"'
            raise SpecError(Fault("monitor", reason, "name the same in both"))
        for stored, content in dict(body.get("references") or {}).items():
            await asyncio.to_thread(references.store, self._references, str(stored), _decoded(content))
        for file in sorted(monitor.references):
            references.find(self._references, file)
        return _json(_STATUS, await asyncio.to_thread(self._service.create, monitor, by), 201)

    async def _delete(self, request: Request) -> Response:
        name, _ = await self._admitted(request, MANAGE)
        await asyncio.to_thread(self._service.delete, name)
        return Response(status_code=204)

    async def _enable(self, request: Request, *, is_enabled: bool) -> Response:
        name, _ = await self._admitted(request, MANAGE)
        change = partial(self._service.enable, name, is_enabled=is_enabled)
        return _json(_STATUS, await asyncio.to_thread(change))

    async def _trigger(self, request: Request) -> Response:
        name, by = await self._admitted(request, MANAGE)
        return _json(_RUN, await asyncio.to_thread(self._service.trigger, name, by), 202)

    async def _show_run(self, request: Request) -> Response:
        name, _ = await self._admitted(request, READ)
        number = int(request.path_params["run"])
        run = await asyncio.to_thread(self._service.show_run, number)
        if run.monitor != name:
            reason = f'is not one of the monitor "{name}"'
            raise NotFoundError(Fault(f"run {number}", reason, f"see them: cloister schedule show --name {name}"))
        return _json(_RUN, run)

    async def _list_alerts(self, request: Request) -> Response:
        await self._authorizer.admit(request, READ, _ALL)
        name = request.query_params.get("monitor", "")
        return _json(_ALERTS, await asyncio.to_thread(self._service.alerts, name))

    async def _admitted(self, request: Request, action: str) -> tuple[str, str]:
        """The monitor's name in the path and the principal's, once the principal may do this to it."""
        name = str(request.path_params["name"])
        return name, await self._authorizer.admit(request, action, self._named("schedule", name))


async def _told(handler: Handler, request: Request) -> Response:
    """The handler's answer, or the faults of what it raised; refusals of the guard are told by the guard's own."""
    try:
        return await handler(request)
    except RefusedError:
        raise
    except CloisterError as error:
        faults = [{"thing": one.thing, "reason": one.reason, "mend": one.mend} for one in error.faults]
        status = getattr(error, "status", 502 if isinstance(error, SourceError) else 400)
        return JSONResponse({"faults": faults}, status)


async def _body(request: Request) -> dict[str, Any]:
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > _MOST_BYTES:
            raise SpecError(Fault("request body", "is too large", "send smaller references"))
    try:
        document = TypeAdapter(dict[str, Any]).validate_json(bytes(read))
    except ValueError as error:
        raise SpecError(
            Fault("request body", "is no JSON object", 'send {"monitor": ..., "references": ...}')
        ) from error
    return document


def _decoded(content: object) -> bytes:
    try:
        return base64.b64decode(str(content), validate=True)
    except (ValueError, binascii.Error) as error:
        raise SpecError(Fault("reference", "is no base64 text", "send the file's content as base64")) from error


def _json(adapter: TypeAdapter[Any], content: object, status: int = 200) -> Response:
    return JSONResponse(adapter.dump_python(content, mode="json"), status)
