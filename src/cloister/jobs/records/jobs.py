"""What the database holds of jobs, read and moved. Every move is checked where it is written."""

import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from cloister.errors import Fault
from cloister.jobs.errors import ConflictError, MissingError
from cloister.jobs.planning.plan import Plan, PlannedStep
from cloister.jobs.planning.plan_json import from_json, step_from_json, to_json
from cloister.jobs.records.agents import Sighting
from cloister.jobs.records.clock import Clock
from cloister.jobs.records.ownership import Ownership
from cloister.jobs.records.status import OPEN_JOBS, JobStatus, StepStatus, sources
from cloister.jobs.records.steps import StepRecord, ended, new_row, steps_of
from cloister.jobs.records.tables import JOB, STEP


@dataclass(frozen=True)
class JobRecord:
    """One job: what was submitted by whom, and where it stands. `agent` owns it, `epoch` counts its owners."""

    name: str
    plan_json: str
    snapshot: str
    submitter: str
    status: JobStatus
    reason: str
    agent: str
    epoch: int
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

    @property
    def ownership(self) -> Ownership:
        """By whom it is owned now."""
        return Ownership(self.name, self.agent, self.epoch)

    def step(self, name: str) -> StepRecord:
        """The record of one step. Raises MissingError where the job has no such step."""
        for step in self.steps:
            if step.name == name:
                return step
        known = ", ".join(step.name for step in self.steps)
        raise MissingError(Fault(f'job "{self.name}"', f'has no step "{name}"', f"its steps are {known}"))

    def planned(self, name: str) -> PlannedStep:
        """What runs in one step, which the plan says, or the step that brought it forth."""
        own = self.step(name).planned
        return step_from_json(own) if own else self.plan.step(name)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a job stands and whose it is, without all that was submitted."""

    status: JobStatus
    ownership: Ownership


class JobRecords:
    """The rows of jobs. `clock` gives seconds since 1970."""

    def __init__(self, engine: sa.Engine, clock: Clock = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def add(self, name: str, plan: Plan, snapshot: str, submitter: str) -> None:
        """Queue a job. Raises ConflictError where the name is taken."""
        with self._engine.begin() as connection:
            self.add_within(connection, name, plan, snapshot, submitter)

    def add_within(self, connection: sa.Connection, name: str, plan: Plan, snapshot: str, submitter: str) -> None:
        """Queue a job in a transaction of the caller's, which `add`'s error leaves undone."""
        job: dict[str, object] = {"name": name, "plan": to_json(plan), "snapshot": snapshot, "submitter": submitter}
        job |= {"status": JobStatus.QUEUED, "reason": "", "agent": "", "epoch": 0, "run_id": ""}
        job |= {"canceled_by": "", "created_at": self._clock()}
        try:
            connection.execute(sa.insert(JOB).values(job))
        except IntegrityError as error:
            mend = "give it another name, or none: then Cloister finds one"
            raise ConflictError(Fault(f'job "{name}"', "is there already", mend)) from error
        rows = [new_row(name, step, position) for position, step in enumerate(plan.steps)]
        connection.execute(sa.insert(STEP), rows)

    def find(self, name: str) -> JobRecord | None:
        """The job of that name, if there is one."""
        found = self._select(sa.select(JOB).where(JOB.c.name == name))
        return found[0] if found else None

    def named(self, names: Sequence[str]) -> tuple[JobRecord, ...]:
        """The jobs of these names, in their order; without those that are gone."""
        found = {record.name: record for record in self._select(sa.select(JOB).where(JOB.c.name.in_(names)))}
        return tuple(found[name] for name in names if name in found)

    def list(
        self, *, limit: int = 100, statuses: Collection[JobStatus] = (), oldest_first: bool = False
    ) -> tuple[JobRecord, ...]:
        """Jobs, the newest first unless asked otherwise; of all states unless some are named."""
        order = (JOB.c.created_at, JOB.c.name) if oldest_first else (JOB.c.created_at.desc(), JOB.c.name)
        query = sa.select(JOB).order_by(*order).limit(limit)
        return self._select(query.where(JOB.c.status.in_(statuses)) if statuses else query)

    def _select(self, query: "sa.Select[tuple[object, ...]]") -> tuple[JobRecord, ...]:
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
            steps = steps_of(connection, [row["name"] for row in rows])
        return tuple(_job(dict(row), steps.get(row["name"], ())) for row in rows)

    def cancel(self, name: str, by: str) -> None:
        """Cancel a job: at once where it waits, with its steps; else whoever owns it is asked to. One that was asked
        for already, or has ended, stays as it is: what runs is for its agents to end.
        """
        now, reason = self._clock(), f"canceled by {by}"
        told: dict[str, object] = {"canceled_by": by, "reason": reason}
        waits = (JOB.c.name == name, JOB.c.status == JobStatus.QUEUED)
        waiting_steps = (STEP.c.job == name, STEP.c.status == StepStatus.NOT_STARTED)
        runs = (JOB.c.name == name, JOB.c.status == JobStatus.RUNNING)
        with self._engine.begin() as connection:
            over = sa.update(JOB).where(*waits).values({**told, "status": JobStatus.CANCELED, "ended_at": now})
            if connection.execute(over).rowcount == 1:
                connection.execute(
                    sa.update(STEP).where(*waiting_steps).values(ended(StepStatus.CANCELED, reason, now))
                )
            else:
                asked = {**told, "status": JobStatus.CANCEL_REQUESTED}
                connection.execute(sa.update(JOB).where(*runs).values(asked))

    def take(self, free: int, agent: str) -> tuple[Ownership, ...]:
        """Jobs that waited, the oldest first, and are the agent's now, which has so many places free.

        Nobody's jobs take more places than they leave free: jobs that wait for what they cannot get hold up no other
        person's.
        """
        held = self._held(agent)
        taken: list[Ownership] = []
        while free > 0:
            full = [person for person, count in held.items() if count >= free]
            waiting = (JOB.c.status == JobStatus.QUEUED, JOB.c.submitter.not_in(full))
            query = sa.select(JOB.c.name, JOB.c.epoch, JOB.c.submitter).where(*waiting)
            with self._engine.connect() as connection:
                found = connection.execute(query.order_by(JOB.c.created_at, JOB.c.name).limit(1)).first()
            if found is None:
                break
            values = {"agent": agent, "epoch": found.epoch + 1}
            here = (JOB.c.name == found.name, JOB.c.epoch == found.epoch)
            if self._update(JobStatus.RUNNING, here, values):
                taken.append(Ownership(found.name, agent, found.epoch + 1))
                held[found.submitter] += 1
                free -= 1
        return tuple(taken)

    def _held(self, agent: str) -> Counter[str]:
        """How many running jobs of each person the agent owns."""
        theirs = (JOB.c.agent == agent, JOB.c.status.in_(OPEN_JOBS))
        query = sa.select(JOB.c.submitter, sa.func.count()).where(*theirs).group_by(JOB.c.submitter)
        with self._engine.connect() as connection:
            return Counter({str(person): int(count) for person, count in connection.execute(query)})

    def adopt(
        self, orphans_of: Collection[Sighting], agent: str, *, but: Collection[Ownership]
    ) -> tuple[Ownership, ...]:
        """The running jobs of owners that are gone, of none, and of the agent itself but for some; its own now."""
        orphaned = (sa.and_(JOB.c.agent == gone.name, gone.still) for gone in orphans_of)
        theirs = (JOB.c.status.in_(OPEN_JOBS), sa.or_(JOB.c.agent.in_({"", agent}), *orphaned))
        with self._engine.connect() as connection:
            found = connection.execute(sa.select(JOB.c.name, JOB.c.agent, JOB.c.epoch).where(*theirs)).all()
        adopted = []
        for name, epoch in [(n, e) for n, owner, e in found if Ownership(n, owner, e) not in but]:
            here = (*theirs, JOB.c.name == name, JOB.c.epoch == epoch)
            with self._engine.begin() as connection:
                statement = sa.update(JOB).where(*here).values(agent=agent, epoch=epoch + 1)
                if connection.execute(statement).rowcount == 1:
                    adopted.append(Ownership(name, agent, epoch + 1))
        return tuple(adopted)

    def release(self, agent: str) -> None:
        """Let go of the agent's running jobs: whoever orchestrates adopts them."""
        here = (JOB.c.agent == agent, JOB.c.status.in_(OPEN_JOBS))
        with self._engine.begin() as connection:
            connection.execute(sa.update(JOB).where(*here).values(agent=""))

    def standings(self, names: Collection[str]) -> dict[str, Standing]:
        """Where the jobs stand, by name."""
        columns = (JOB.c.name, JOB.c.status, JOB.c.agent, JOB.c.epoch)
        with self._engine.connect() as connection:
            found = connection.execute(sa.select(*columns).where(JOB.c.name.in_(names))).all()
        return {name: Standing(JobStatus(status), Ownership(name, agent, n)) for name, status, agent, n in found}

    def finish(self, owner: Ownership, target: JobStatus, reason: str) -> bool:
        """End a job; False where it has ended, or is another owner's by now."""
        return self._update(target, owner.job_conditions, {"reason": reason})

    def note(self, owner: Ownership, **columns: object) -> bool:
        """Keep more about a job, such as its MLflow run. False where it is another owner's."""
        with self._engine.begin() as connection:
            statement = sa.update(JOB).where(*owner.job_conditions).values(columns)
            return connection.execute(statement).rowcount == 1

    def _update(self, target: JobStatus, here: "Sequence[sa.ColumnElement[bool]]", columns: dict[str, object]) -> bool:
        values: dict[str, object] = {"status": target, **columns}
        if target is JobStatus.RUNNING:
            values["started_at"] = self._clock()
        else:
            values["ended_at"] = self._clock()
        statement = sa.update(JOB).where(*here, JOB.c.status.in_(sources(target))).values(values)
        with self._engine.begin() as connection:
            return connection.execute(statement).rowcount == 1


def _job(row: dict[str, object], steps: tuple[StepRecord, ...]) -> JobRecord:
    plan = row.pop("plan")
    return JobRecord(**row | {"plan_json": plan, "status": JobStatus(str(row["status"])), "steps": steps})  # type: ignore[arg-type]  # the row's columns are the record's fields
