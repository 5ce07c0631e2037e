"""What the database holds of sweeps: the trials that were proposed, what each came to, and how long the sweep has run.

A trial is on record before its step is: an owner that takes a sweep up again finds what was proposed, and brings forth
the same steps. Every write is fenced by the job's `Ownership`.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from cloister.jobs.records.ownership import Ownership
from cloister.jobs.records.status import StepStatus, Wish
from cloister.jobs.records.tables import JOB, STEP, SWEEP, TRIAL


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """One trial: its values by dimension, its step, and what it logged. `status` is None while the step is missing.

    `metric` is the best that it logged, `reported` how often it did, `judged` the newest interval at which early
    termination looked at it. A trial that is `settled` has ended, and all of it is known.
    """

    number: int
    step: str
    values: dict[str, object]
    metric: float | None
    reported: int
    judged: int
    settled: bool
    status: StepStatus | None
    reason: str
    run_id: str


@dataclass(frozen=True, slots=True)
class SweepRecord:
    """A sweep: its trials by number, how long it has run, its run in MLflow, and why it shall end, else nothing."""

    trials: tuple[TrialRecord, ...]
    elapsed_seconds: float
    run_id: str
    wished_end: str


class TrialRecords:
    """The rows of sweeps and their trials."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def sweep(self, job: str, step: str) -> SweepRecord:
        """One sweep as it stands."""
        return self.sweeps(job, (step,))[step]

    def sweeps(self, job: str, steps: Collection[str]) -> dict[str, SweepRecord]:
        """The sweeps of a job as they stand, by step."""
        known = (STEP.c.status, STEP.c.reason, STEP.c.run_id)
        beside = sa.and_(STEP.c.job == TRIAL.c.job, STEP.c.name == TRIAL.c.step)
        query = sa.select(TRIAL, *known).select_from(TRIAL.outerjoin(STEP, beside)).order_by(TRIAL.c.number)
        with self._engine.connect() as connection:
            trials = connection.execute(query.where(TRIAL.c.job == job, TRIAL.c.sweep.in_(steps))).mappings().all()
            here = (SWEEP.c.job == job, SWEEP.c.step.in_(steps))
            elapsed = {row.step: row.elapsed_seconds for row in connection.execute(sa.select(SWEEP).where(*here))}
            own = sa.select(STEP.c.name, STEP.c.run_id, STEP.c.wish, STEP.c.reason)
            rows = connection.execute(own.where(STEP.c.job == job, STEP.c.name.in_(steps))).all()
        return {
            name: SweepRecord(
                tuple(_trial(row) for row in trials if row["sweep"] == name),
                elapsed.get(name, 0.0),
                run_id,
                (reason or "canceled") if wish == Wish.CANCEL else "",
            )
            for name, run_id, wish, reason in rows
        }

    def propose(self, owner: Ownership, sweep: str, number: int, step: str, values: dict[str, object]) -> None:
        """Put a trial on record; one that is there already stays."""
        row = {"job": owner.job, "sweep": sweep, "number": number, "step": step, "chosen": json.dumps(values)}
        row |= {"reported": 0, "judged": 0, "settled": False}
        try:
            with self._engine.begin() as connection:
                if connection.execute(sa.select(JOB.c.name).where(*owner.job_conditions)).first() is not None:
                    connection.execute(sa.insert(TRIAL), row)
        except IntegrityError:
            # The job's next owner was quicker; its values are those that count.
            return

    def note(self, owner: Ownership, sweep: str, number: int, **columns: object) -> None:
        """Keep more about a trial: what it logged, where it was judged."""
        here = (TRIAL.c.job == owner.job, TRIAL.c.sweep == sweep, TRIAL.c.number == number)
        owned = sa.exists(sa.select(JOB.c.name).where(*owner.job_conditions))
        with self._engine.begin() as connection:
            connection.execute(sa.update(TRIAL).where(*here, owned).values(columns))

    def note_elapsed(self, owner: Ownership, sweep: str, seconds: float) -> None:
        """Keep how long the sweep has run, over all its owners."""
        here = (SWEEP.c.job == owner.job, SWEEP.c.step == sweep)
        owned = sa.exists(sa.select(JOB.c.name).where(*owner.job_conditions))
        with self._engine.begin() as connection:
            statement = sa.update(SWEEP).where(*here, owned).values(elapsed_seconds=seconds)
            if connection.execute(statement).rowcount == 0:
                values = (sa.literal(owner.job), sa.literal(sweep), sa.literal(seconds))
                absent = sa.not_(sa.exists(sa.select(SWEEP.c.job).where(*here)))
                connection.execute(
                    sa.insert(SWEEP).from_select(
                        ["job", "step", "elapsed_seconds"], sa.select(*values).where(owned, absent)
                    )
                )


def _trial(row: "sa.RowMapping") -> TrialRecord:
    return TrialRecord(
        number=row["number"],
        step=row["step"],
        values=json.loads(row["chosen"]),
        metric=row["metric"],
        reported=row["reported"],
        judged=row["judged"],
        settled=row["settled"],
        status=StepStatus(row["status"]) if row["status"] else None,
        reason=row["reason"] or "",
        run_id=row["run_id"] or "",
    )
