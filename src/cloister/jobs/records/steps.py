"""What the database holds of steps: queued by the owner of their job, claimed and ended by the agents that run them.

Every write is one conditional UPDATE. An owner's writes are fenced by its `Ownership`, those of a worker by its
`Claim`: whoever was overtaken, and does not know it yet, changes nothing.
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

_MOST_LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One step of a job: where it stands, how often it was begun, by which agent, and its MLflow run."""

    name: str
    status: StepStatus
    reason: str
    attempt: int
    exit_code: int | None
    run_id: str
    process: int
    process_start: str
    parent: str
    planned: str
    compute: str
    low_priority: bool
    agent: str
    queued_at: float | None
    started_at: float | None
    ended_at: float | None


@dataclass(frozen=True, slots=True)
class Claim:
    """The right of an agent to one attempt at a step."""

    job: str
    step: str
    agent: str
    attempt: int
    low_priority: bool = False

    @property
    def conditions(self) -> "tuple[sa.ColumnElement[bool], ...]":
        """What holds of the step's row while the attempt is the agent's."""
        here = (STEP.c.job == self.job, STEP.c.name == self.step, STEP.c.status == StepStatus.RUNNING)
        return (*here, STEP.c.agent == self.agent, STEP.c.attempt == self.attempt)


@dataclass(frozen=True, slots=True)
class Offer:
    """What an agent offers to steps: computes by name, all others but some where `any_but` is given, and labels."""

    agent: str
    computes: frozenset[str]
    any_but: frozenset[str] | None
    labels: frozenset[tuple[str, str]]

    @property
    def condition(self) -> "sa.ColumnElement[bool]":
        """What holds of the rows of steps that it serves, their labels aside."""
        by_name = STEP.c.compute.in_(self.computes)
        return by_name if self.any_but is None else sa.or_(by_name, STEP.c.compute.not_in(self.any_but))

    def has(self, labels: str) -> bool:
        """Whether it has all the labels that a step asks for."""
        return self.labels >= set(json.loads(labels).items())


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
        "parent": parent,
        "planned": step_to_json(step) if parent else "",
        "compute": step.compute,
        "labels": json.dumps(dict(step.labels), sort_keys=True),
        "low_priority": step.low_priority,
        "agent": "",
        "driven": False,
        "wish": Wish.NONE,
    }


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

    # What the owner of a job does.

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
        return self._update(here, self._end(target, reason) | columns) == 1

    def cancel(self, owner: Ownership, reason: str, names: Collection[str] | None = None) -> None:
        """Cancel steps of the job, or all: at once what no agent runs, else the agent is asked to."""
        here = owner.step_conditions if names is None else (*owner.step_conditions, STEP.c.name.in_(names))
        waiting = STEP.c.status.in_({StepStatus.NOT_STARTED, StepStatus.QUEUED})
        running = (STEP.c.status == StepStatus.RUNNING, STEP.c.wish != Wish.CANCEL)
        self._update((*here, waiting), self._end(StepStatus.CANCELED, reason))
        self._update((*here, *running), {"wish": Wish.CANCEL, "reason": reason})

    def cancel_waiting(self, job: str, reason: str) -> None:
        """Cancel every step of a job that never began, or that has ended."""
        here = (STEP.c.job == job, STEP.c.status.in_(step_sources(StepStatus.CANCELED)))
        self._update(here, self._end(StepStatus.CANCELED, reason))

    def make_room(self, job: str, name: str) -> bool:
        """Ask for the place of a running step of low priority; it is queued again. False where there is none to ask."""
        here = (STEP.c.job == job, STEP.c.name == name, STEP.c.status == StepStatus.RUNNING, STEP.c.low_priority)
        return self._update((*here, STEP.c.wish == Wish.NONE), {"wish": Wish.MAKE_ROOM}) == 1

    def count_ended(self, jobs: Collection[str]) -> dict[str, int]:
        """How many steps of each job have ended; a job without one is not there."""
        here = (STEP.c.job.in_(jobs), STEP.c.status.in_(FINISHED_STEPS))
        with self._engine.connect() as connection:
            query = sa.select(STEP.c.job, sa.func.count()).where(*here).group_by(STEP.c.job)
            return {job: int(count) for job, count in connection.execute(query)}

    def ended(self, job: str) -> dict[str, StepStatus]:
        """How the job's steps ended that have."""
        here = (STEP.c.job == job, STEP.c.status.in_(FINISHED_STEPS))
        with self._engine.connect() as connection:
            found = connection.execute(sa.select(STEP.c.name, STEP.c.status).where(*here)).all()
        return {name: StepStatus(status) for name, status in found}

    # What a worker does.

    def claim(self, offer: Offer, most: int) -> tuple[Claim, ...]:
        """Queued steps that fit and are the agent's now; those of low priority last, else the longest waiting first."""
        order = (STEP.c.low_priority, STEP.c.queued_at, STEP.c.job, STEP.c.position, STEP.c.name)
        columns = (STEP.c.job, STEP.c.name, STEP.c.attempt, STEP.c.low_priority)
        claimed: list[Claim] = []
        with self._engine.connect() as connection:
            found = connection.execute(
                sa.select(*columns).where(*self._fitting(connection, offer)).order_by(*order).limit(_MOST_LOOKED_AT)
            ).all()
        for job, name, attempt, low_priority in found:
            if len(claimed) == most:
                break
            here = (STEP.c.job == job, STEP.c.name == name, STEP.c.attempt == attempt)
            values = {"status": StepStatus.RUNNING, "agent": offer.agent, "attempt": attempt + 1, "wish": Wish.NONE}
            if self._update((*here, STEP.c.status == StepStatus.QUEUED), values | {"started_at": self._clock()}):
                claimed.append(Claim(job, name, offer.agent, attempt + 1, low_priority))
        return tuple(claimed)

    def has_waiting(self, offer: Offer) -> bool:
        """Whether a step that fits and is not of low priority waits."""
        with self._engine.connect() as connection:
            here = (*self._fitting(connection, offer), sa.not_(STEP.c.low_priority))
            return connection.execute(sa.select(STEP.c.name).where(*here).limit(1)).first() is not None

    def _fitting(self, connection: sa.Connection, offer: Offer) -> "tuple[sa.ColumnElement[bool], ...]":
        """What holds of queued steps that fit the offer. Labels are few, and compared here."""
        queued = (STEP.c.status == StepStatus.QUEUED, offer.condition)
        asked = connection.execute(sa.select(STEP.c.labels).where(*queued).distinct()).scalars()
        return (*queued, STEP.c.labels.in_([labels for labels in asked if offer.has(labels)]))

    def held(self, agent: str) -> dict[Claim, Wish]:
        """The attempts that are the agent's on record, and what is wished of each."""
        here = (STEP.c.agent == agent, STEP.c.status == StepStatus.RUNNING, sa.not_(STEP.c.driven))
        columns = (STEP.c.job, STEP.c.name, STEP.c.attempt, STEP.c.low_priority, STEP.c.wish)
        with self._engine.connect() as connection:
            found = connection.execute(sa.select(*columns).where(*here)).all()
        return {Claim(job, name, agent, attempt, low): Wish(wish) for job, name, attempt, low, wish in found}

    def busy_agents(self) -> frozenset[str]:
        """The agents that run something on record."""
        here = (STEP.c.status == StepStatus.RUNNING, sa.not_(STEP.c.driven))
        with self._engine.connect() as connection:
            return frozenset(connection.execute(sa.select(STEP.c.agent).where(*here).distinct()).scalars())

    def is_held(self, claim: Claim) -> bool:
        """Whether the attempt is still the agent's."""
        with self._engine.connect() as connection:
            return connection.execute(sa.select(STEP.c.name).where(*claim.conditions)).first() is not None

    def note(self, claim: Claim, **columns: object) -> bool:
        """Keep more about a step: its MLflow run, its process. False where the attempt is the agent's no more."""
        return self._update(claim.conditions, columns) == 1

    def end(self, claim: Claim, target: StepStatus, *, reason: str | None = None, exit_code: int | None = None) -> bool:
        """End a step; False where the attempt is the agent's no more. Without a reason, the one on record stays."""
        return self._update(claim.conditions, self._end(target, reason) | {"exit_code": exit_code}) == 1

    def requeue(self, claim: Claim) -> bool:
        """Put a step back for whoever comes; one that was to be cancelled is. The process stays on record, to be killed
        where it should still live.
        """
        return self._put_back(claim.conditions)

    def requeue_all(self, agent: str) -> bool:
        """Put back all that an agent ran which is gone."""
        return self._put_back((STEP.c.agent == agent, STEP.c.status == StepStatus.RUNNING, sa.not_(STEP.c.driven)))

    def _put_back(self, here: "Sequence[sa.ColumnElement[bool]]") -> bool:
        canceled = self._update((*here, STEP.c.wish == Wish.CANCEL), self._end(StepStatus.CANCELED, None))
        values: dict[str, object] = {"status": StepStatus.QUEUED, "agent": "", "wish": Wish.NONE}
        return self._update(here, values) + canceled > 0

    def _end(self, target: StepStatus, reason: str | None) -> dict[str, object]:
        values: dict[str, object] = {"status": target, "ended_at": self._clock(), "wish": Wish.NONE}
        values |= {"process": 0, "process_start": ""}
        return values if reason is None else values | {"reason": reason}

    def _update(self, here: "Sequence[sa.ColumnElement[bool]]", values: dict[str, object]) -> int:
        with self._engine.begin() as connection:
            return connection.execute(sa.update(STEP).where(*here).values(values)).rowcount
