"""What the jobs of a person, or of a project, hold and have used, counted from the rows; and the quotas on it."""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime

import sqlalchemy as sa

from cloister.errors import Fault, SpecError
from cloister.jobs.compute.demand import Demand
from cloister.jobs.compute.quotas import Limits, Quota, Scope, Use, faults
from cloister.jobs.compute.tables import QUOTA
from cloister.jobs.desk.tables import GATE, LISTING
from cloister.jobs.errors import MissingError
from cloister.jobs.records.clock import Clock
from cloister.jobs.records.status import FINISHED_JOBS
from cloister.jobs.records.tables import JOB, STEP

_SECONDS_OF_AN_HOUR = 3600.0


def one_at_a_time(connection: sa.Connection) -> None:
    """Wait until nobody else counts; whoever submits then sees every job. It is the first act of a transaction."""
    connection.execute(sa.update(GATE).values(turn=GATE.c.turn + 1))


class Quotas:
    """The quotas that were set, and those of the site's file, which hold beside them."""

    def __init__(self, engine: sa.Engine, of_the_site: Iterable[Quota] = (), clock: Clock = time.time) -> None:
        self._engine = engine
        self._of_the_site = tuple(of_the_site)
        self._clock = clock

    def put(self, quota: Quota, by: str) -> None:
        """Set the quota, or replace the one of that scope and name."""
        row: dict[str, object] = {**asdict(quota.limits), "set_by": by, "set_at": self._clock()}
        with self._engine.begin() as connection:
            if connection.execute(sa.update(QUOTA).where(*_this(quota.scope, quota.name)).values(row)).rowcount == 0:
                connection.execute(sa.insert(QUOTA).values(row | {"scope": quota.scope, "name": quota.name}))

    def delete(self, scope: Scope, name: str) -> None:
        """Let the quota be. Raises MissingError; one of the site's file stays."""
        with self._engine.begin() as connection:
            if connection.execute(sa.delete(QUOTA).where(*_this(scope, name))).rowcount == 0:
                fault = Fault(f"the quota of {scope} {name}", "there is none that was set", "see: cloister quota list")
                raise MissingError(fault)

    def all(self) -> tuple[Quota, ...]:
        """Every quota: those of the site's file, then the others by name."""
        with self._engine.connect() as connection:
            return self._within(connection)

    def _within(self, connection: sa.Connection) -> tuple[Quota, ...]:
        rows = connection.execute(sa.select(QUOTA).order_by(QUOTA.c.scope, QUOTA.c.name)).mappings()
        kept = (
            Quota(row["scope"], row["name"], Limits(row["nodes"], row["cores"], row["storage_gib"], row["money"]))
            for row in rows
        )
        return (*self._of_the_site, *kept)

    def binding(self, person: str, project: str) -> tuple[Quota, ...]:
        """The quotas that hold for a job of the person in the project."""
        return tuple(quota for quota in self.all() if quota.binds(person, project))

    def use(self, scope: Scope, name: str, storage_bytes: int = 0) -> Use:
        """What is held and used now."""
        with self._engine.connect() as connection:
            return self._use(connection, scope, name, storage_bytes)

    def check(
        self, connection: sa.Connection, person: str, project: str, asked: Demand, storage: Mapping[Scope, int]
    ) -> None:
        """Raise SpecError with what the job would exceed. In a transaction that began with `one_at_a_time`."""
        found: list[Fault] = []
        for quota in self._within(connection):
            if quota.binds(person, project):
                whose = person if quota.scope == "person" else project
                use = self._use(connection, quota.scope, whose, storage.get(quota.scope, 0))
                found += faults(quota, whose, use, asked)
        if found:
            raise SpecError(found)

    def _use(self, connection: sa.Connection, scope: Scope, name: str, storage_bytes: int) -> Use:
        whose = JOB.c.submitter == name if scope == "person" else LISTING.c.experiment == name
        both = LISTING.join(JOB, JOB.c.name == LISTING.c.job)
        sums = (sa.func.coalesce(sa.func.sum(column), 0) for column in (LISTING.c.nodes, LISTING.c.cores))
        held = sa.select(*sums).select_from(both).where(whose, JOB.c.status.not_in(FINISHED_JOBS))
        nodes, cores = connection.execute(held).one()
        return Use(int(nodes), int(cores), storage_bytes, self._money(connection, whose))

    def _money(self, connection: sa.Connection, whose: "sa.ColumnElement[bool]") -> float:
        """What the steps cost that ran this month, each by its last attempt."""
        now = self._clock()
        month = datetime.fromtimestamp(now, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()
        all_three = STEP.join(LISTING, LISTING.c.job == STEP.c.job).join(JOB, JOB.c.name == STEP.c.job)
        ran = (STEP.c.started_at.is_not(None), sa.or_(STEP.c.ended_at.is_(None), STEP.c.ended_at >= month))
        columns = (STEP.c.name, STEP.c.started_at, STEP.c.ended_at, LISTING.c.rates)
        rows = connection.execute(
            sa.select(*columns).select_from(all_three).where(whose, *ran, LISTING.c.rates != "{}")
        )
        money = 0.0
        for step, started, ended, rates in rows:
            seconds = max(0.0, min(ended or now, now) - max(started, month))
            money += seconds / _SECONDS_OF_AN_HOUR * _rate(json.loads(rates), step)
        return money


def measured(engine: sa.Engine, scope: Scope, name: str, size_of: Callable[[str], int]) -> int:
    """How many bytes the files of the jobs take. Those of a job that is over are measured once."""
    whose = JOB.c.submitter == name if scope == "person" else LISTING.c.experiment == name
    chosen = sa.select(JOB.c.name, JOB.c.status, LISTING.c.storage_bytes).join(LISTING, LISTING.c.job == JOB.c.name)
    with engine.connect() as connection:
        rows = connection.execute(chosen.where(whose)).all()
    total, settled = 0, {}
    for job, status, known in rows:
        size = size_of(job) if known is None else known
        total += size
        if known is None and status in FINISHED_JOBS:
            settled[job] = size
    with engine.begin() as connection:
        for job, size in settled.items():
            connection.execute(sa.update(LISTING).where(LISTING.c.job == job).values(storage_bytes=size))
    return total


def _rate(rates: Mapping[str, float], step: str) -> float:
    """What an hour of the step costs; a trial costs what the step that it belongs to says."""
    while step not in rates and "." in step:
        step = step.rpartition(".")[0]
    return rates.get(step, 0.0)


def _this(scope: Scope, name: str) -> "tuple[sa.ColumnElement[bool], ...]":
    return QUOTA.c.scope == scope, QUOTA.c.name == name
