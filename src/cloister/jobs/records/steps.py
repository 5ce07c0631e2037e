"""What the database holds of steps, and what the owner of their job does with them; see `claims` for what agents do.

Every write is one conditional UPDATE, fenced by the `Ownership`: an owner that was succeeded, and does not know it yet,
changes nothing.
"""

import json
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from cloister.jobs.planning.plan import PlannedStep
from cloister.jobs.planning.plan_json import step_to_json
from cloister.jobs.records.clock import Clock
from cloister.jobs.records.ownership import Ownership
from cloister.jobs.records.status import FINISHED_STEPS, StepStatus, Wish, step_sources
from cloister.jobs.records.tables import STEP


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One step of a job: where it stands, how often it was begun, by which agent, and its MLflow run.

    `isolation` says in words how far that agent kept its latest attempt apart; empty where none has run a command.
    """

    name: str
    status: StepStatus
    reason: str
    attempt: int
    exit_code: int | None
    run_id: str
    process: int
    process_start: str
    isolation: str
    parent: str
    planned: str
    compute: str
    low_priority: bool
    agent: str
    queued_at: float | None
    started_at: float | None
    ended_at: float | None


def new_row(job: str, step: PlannedStep, position: int, parent: str = "") -> dict[str, object]:
    """The row of a step that has not started; one with a parent carries what it runs."""
    return {
        "job": job,
        "name": step.name,
        "position": position,
        "status": StepStatus.NOT_STARTED,
        "attempt": 0,
        "reason": "",
        "run_id": "",
        "process": 0,
        "process_start": "",
        "isolation": "",
        "parent": parent,
        "planned": step_to_json(step) if parent else "",
        "compute": step.compute,
        "labels": json.dumps(dict(step.labels), sort_keys=True),
        "low_priority": step.low_priority,
        "agent": "",
        "driven": False,
        "wish": Wish.NONE,
    }


def ended(target: StepStatus, reason: str | None, at: float) -> dict[str, object]:
    """What is written of a step that ends. Without a reason, the one on record stays."""
    values: dict[str, object] = {"status": target, "ended_at": at, "wish": Wish.NONE}
    values |= {"process": 0, "process_start": ""}
    return values if reason is None else values | {"reason": reason}


def either(
    condition: "sa.ColumnElement[bool]", so: dict[str, object], otherwise: dict[str, object]
) -> dict[str, object]:
    """What is written of rows where the condition holds, and of others: in one statement, so that no step moves from
    the one kind to the other between two, and is missed by both.
    """

    def told(values: dict[str, object], name: str) -> "sa.ColumnElement[object]":
        column = STEP.c[name]
        return sa.literal(values[name], column.type) if name in values else column

    return {name: sa.case((condition, told(so, name)), else_=told(otherwise, name)) for name in {**so, **otherwise}}


def steps_of(connection: sa.Connection, jobs: Collection[str]) -> dict[str, tuple[StepRecord, ...]]:
    """The steps of the jobs, in the order of their plans, each before those that it brought forth."""
    columns = [STEP.c[name] for name in StepRecord.__slots__]
    order = (STEP.c.job, STEP.c.position, sa.func.length(STEP.c.name), STEP.c.name)
    query = sa.select(STEP.c.job, *columns).where(STEP.c.job.in_(jobs)).order_by(*order)
    found: dict[str, list[StepRecord]] = {}
    for job, name, status, *rest in connection.execute(query):
        found.setdefault(job, []).append(StepRecord(name, StepStatus(status), *rest))
    return {job: tuple(steps) for job, steps in found.items()}


class StepRecords:
    """The rows of steps. `clock` gives seconds since 1970."""

    def __init__(self, engine: sa.Engine, clock: Clock = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def bring_forth(self, owner: Ownership, parent: str, steps: Sequence[PlannedStep]) -> None:
        """Add steps below one of the plan, such as the trials of a sweep; those that are there already stay."""
        with self._engine.begin() as connection:
            held = connection.execute(sa.select(STEP.c.name, STEP.c.position).where(*owner.step_conditions)).all()
            positions = {row.name: row.position for row in held}
            rows = [new_row(owner.job, s, positions[parent], parent) for s in steps if s.name not in positions]
            if rows:
                connection.execute(sa.insert(STEP), rows)

    def queue(self, owner: Ownership, names: Collection[str]) -> None:
        """Let agents claim steps that have not started."""
        values = {"status": StepStatus.QUEUED, "queued_at": self._clock()}
        here = (*owner.step_conditions, STEP.c.name.in_(names), STEP.c.status == StepStatus.NOT_STARTED)
        self._update(here, values)

    def drive(self, owner: Ownership, name: str, **columns: object) -> bool:
        """Begin, or go on with, a step that the owner itself runs, by others; False where it has ended."""
        may_begin = sa.or_(STEP.c.status == StepStatus.NOT_STARTED, STEP.c.driven)
        here = (*owner.step_conditions, STEP.c.name == name, may_begin, STEP.c.status.not_in(FINISHED_STEPS))
        values = {"status": StepStatus.RUNNING, "driven": True, "agent": owner.agent, "attempt": 1}
        values |= {"started_at": sa.func.coalesce(STEP.c.started_at, self._clock()), **columns}
        return self._update(here, values) == 1

    def settle(self, owner: Ownership, name: str, target: StepStatus, reason: str = "", **columns: object) -> bool:
        """End a step that no agent runs: one that is driven, or whose result is there. False where one runs it."""
        nobodys = sa.or_(STEP.c.status != StepStatus.RUNNING, STEP.c.driven)
        here = (*owner.step_conditions, STEP.c.name == name, nobodys, STEP.c.status.in_(step_sources(target)))
        return self._update(here, ended(target, reason, self._clock()) | columns) == 1

    def cancel(self, owner: Ownership, reason: str, names: Collection[str] | None = None) -> None:
        """Cancel steps of the job, or all: at once what no agent runs, else the agent is asked to."""
        here = owner.step_conditions if names is None else (*owner.step_conditions, STEP.c.name.in_(names))
        still = (STEP.c.status.not_in(FINISHED_STEPS), STEP.c.wish != Wish.CANCEL)
        asked: dict[str, object] = {"wish": Wish.CANCEL, "reason": reason}
        over = ended(StepStatus.CANCELED, reason, self._clock())
        self._update((*here, *still), either(STEP.c.status == StepStatus.RUNNING, asked, over))

    def count_ended(self, jobs: Collection[str]) -> dict[str, int]:
        """How many steps of each job have ended; a job without one is not there."""
        # Counted and not asked for: SQLite would find all that ever ended, and look among them for these jobs.
        count = sa.func.sum(sa.case((STEP.c.status.in_(FINISHED_STEPS), 1), else_=0))
        query = sa.select(STEP.c.job, count).where(STEP.c.job.in_(jobs)).group_by(STEP.c.job).having(count > 0)
        with self._engine.connect() as connection:
            return {job: int(count) for job, count in connection.execute(query)}

    def ended(self, job: str) -> dict[str, StepStatus]:
        """How the job's steps ended that have."""
        here = (STEP.c.job == job, STEP.c.status.in_(FINISHED_STEPS))
        with self._engine.connect() as connection:
            found = connection.execute(sa.select(STEP.c.name, STEP.c.status).where(*here)).all()
        return {name: StepStatus(status) for name, status in found}

    def _update(self, here: "Sequence[sa.ColumnElement[bool]]", values: dict[str, object]) -> int:
        with self._engine.begin() as connection:
            return connection.execute(sa.update(STEP).where(*here).values(values)).rowcount
