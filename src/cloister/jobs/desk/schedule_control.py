"""The control API's part on schedules of jobs: made, shown, enabled, triggered, deleted. Each is decided first."""

import asyncio
import json
from dataclasses import replace
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cloister.errors import Fault, RefusedError, SpecError
from cloister.gateway.mlflow.resources import named
from cloister.gateway.rights.asking import Asker
from cloister.jobs.desk import rights
from cloister.jobs.desk.requests import Handler, body, told
from cloister.jobs.desk.rights import Authorizer
from cloister.jobs.desk.service import JobService
from cloister.jobs.desk.touching import one_by_one, touched
from cloister.jobs.planning.plan import Plan
from cloister.jobs.planning.plan_json import from_json
from cloister.jobs.schedules.kept import KeptSchedule
from cloister.jobs.schedules.schedule import made_at, schedule_from

_CREATE = "make it with cloister schedule create"


class ScheduleControl:
    """The handlers."""

    def __init__(self, service: JobService, authorizer: Authorizer) -> None:
        self._service = service
        self._schedules = service.schedules
        self._authorizer = authorizer

    def routes(self) -> list[Route]:
        """The routes, to be put below `/cloister/v1`. Those of monitors, which are schedules too, lie beside them."""
        one = "/job-schedules/{name}"
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/job-schedules", self._list),
            ("GET", one, self._show),
            ("PUT", one, self._put),
            ("DELETE", one, self._delete),
            ("POST", f"{one}/enable", partial(self._enable, enabled=True)),
            ("POST", f"{one}/disable", partial(self._enable, enabled=False)),
            ("POST", f"{one}/trigger", self._trigger),
        ]
        return [Route(path, told(handler), methods=[method]) for method, path, handler in table]

    async def _list(self, request: Request) -> Response:
        """The schedules that the asker may read; the others are left out."""
        asker = await self._authorizer.admit(request.scope, rights.LIST, "server", rights.unseen())
        found = await asyncio.to_thread(self._schedules.all)
        seen = [one for one in found if rights.may_see(asker, one.schedule.name, one.owner)]
        return JSONResponse({"schedules": [_document(one) for one in seen]})

    async def _show(self, request: Request) -> Response:
        name, _ = await self._admitted(request, rights.READ_SCHEDULE)
        return JSONResponse(_document(await asyncio.to_thread(self._schedules.find, name)))

    async def _put(self, request: Request) -> Response:
        """Take `{"schedule": {...}, "plan": {...}, "snapshot": "<sha256>"}`, or `"job"`, a job to repeat, for both."""
        name, asker = await self._admitted(request, rights.MANAGE_SCHEDULE)
        if asker.principal.kind != "user":
            # A session of a role ends, a key is taken back, a job is over; their schedules would go on.
            reason = f"is asked for by {asker.principal.name}, and lasts longer than what acts for somebody"
            raise RefusedError(Fault(f'schedule "{name}"', reason, "let the person make it"))
        document = await body(request, _CREATE)
        schedule = schedule_from(document.get("schedule"))
        if schedule.name != name:
            reason = f'the document names it "{schedule.name}", and the address "{name}"'
            raise SpecError(Fault("schedule", reason, "name the same in both"))
        plan, snapshot = await self._what_runs(request, document)
        placed = await asyncio.to_thread(self._service.placed, plan)
        await self._may_submit(request, placed)
        owner = rights.owner_of(asker.principal)
        if "job" not in document:
            await asyncio.to_thread(self._service.check_sent, snapshot, owner)
        await asyncio.to_thread(self._service.check_snapshot, plan, snapshot)
        put = partial(self._schedules.put, schedule, plan, snapshot, owner, asker.principal)
        return JSONResponse(_document(await asyncio.to_thread(put)) | {"notes": list(placed.notes)}, 201)

    async def _what_runs(self, request: Request, document: dict[str, object]) -> tuple[Plan, str]:
        given = set(document)
        if given == {"schedule", "job"}:
            job = str(document["job"])
            see = rights.seen(job, self._submitter)
            await self._authorizer.admit(request.scope, rights.READ, named("job", job), see)
            record = await asyncio.to_thread(self._service.show, job)
            return _unnamed(record.plan), record.snapshot
        plan, snapshot = document.get("plan"), document.get("snapshot")
        if given != {"schedule", "plan", "snapshot"} or not isinstance(plan, dict) or not isinstance(snapshot, str):
            raise SpecError(Fault("body", "is not a schedule with a plan and a snapshot, or with a job", _CREATE))
        return _unnamed(await asyncio.to_thread(from_json, json.dumps(plan))), snapshot

    async def _delete(self, request: Request) -> Response:
        name, _ = await self._admitted(request, rights.MANAGE_SCHEDULE)
        await asyncio.to_thread(self._schedules.delete, name)
        return Response(status_code=204)

    async def _enable(self, request: Request, *, enabled: bool) -> Response:
        name, _ = await self._admitted(request, rights.MANAGE_SCHEDULE)
        change = partial(self._schedules.enable, name, enabled=enabled)
        return JSONResponse(_document(await asyncio.to_thread(change)))

    async def _trigger(self, request: Request) -> Response:
        """Submit its job now, as whoever asks; its times stay as they are."""
        name, asker = await self._admitted(request, rights.MANAGE_SCHEDULE)
        kept = await asyncio.to_thread(self._schedules.find, name)
        now = self._schedules.now
        plan = made_at(kept.schedule, kept.plan, kept.schedule.job_at(now), now)
        await self._may_submit(request, await asyncio.to_thread(self._service.placed, plan))
        submit = partial(self._service.submit, plan, kept.snapshot, rights.owner_of(asker.principal))
        job = await asyncio.to_thread(submit)
        await asyncio.to_thread(self._schedules.note_job, name, job)
        return JSONResponse({"job": job}, 202)

    async def _may_submit(self, request: Request, plan: Plan) -> None:
        async for one in one_by_one(touched(self._service, plan)):
            await self._authorizer.admit(request.scope, one.action, one.resource, rights.seen_of(one.owner))

    async def _admitted(self, request: Request, action: str) -> tuple[str, Asker]:
        """The schedule's name in the path and who asks, once that one may do this to it. A new one is one's own."""
        name = str(request.path_params["name"])
        owner = await asyncio.to_thread(self._schedules.owner, name)
        is_new = owner is None and request.method == "PUT"
        see = rights.seen_as_own() if is_new else rights.seen_of(owner)
        return name, await self._authorizer.admit(request.scope, action, named("schedule", name), see)

    async def _submitter(self, name: str) -> str | None:
        return await asyncio.to_thread(self._service.submitter, name)


def _unnamed(plan: Plan) -> Plan:
    """The plan without the name of one job: each time makes its own."""
    return replace(plan, name="")


def _document(kept: KeptSchedule) -> dict[str, object]:
    schedule = kept.schedule
    trigger = schedule.trigger
    return {
        "name": schedule.name,
        "display_name": schedule.display_name or schedule.name,
        "description": schedule.description,
        "tags": dict(schedule.tags),
        "trigger": str(trigger),
        "time_zone": schedule.zone,
        "start_time": schedule.start.isoformat() if schedule.start else None,
        "end_time": schedule.end.isoformat() if schedule.end else None,
        "is_enabled": kept.enabled,
        "next_due": kept.next_due.isoformat(timespec="seconds") if kept.next_due else None,
        "owner": kept.owner,
        "last_job": kept.last_job,
        "reason": kept.reason,
        "created_at": kept.created_at.isoformat(timespec="milliseconds"),
        "job": {"display_name": kept.plan.display_name, "steps": [step.name for step in kept.plan.steps]},
    }
