"""The control API's part on jobs: requests to the service, answers as JSON. Every request is decided first."""

import asyncio
import json
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path
from typing import Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Scope

from cloister.access.principals import Principal
from cloister.errors import Fault, SpecError
from cloister.gateway import faults
from cloister.gateway.mlflow.resources import named
from cloister.jobs.assets.snapshot import DEFAULT_LIMIT_BYTES
from cloister.jobs.desk.service import JobService
from cloister.jobs.desk.wire import job_document, summary_document
from cloister.jobs.errors import ConflictError, MissingError, TooLargeError
from cloister.jobs.planning.plan_json import from_json

CREATE = "cloister:CreateJob"
CANCEL = "cloister:CancelJob"
READ = "cloister:ReadJob"
_ALL = "job/*"
_MOST_LISTED = 1000
_LONGEST_BODY = 8 * 1024 * 1024
_STATUS: tuple[tuple[type[SpecError], int], ...] = ((MissingError, 404), (ConflictError, 409), (TooLargeError, 413))

Handler = Callable[[Request], Awaitable[Response]]


class Authorizer(Protocol):
    """Decides one request and writes the decision down; the gateway's guard is one."""

    async def require(self, scope: Scope, action: str, resource: str = ...) -> Principal:
        """The principal who asks, and may. Raises RefusedError."""


class Control:
    """The handlers."""

    def __init__(self, service: JobService, authorizer: Authorizer) -> None:
        self._service = service
        self._authorizer = authorizer

    def routes(self) -> list[Route]:
        """The routes, to be put below `/cloister/v1`."""
        table: list[tuple[str, str, Handler]] = [
            ("PUT", "/jobs/snapshots", self._keep_snapshot),
            ("POST", "/jobs", self._submit),
            ("GET", "/jobs", self._list),
            ("GET", "/jobs/{name}", self._show),
            ("POST", "/jobs/{name}/cancel", self._cancel),
            ("GET", "/jobs/{name}/logs/{step}", self._logs),
        ]
        return [Route(path, _told(handler), methods=[method]) for method, path, handler in table]

    async def _keep_snapshot(self, request: Request) -> Response:
        """Take a tar.gz as the body; the answer holds the hash to submit jobs with."""
        await self._authorizer.require(request.scope, CREATE, _ALL)
        with tempfile.NamedTemporaryFile(prefix="cloister-snapshot-", suffix=".tar.gz") as file:
            size = 0
            try:
                async for piece in request.stream():
                    size += len(piece)
                    if size > DEFAULT_LIMIT_BYTES:
                        reason = f"is larger than {DEFAULT_LIMIT_BYTES // 2**20} MiB"
                        raise TooLargeError(Fault("snapshot", reason, "leave large files out with .amlignore"))
                    await asyncio.to_thread(file.write, piece)
            except ClientDisconnect as error:
                raise SpecError(Fault("snapshot", "broke off in the middle", "send it again")) from error
            file.flush()
            sha256 = await asyncio.to_thread(self._service.keep_snapshot, Path(file.name))
        return JSONResponse({"snapshot": sha256}, 201)

    async def _submit(self, request: Request) -> Response:
        """Take `{"plan": {...}, "snapshot": "<sha256>"}` and queue the job."""
        principal = await self._authorizer.require(request.scope, CREATE, _ALL)
        body = await _body(request)
        plan, snapshot = body.get("plan"), body.get("snapshot")
        if not isinstance(plan, dict) or not isinstance(snapshot, str) or len(body) != len(("plan", "snapshot")):
            raise SpecError(Fault("body", "is not a plan and a snapshot", "submit the job with cloister job create"))
        sound = await asyncio.to_thread(from_json, json.dumps(plan))
        name = await asyncio.to_thread(self._service.submit, sound, snapshot, principal.name)
        record = await asyncio.to_thread(self._service.show, name)
        return JSONResponse(job_document(record, time.time()), 201)

    async def _list(self, request: Request) -> Response:
        await self._authorizer.require(request.scope, READ, _ALL)
        limit = min(_number(request, "limit", 50), _MOST_LISTED)
        records = await asyncio.to_thread(self._service.list, limit)
        return JSONResponse({"jobs": [summary_document(record, time.time()) for record in records]})

    async def _show(self, request: Request) -> Response:
        name = request.path_params["name"]
        await self._authorizer.require(request.scope, READ, named("job", name))
        record = await asyncio.to_thread(self._service.show, name)
        return JSONResponse(job_document(record, time.time()))

    async def _cancel(self, request: Request) -> Response:
        name = request.path_params["name"]
        principal = await self._authorizer.require(request.scope, CANCEL, named("job", name))
        record = await asyncio.to_thread(self._service.cancel, name, principal.name)
        return JSONResponse(job_document(record, time.time()), 202)

    async def _logs(self, request: Request) -> Response:
        name, step = request.path_params["name"], request.path_params["step"]
        await self._authorizer.require(request.scope, READ, named("job", name))
        piece = await asyncio.to_thread(self._service.logs, name, step, _number(request, "offset", 0))
        return JSONResponse({"text": piece.text, "next_offset": piece.next_offset, "complete": piece.complete})


def _told(handler: Handler) -> Handler:
    """The handler with our finer refusals as answers; all others are the gateway's to tell."""

    @wraps(handler)
    async def telling(request: Request) -> Response:
        try:
            return await handler(request)
        except (MissingError, ConflictError, TooLargeError) as error:
            told = faults.answer(error)
            told.status_code = next(status for kind, status in _STATUS if isinstance(error, kind))
            return told

    return telling


async def _body(request: Request) -> dict[str, object]:
    raw = bytearray()
    async for piece in request.stream():
        raw += piece
        if len(raw) > _LONGEST_BODY:
            raise TooLargeError(Fault("body", f"is larger than {_LONGEST_BODY} bytes", "split the pipeline"))
    try:
        found = json.loads(raw)
    except ValueError as error:
        raise SpecError(Fault("body", f"is no JSON: {error}", "submit the job with cloister job create")) from error
    if not isinstance(found, dict):
        raise SpecError(Fault("body", "is no JSON object", "submit the job with cloister job create"))
    return found


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isdecimal() or len(text) > 15:  # noqa: PLR2004 - no offset is longer
        raise SpecError(Fault(name, f'"{text[:40]}" is no whole number', f"give {name} as digits"))
    return int(text)
