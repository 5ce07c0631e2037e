"""What is due by a schedule becomes a job: once, however many agents look, and only while its owner may submit it.

Rights are decided at each tick, as of whoever made the schedule, and recorded in the same chain as those of requests.
"""

import asyncio
import logging
import secrets
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from cloister.access.principals import Principal
from cloister.errors import CloisterError, InternalError, SourceError, SpecError
from cloister.gateway.guard import Guard, RequestFacts
from cloister.gateway.identity.identified import Identified
from cloister.gateway.identity.users import find_user
from cloister.gateway.rights.opening import open_guard
from cloister.jobs.config import AgentConfig
from cloister.jobs.desk import rights
from cloister.jobs.desk.service import JobService
from cloister.jobs.desk.touching import touched
from cloister.jobs.errors import MissingError
from cloister.jobs.planning.plan import Plan
from cloister.jobs.schedules.kept import KeptSchedule
from cloister.jobs.schedules.schedule import made_at
from cloister.verdict import Answer

_LOG = logging.getLogger(__name__)
_EVERY_SECONDS = 1.0
_LATE_SECONDS = 60.0


def tick_until(config: AgentConfig, engine: sa.Engine, stop: threading.Event) -> None:
    """Make the jobs that are due, every second, until told to stop. For a thread of its own."""
    if config.signing_key is None:
        return
    guard = open_guard(config.gateway, engine, config.signing_key, lambda: datetime.now(UTC)).guard
    ticking = Ticking(JobService(engine, config.jobs_folder, config.site), guard)
    with asyncio.Runner() as runner:
        while not stop.is_set():
            started = time.monotonic()
            try:
                runner.run(ticking.round())
            except (SQLAlchemyError, CloisterError):
                # The database is busy or restarts, or the record cannot be written: the next round tries again.
                _LOG.exception("schedules cannot be looked at")
            stop.wait(max(0.0, _EVERY_SECONDS - (time.monotonic() - started)))
    guard.audit.close()


class Ticking:
    """Looks at what is due."""

    def __init__(self, service: JobService, guard: Guard) -> None:
        self._service = service
        self._guard = guard

    async def round(self) -> tuple[str, ...]:
        """The names of the jobs that were made now."""
        made = [await self._turn(name) for name in self._service.schedules.due()]
        return tuple(name for name in made if name)

    async def _turn(self, name: str) -> str | None:
        """The name of the job that one schedule made; one that cannot be made sense of is paused, and holds up no
        other one.
        """
        try:
            return await self._tick(self._service.schedules.find(name))
        except MissingError:
            # It was deleted since.
            return None
        except (SQLAlchemyError, SourceError, InternalError, OSError):
            # The database, the record or the disk: nothing of this schedule's.
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it stops this schedule and no other
            _LOG.exception("schedule %s is paused", name)
            told = f"Cloister cannot make sense of it: {type(error).__name__}: {error}"
            self._service.schedules.pause_unread(name, told)
            return None

    async def _tick(self, kept: KeptSchedule) -> str | None:
        due = kept.next_due or self._service.schedules.now
        job = kept.schedule.job_at(due)
        schedules = self._service.schedules
        try:
            plan = self._service.placed(_late(made_at(kept.schedule, kept.plan, job, due), due, schedules.now))
            if refused := await self._refusal(kept, plan):
                schedules.pause(kept, refused)
                _LOG.warning("schedule %s is paused: %s", kept.schedule.name, refused)
                return None
            return self._service.submit_if(
                plan, kept.snapshot, kept.owner, lambda connection: schedules.take_turn(connection, kept, job)
            )
        except SpecError as error:
            told = "; ".join(f"{fault.thing}: {fault.reason}" for fault in error.faults)
            schedules.pass_over(kept, f"{due:%Y-%m-%dT%H:%M:%SZ} made no job: {told}")
            _LOG.warning("schedule %s made no job: %s", kept.schedule.name, told)
            return None

    async def _refusal(self, kept: KeptSchedule, plan: Plan) -> str:
        """Why whoever made the schedule may not submit the job now; empty where it may."""
        principal = self._present(kept.principal)
        if principal is None:
            return f"{kept.principal.name} is not let in any more"
        facts = RequestFacts("TICK", f"/cloister/v1/job-schedules/{kept.schedule.name}", "-", secrets.token_hex(8))
        asker = await self._guard.asker(Identified(principal), facts)
        for one in touched(self._service, plan):
            request = asker.asks(one.action, one.resource, rights.ownership(asker, one.owner))
            verdict = asker.of_object(request)
            await self._guard.record(verdict, principal, one.action, one.resource, facts)
            if verdict.answer is not Answer.ALLOW:
                return f"{kept.owner} has no right to {one.action} on {one.resource}"
        return ""

    def _present(self, principal: Principal) -> Principal | None:
        """The person with the groups that it has now; None where it is not let in, or is none."""
        user = find_user(self._guard.engine, principal.name) if principal.kind == "user" else None
        if user is None or user.disabled:
            return None
        return Principal(principal.name, "user", groups=user.groups)


def _late(plan: Plan, due: datetime, now: datetime) -> Plan:
    """The plan with a note where it comes later than it was due: nobody was there, or times went by."""
    seconds = (now - due).total_seconds()
    if seconds < _LATE_SECONDS:
        return plan
    return replace(plan, notes=(*plan.notes, f"due {due:%Y-%m-%dT%H:%M:%SZ}, made {seconds:.0f} s later"))
