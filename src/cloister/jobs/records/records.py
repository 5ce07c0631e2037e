"""What the database holds of jobs, steps and agents, read and moved. Every move is checked where it is written."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from cloister.errors import Fault
from cloister.jobs.errors import ConflictError, MissingError
from cloister.jobs.planning.plan import Plan
from cloister.jobs.planning.plan_json import from_json, to_json
from cloister.jobs.records.status import JobStatus, StepStatus, sources, step_sources
from cloister.jobs.records.tables import AGENT, JOB, STEP

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One step of a job: where it stands, how often it was begun, and its MLflow run."""

    name: str
    status: StepStatus
    reason: str
    attempt: int
    exit_code: int | None
    run_id: str
    process: int
    process_start: str
    started_at: float | None
    ended_at: float | None


@dataclass(frozen=True)
class JobRecord:
    """One job: what was submitted by whom, and where it stands."""

    name: str
    plan_json: str
    snapshot: str
    submitter: str
    status: JobStatus
    reason: str
    agent: str
    isolation: str
    run_id: str
    canceled_by: str
    created_at: float
    started_at: float | None
    ended_at: float | None
    steps: tuple[StepRecord, ...]

    @cached_property
    def plan(self) -> Plan:
        """What runs."""
        return from_json(self.plan_json)

    def step(self, name: str) -> StepRecord:
        """The record of one step. Raises MissingError where the job has no such step."""
        for step in self.steps:
            if step.name == name:
                return step
        known = ", ".join(step.name for step in self.steps)
        raise MissingError(Fault(f'job "{self.name}"', f'has no step "{name}"', f"its steps are {known}"))


@dataclass(frozen=True, slots=True)
class AgentRecord:
    """An agent: which process it is, how it isolates steps, and when it was last seen alive."""

    name: str
    process: int
    isolation: str
    started_at: float
    seen_at: float


