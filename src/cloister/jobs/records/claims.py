"""Attempts at steps: claimed, noted, ended and put back by the agents that run them.

Every write is one conditional UPDATE, fenced by the `Claim`: an agent whose attempt was taken over, and does not know
it yet, changes nothing. Computes of `jobs_compute` have so many places; taking one is counted alone.
"""

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from cloister.jobs.compute.tables import COMPUTE
from cloister.jobs.records.agents import Sighting
from cloister.jobs.records.clock import Clock
from cloister.jobs.records.status import StepStatus, Wish
from cloister.jobs.records.steps import either, ended
from cloister.jobs.records.tables import JOB, STEP

_MOST_LOOKED_AT = 200
# An agent runs it; what a job's owner drives takes no place.
_RUNS = sa.and_(STEP.c.status == StepStatus.RUNNING, sa.not_(STEP.c.driven))


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


class ClaimRecords:
    """The rows of steps, as agents see them. `clock` gives seconds since 1970."""

    def __init__(self, engine: sa.Engine, clock: Clock = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def claim(self, offer: Offer, most: int) -> tuple[Claim, ...]:
        """Queued steps that fit and are the agent's now. Those of low priority come last, else those of whom fewest
        run, else the longest waiting: one person's many steps hold up no other's few.
        """
        running = sa.select(JOB.c.submitter, sa.func.count().label("steps")).join(STEP, STEP.c.job == JOB.c.name)
        held = running.where(_RUNS).group_by(JOB.c.submitter).subquery()
        steps = sa.func.coalesce(held.c.steps, 0)
        longest = (STEP.c.queued_at, STEP.c.job, STEP.c.position, STEP.c.name)
        columns = (*longest, STEP.c.attempt, STEP.c.low_priority, STEP.c.compute, JOB.c.submitter, steps.label("held"))
        joined = STEP.join(JOB, JOB.c.name == STEP.c.job).outerjoin(held, held.c.submitter == JOB.c.submitter)
        query = sa.select(*columns).select_from(joined).order_by(STEP.c.low_priority, steps, *longest)
        with self._engine.connect() as connection:
            fitting = self._fitting(connection, offer)
            waiting = list(connection.execute(query.where(*fitting).limit(_MOST_LOOKED_AT)))
        share = Counter({row.submitter: row.held for row in waiting})
        waiting.sort(key=lambda row: tuple(row)[: len(longest)])
        claimed: list[Claim] = []
        while waiting and len(claimed) < most:
            # Of equals the first, which has waited longest.
            found = min(waiting, key=lambda row: (row.low_priority, share[row.submitter]))
            waiting.remove(found)
            _, job, _, name, attempt, low_priority, compute, submitter, _ = found
            if self._take(job, name, attempt, compute, offer.agent):
                claimed.append(Claim(job, name, offer.agent, attempt + 1, low_priority))
                share[submitter] += 1
        return tuple(claimed)

    def _take(self, job: str, name: str, attempt: int, compute: str, agent: str) -> bool:
        """Take one step, where nobody was quicker and its compute still has a place."""
        here = (STEP.c.job == job, STEP.c.name == name, STEP.c.attempt == attempt, STEP.c.status == StepStatus.QUEUED)
        values = {"status": StepStatus.RUNNING, "agent": agent, "attempt": attempt + 1, "wish": Wish.NONE}
        with self._engine.begin() as connection:
            if compute:
                # Whoever else takes a place of this compute waits here until we have, and counts it.
                turn = sa.update(COMPUTE).where(COMPUTE.c.name == compute).values(turn=COMPUTE.c.turn + 1)
                if connection.execute(turn).rowcount and compute in _full(connection):
                    return False
            taken = connection.execute(sa.update(STEP).where(*here).values(values | {"started_at": self._clock()}))
            return taken.rowcount == 1

    def has_waiting(self, offer: Offer) -> bool:
        """Whether a step that fits and is not of low priority waits."""
        with self._engine.connect() as connection:
            here = (*self._fitting(connection, offer), sa.not_(STEP.c.low_priority))
            return connection.execute(sa.select(STEP.c.name).where(*here).limit(1)).first() is not None

    def _fitting(self, connection: sa.Connection, offer: Offer) -> "tuple[sa.ColumnElement[bool], ...]":
        """What holds of queued steps that fit the offer, on computes with a place. Labels are few: compared here."""
        queued = (STEP.c.status == StepStatus.QUEUED, offer.condition, STEP.c.compute.not_in(_full(connection)))
        asked = connection.execute(sa.select(STEP.c.labels).where(*queued).distinct()).scalars()
        return (*queued, STEP.c.labels.in_([labels for labels in asked if offer.has(labels)]))

    def held(self, agent: str) -> dict[Claim, Wish]:
        """The attempts that are the agent's on record, and what is wished of each."""
        here = (STEP.c.agent == agent, _RUNS)
        columns = (STEP.c.job, STEP.c.name, STEP.c.attempt, STEP.c.low_priority, STEP.c.wish)
        with self._engine.connect() as connection:
            found = connection.execute(sa.select(*columns).where(*here)).all()
        return {Claim(job, name, agent, attempt, low): Wish(wish) for job, name, attempt, low, wish in found}

    def busy_agents(self) -> frozenset[str]:
        """The agents that run something on record."""
        here = (_RUNS,)
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
        return self._update(claim.conditions, ended(target, reason, self._clock()) | {"exit_code": exit_code}) == 1

    def requeue(self, claim: Claim) -> bool:
        """Put a step back for whoever comes; one that was to be cancelled is. The process stays on record, to be killed
        where it should still live.
        """
        return self._put_back(claim.conditions)

    def requeue_all(self, gone: Sighting) -> bool:
        """Put back all that an agent ran which is gone; nothing where it has shown a sign since."""
        return self._put_back((STEP.c.agent == gone.name, _RUNS, gone.still))

    def _put_back(self, here: "Sequence[sa.ColumnElement[bool]]") -> bool:
        over = ended(StepStatus.CANCELED, None, self._clock())
        again: dict[str, object] = {"status": StepStatus.QUEUED, "agent": "", "wish": Wish.NONE}
        return self._update(here, either(STEP.c.wish == Wish.CANCEL, over, again)) > 0

    def _update(self, here: "Sequence[sa.ColumnElement[bool]]", values: dict[str, object]) -> int:
        with self._engine.begin() as connection:
            return connection.execute(sa.update(STEP).where(*here).values(values)).rowcount


def _full(connection: sa.Connection) -> list[str]:
    """The computes all of whose places are taken."""
    running = sa.func.count(STEP.c.name)
    joined = sa.outerjoin(COMPUTE, STEP, sa.and_(COMPUTE.c.name == STEP.c.compute, _RUNS))
    query = sa.select(COMPUTE.c.name).select_from(joined).group_by(COMPUTE.c.name, COMPUTE.c.max_instances)
    return list(connection.execute(query.having(running >= COMPUTE.c.max_instances)).scalars())
