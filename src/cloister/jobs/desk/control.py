"""The control API's part on jobs: requests to the service, answers as JSON. Every request is decided first."""

import asyncio
import json
import secrets
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path

from pydantic import TypeAdapter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from cloister.errors import Fault, SpecError
from cloister.gateway.mlflow.resources import named
from cloister.gateway.rights.asking import Asker
from cloister.jobs.assets.snapshot import DEFAULT_LIMIT_BYTES
from cloister.jobs.desk import rights
from cloister.jobs.desk.listing import Candidate, Change, Wanted
from cloister.jobs.desk.logs import SeenBefore
from cloister.jobs.desk.requests import Handler, body, number, told, value
from cloister.jobs.desk.rights import Authorizer
from cloister.jobs.desk.service import JobService
from cloister.jobs.desk.touching import one_by_one, touched
from cloister.jobs.desk.wire import job_document, summary_document
from cloister.jobs.errors import TooLargeError
from cloister.jobs.planning.plan_json import from_json
from cloister.jobs.records.jobs import JobRecord
from cloister.jobs.records.names import job_name
from cloister.jobs.records.status import JobStatus
from cloister.jobs.schedules.schedule import refuse_name_of_a_tick

_MOST_LISTED = 1000
_CHANGE = TypeAdapter(Change)
_SEEN = TypeAdapter(SeenBefore)
_SUBMIT = "submit the job with cloister job create"
_FOLLOW = "follow the job with cloister job stream"
_UPDATE = "change the job with cloister job update"
_ARCHIVED = {"no": False, "only": True, "too": None}
_FILTERS = frozenset({"limit", "status", "experiment", "submitter", "tag", "archived"})


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
            ("PATCH", "/jobs/{name}", self._change),
            ("POST", "/jobs/{name}/cancel", self._cancel),
            ("POST", "/jobs/{name}/follow", self._follow),
            ("GET", "/jobs/{name}/logs/{step}", self._logs),
            ("GET", "/jobs/{name}/files", self._files),
            ("GET", "/jobs/{name}/files/{path:path}", self._file),
        ]
        return [Route(path, told(handler), methods=[method]) for method, path, handler in table]

    async def _keep_snapshot(self, request: Request) -> Response:
        """Take a tar.gz as the body; the answer holds the hash to submit jobs with."""
        sender = rights.owner_of((await self._may_create(request)).principal)
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
            sha256 = await asyncio.to_thread(self._service.keep_snapshot, Path(file.name), sender)
        return JSONResponse({"snapshot": sha256}, 201)

    async def _submit(self, request: Request) -> Response:
        """Take `{"plan": {...}, "snapshot": "<sha256>"}` and queue the job."""
        asker = await self._may_create(request)
        document = await body(request, _SUBMIT)
        plan, snapshot = document.get("plan"), document.get("snapshot")
        if not isinstance(plan, dict) or not isinstance(snapshot, str) or len(document) != len(("plan", "snapshot")):
            raise SpecError(Fault("body", "is not a plan and a snapshot", _SUBMIT))
        sound = await asyncio.to_thread(from_json, json.dumps(plan))
        refuse_name_of_a_tick(sound.name)
        # Before it is decided: the record tells which job came of it.
        called = replace(sound, name=sound.name or job_name(secrets.choice))
        placed = await asyncio.to_thread(self._service.placed, called)
        async for one in one_by_one(touched(self._service, placed)):
            await self._authorizer.admit(request.scope, one.action, one.resource, rights.seen_of(one.owner))
        owner = rights.owner_of(asker.principal)
        await asyncio.to_thread(self._service.check_sent, snapshot, owner)
        name = await asyncio.to_thread(self._service.submit, placed, snapshot, owner)
        return await self._job(await asyncio.to_thread(self._service.show, name), 201)

    async def _list(self, request: Request) -> Response:
        """The jobs that the asker may read; the others are left out as if they were not there."""
        asker = await self._authorizer.admit(request.scope, rights.LIST, "server", rights.unseen())
        limit = min(number(request, "limit", 50), _MOST_LISTED)

        def may(candidate: Candidate) -> bool:
            return rights.may_read(asker, candidate.name, candidate.submitter)

        records = await asyncio.to_thread(self._service.list, limit, _wanted(request), may)
        listings = await asyncio.to_thread(self._service.told, *records)
        now = time.time()
        return JSONResponse({"jobs": [summary_document(one, listings[one.name], now) for one in records]})

    async def _show(self, request: Request) -> Response:
        name, _ = await self._admitted(request, rights.READ)
        return await self._job(await asyncio.to_thread(self._service.show, name))

    async def _change(self, request: Request) -> Response:
        """Take `{"display_name", "description", "archived", "tags": [[key, value]], "untag": [key]}`, each if given."""
        name, _ = await self._admitted(request, rights.CHANGE)
        change: Change = value(_CHANGE, await body(request, _UPDATE), _UPDATE)
        return await self._job(await asyncio.to_thread(self._service.change, name, change))

    async def _cancel(self, request: Request) -> Response:
        name, asker = await self._admitted(request, rights.CANCEL)
        return await self._job(await asyncio.to_thread(self._service.cancel, name, asker.principal.name), 202)

    async def _follow(self, request: Request) -> Response:
        """Take `{"offsets": {STEP: BYTES}}`; the answer holds the job and what its steps have printed from there on.

        One request, so that following a job of many steps is one decision on record and not one for each.
        """
        name, _ = await self._admitted(request, rights.READ)
        before: SeenBefore = value(_SEEN, await body(request, _FOLLOW), _FOLLOW)
        # Read first: of a step that had ended by then, the log is whole.
        record = await asyncio.to_thread(self._service.show, name)
        found = await asyncio.to_thread(self._service.printed, record, before.offsets)
        printed = {step: asdict(piece) for step, piece in found.pieces.items()}
        return JSONResponse({"job": await self._document(record), "printed": printed, "more": found.more})

    async def _logs(self, request: Request) -> Response:
        name, _ = await self._admitted(request, rights.READ)
        step = request.path_params["step"]
        piece = await asyncio.to_thread(self._service.logs, name, step, number(request, "offset", 0))
        return JSONResponse(asdict(piece))

    async def _files(self, request: Request) -> Response:
        name, _ = await self._admitted(request, rights.READ)
        found = await asyncio.to_thread(self._service.files, name)
        return JSONResponse({"files": [{"path": file.path, "bytes": file.bytes} for file in found]})

    async def _file(self, request: Request) -> Response:
        name, _ = await self._admitted(request, rights.READ)
        path = await asyncio.to_thread(self._service.file, name, str(request.path_params["path"]))
        return FileResponse(path, media_type="application/octet-stream")

    async def _may_create(self, request: Request) -> Asker:
        return await self._authorizer.admit(request.scope, rights.CREATE, rights.EVERY_JOB, rights.unseen())

    async def _admitted(self, request: Request, action: str) -> tuple[str, Asker]:
        """The job's name in the path and who asks, once that one may do this to it."""
        name = str(request.path_params["name"])
        see = rights.seen(name, self._submitter)
        return name, await self._authorizer.admit(request.scope, action, named("job", name), see)

    async def _submitter(self, name: str) -> str | None:
        return await asyncio.to_thread(self._service.submitter, name)

    async def _job(self, record: JobRecord, status: int = 200) -> Response:
        return JSONResponse(await self._document(record), status)

    async def _document(self, record: JobRecord) -> dict[str, object]:
        listings = await asyncio.to_thread(self._service.told, record)
        sweeps = await asyncio.to_thread(self._service.sweeps, record)
        edges = await asyncio.to_thread(self._service.library.lineage.of_job, record.name)
        document = job_document(record, listings[record.name], sweeps, time.time())
        return document | {"lineage": [edge.document() for edge in edges]}


def _wanted(request: Request) -> Wanted:
    """Which jobs the query asks for. Raises SpecError on a filter that there is not."""
    query = request.query_params
    if unknown := sorted(set(query) - _FILTERS):
        raise SpecError(Fault(unknown[0], "is no filter of jobs", f"use {', '.join(sorted(_FILTERS))}"))
    names = query.getlist("status")
    if odd := sorted(set(names) - set(JobStatus)):
        raise SpecError(Fault(f'status "{odd[0]}"', "is none of a job", f"use {', '.join(JobStatus)}"))
    archived = query.get("archived", "no")
    if archived not in _ARCHIVED:
        raise SpecError(Fault("archived", f'"{archived[:40]}" is no choice', f"use {', '.join(_ARCHIVED)}"))
    tags = tuple(
        (key, value if equals else None) for key, equals, value in (t.partition("=") for t in query.getlist("tag"))
    )
    statuses = tuple(JobStatus(name) for name in names)
    return Wanted(statuses, query.get("experiment", ""), query.get("submitter", ""), tags, _ARCHIVED[archived])
