"""A schedule of jobs: when it is due, and what runs then. Pure; one value over the wire and into the database.

`${{name}}` and `${{creation_context.trigger_time}}` in the values of a job stand for the name of the job that a tick
makes and for the time that it was due. Where the author writes them, marks stand in the plan, which each tick fills in.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Final

from pydantic import TypeAdapter, ValidationError

from cloister.errors import Fault, SpecError
from cloister.jobs.planning.plan import Plan
from cloister.jobs.planning.plan_json import from_json, to_json
from cloister.timing import Timing
from cloister.triggers import Trigger

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,199}")
_OF_A_TICK = re.compile(r"-[0-9]{8}T[0-9]{6}Z$")
# What the author writes, and the mark that stands for it in the plan.
MACROS: Final = {
    "${{name}}": "cloister-schedule-job-name",
    "${{creation_context.trigger_time}}": "cloister-schedule-trigger-time",
}


@dataclass(frozen=True, slots=True)
class Schedule:
    """When jobs are due. `start` and `end` are in UTC; `zone` is the time zone as its author wrote it.

    With `at_once` the first job is due when the schedule is made, as a recurrence without a start has it. The name is
    safe as a part of a job's name.
    """

    name: str
    trigger: Trigger
    start: datetime | None = None
    end: datetime | None = None
    zone: str = "UTC"
    at_once: bool = False
    display_name: str = ""
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            mend = "use up to 200 letters, digits, hyphens and underscores"
            raise SpecError(Fault(f'schedule "{self.name[:40]}"', "is no name for a schedule", mend))
        self.timing  # noqa: B018 - the times are judged as it is made

    @property
    def timing(self) -> Timing:
        """When it is due."""
        return Timing(self.trigger, self.start, self.end, self.zone, self.at_once)

    def job_at(self, due: datetime) -> str:
        """The name of the job of that time: the same tick never makes two."""
        return f"{self.name}-{due.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def refuse_name_of_a_tick(job: str) -> None:
    """Raise SpecError on a name that the job of some time of a schedule will have: it would keep that job out."""
    if _OF_A_TICK.search(job):
        reason = "ends with a time, as the jobs of schedules do"
        raise SpecError(Fault(f'job "{job[:255]}"', reason, "give it another name, or none: then Cloister finds one"))


def made_at(schedule: Schedule, plan: Plan, job: str, due: datetime) -> Plan:
    """The plan of one tick: named, titled and tagged after it, with the macros filled in."""
    told = to_json(plan)
    for mark, value in zip(MACROS.values(), (job, f"{due.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"), strict=True):
        told = told.replace(mark, value)
    tags = dict(plan.tags) | {"cloister.schedule": schedule.name}
    return replace(from_json(told), name=job, display_name=plan.display_name or job, tags=tuple(tags.items()))


@cache
def _adapter() -> TypeAdapter[Schedule]:
    return TypeAdapter(Schedule)


def schedule_to_json(schedule: Schedule) -> str:
    """The schedule as one line of JSON."""
    return _adapter().dump_json(schedule).decode()


def schedule_from(document: object) -> Schedule:
    """The schedule of a document, or of its text. Raises SpecError with every fault."""
    try:
        if isinstance(document, str | bytes):
            return _adapter().validate_json(document, extra="forbid")
        return _adapter().validate_python(document, extra="forbid")
    except ValidationError as error:
        found = error.errors(include_url=False)
        mend = "make it with cloister schedule create"
        raise SpecError([Fault(f"schedule: {'.'.join(map(str, e['loc']))}", e["msg"], mend) for e in found]) from error