class Records:
    """The rows. `clock` gives seconds since 1970."""

    def __init__(self, engine: sa.Engine, clock: Clock = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def add(self, name: str, plan: Plan, snapshot: str, submitter: str) -> None:
        """Queue a job. Raises ConflictError where the name is taken."""
        with self._engine.begin() as connection:
            self.add_within(connection, name, plan, snapshot, submitter)

    def add_within(self, connection: sa.Connection, name: str, plan: Plan, snapshot: str, submitter: str) -> None:
        """Queue a job in a transaction of the caller's, which `add`'s error leaves undone."""
        blank = {"reason": "", "run_id": ""}
        job: dict[str, object] = {"name": name, "plan": to_json(plan), "snapshot": snapshot, "submitter": submitter}
        job |= {"status": JobStatus.QUEUED, "agent": "", "isolation": "", "canceled_by": "", **blank}
        job["created_at"] = self._clock()
        step: dict[str, object] = {"job": name, "status": StepStatus.NOT_STARTED, "attempt": 0, **blank}
        step |= {"process": 0, "process_start": ""}
        try:
            connection.execute(sa.insert(JOB).values(job))
        except IntegrityError as error:
            mend = "give it another name, or none: then Cloister finds one"
            raise ConflictError(Fault(f'job "{name}"', "is there already", mend)) from error
        connection.execute(sa.insert(STEP), [step | {"name": s.name, "position": n} for n, s in enumerate(plan.steps)])

    def job(self, name: str) -> JobRecord | None:
        """The job of that name, if there is one."""
        found = self._select(sa.select(JOB).where(JOB.c.name == name))
        return found[0] if found else None

    def named(self, names: Sequence[str]) -> tuple[JobRecord, ...]:
        """The jobs of these names, in their order; without those that are gone."""
        found = {record.name: record for record in self._select(sa.select(JOB).where(JOB.c.name.in_(names)))}
        return tuple(found[name] for name in names if name in found)

    def jobs(
        self, *, limit: int = 100, statuses: Sequence[JobStatus] = (), oldest_first: bool = False
    ) -> tuple[JobRecord, ...]:
        """Jobs, the newest first unless asked otherwise; of all states unless some are named."""
        order = (JOB.c.created_at, JOB.c.name) if oldest_first else (JOB.c.created_at.desc(), JOB.c.name)
        query = sa.select(JOB).order_by(*order).limit(limit)
        return self._select(query.where(JOB.c.status.in_(statuses)) if statuses else query)

    def _select(self, query: "sa.Select[tuple[object, ...]]") -> tuple[JobRecord, ...]:
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
            names = [row["name"] for row in rows]
            found = connection.execute(
                sa.select(STEP).where(STEP.c.job.in_(names)).order_by(STEP.c.job, STEP.c.position)
            ).mappings()
            steps: dict[str, list[StepRecord]] = {}
            for row in found:
                held = {key: row[key] for key in StepRecord.__slots__}
                steps.setdefault(row["job"], []).append(StepRecord(**held | {"status": StepStatus(row["status"])}))
        return tuple(_job(dict(row), tuple(steps.get(row["name"], ()))) for row in rows)

    def move(self, name: str, target: JobStatus, **columns: object) -> bool:
        """Move a job, with other columns; False where it stands in a state that does not lead there."""
        values: dict[str, object] = {"status": target, **columns}
        if target is JobStatus.RUNNING:
            values["started_at"] = self._clock()
        elif target is not JobStatus.CANCEL_REQUESTED:
            values["ended_at"] = self._clock()
        statement = sa.update(JOB).where(JOB.c.name == name, JOB.c.status.in_(sources(target))).values(values)
        with self._engine.begin() as connection:
            return connection.execute(statement).rowcount == 1

    def note_run(self, name: str, run_id: str) -> None:
        """Keep the MLflow run of the whole job."""
        with self._engine.begin() as connection:
            connection.execute(sa.update(JOB).where(JOB.c.name == name).values(run_id=run_id))

    def begin_step(self, job: str, step: str) -> bool:
        """Begin a step, or begin it again; False where it has ended, or was cancelled."""
        values = {"attempt": STEP.c.attempt + 1, "started_at": self._clock(), "process": 0, "process_start": ""}
        return self._move_step(job, step, StepStatus.RUNNING, values)

    def note_step(self, job: str, step: str, **columns: object) -> None:
        """Keep more about a step: its MLflow run, its process."""
        with self._engine.begin() as connection:
            connection.execute(sa.update(STEP).where(STEP.c.job == job, STEP.c.name == step).values(columns))

    def end_step(
        self, job: str, step: str, target: StepStatus, *, reason: str = "", exit_code: int | None = None
    ) -> bool:
        """End a step; False where it has ended before."""
        values = {
            "ended_at": self._clock(),
            "reason": reason,
            "exit_code": exit_code,
            "process": 0,
            "process_start": "",
        }
        return self._move_step(job, step, target, values)

    def _move_step(self, job: str, step: str, target: StepStatus, values: dict[str, object]) -> bool:
        here = (STEP.c.job == job, STEP.c.name == step, STEP.c.status.in_(step_sources(target)))
        with self._engine.begin() as connection:
            statement = sa.update(STEP).where(*here).values({"status": target, **values})
            return connection.execute(statement).rowcount == 1

    def cancel_steps(self, job: str, reason: str) -> None:
        """Cancel every step of the job that has not ended."""
        open_ones = STEP.c.status.in_(step_sources(StepStatus.CANCELED))
        values = {"status": StepStatus.CANCELED, "reason": reason, "ended_at": self._clock()}
        with self._engine.begin() as connection:
            connection.execute(sa.update(STEP).where(STEP.c.job == job, open_ones).values(values))

    def beat(self, agent: str, process: int, isolation: str) -> None:
        """Say that an agent is alive; the first beat of a process is its start."""
        now = self._clock()
        here = AGENT.c.name == agent
        values: dict[str, object] = {"process": process, "isolation": isolation, "seen_at": now}
        with self._engine.begin() as connection:
            same = connection.execute(sa.update(AGENT).where(here, AGENT.c.process == process).values(values))
            if same.rowcount == 0:
                connection.execute(sa.delete(AGENT).where(here))
                connection.execute(sa.insert(AGENT).values({"name": agent, "started_at": now, **values}))

    def agents(self) -> tuple[AgentRecord, ...]:
        """Every agent that was ever seen, by name."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(AGENT).order_by(AGENT.c.name)).mappings()
            return tuple(AgentRecord(**row) for row in rows)


def _job(row: dict[str, object], steps: tuple[StepRecord, ...]) -> JobRecord:
    plan = row.pop("plan")
    return JobRecord(**row | {"plan_json": plan, "status": JobStatus(str(row["status"])), "steps": steps})  # type: ignore[arg-type]  # the row's columns are the record's fields
