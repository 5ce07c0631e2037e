"""Which results there are to be taken over: by fingerprint, and by whom they were made.

Every write is fenced by the `Ownership`, as those of steps are.
"""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from cloister.jobs.records.ownership import Ownership
from cloister.jobs.records.status import StepStatus
from cloister.jobs.records.tables import JOB, RESULT, STEP

_MOST_LOOKED_AT = 20


@dataclass(frozen=True, slots=True)
class Result:
    """What a step made that has completed, and its MLflow run."""

    job: str
    step: str
    run_id: str

    def __str__(self) -> str:
        return f"{self.job}/{self.step}"


class ResultRecords:
    """The rows of results. One whose step has not completed is none yet."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def note(self, owner: Ownership, step: str, fingerprint: str, submitter: str) -> None:
        """Keep what a step's result will be known by, as its own until it takes another one's over."""
        values = {"job": owner.job, "step": step, "fingerprint": fingerprint, "submitter": submitter}
        owned = sa.select(*(sa.literal(value) for value in values.values())).where(_owns(owner))
        with self._engine.begin() as connection:
            connection.execute(sa.delete(RESULT).where(*_of(owner, step), _owns(owner)))
            connection.execute(sa.insert(RESULT).from_select(list(values), owned))

    def note_maker(self, owner: Ownership, step: str, maker: Result) -> None:
        """Keep whose result a step has taken over."""
        taken = sa.update(RESULT).values(made_by_job=maker.job, made_by_step=maker.step)
        with self._engine.begin() as connection:
            connection.execute(taken.where(*_of(owner, step), _owns(owner)))

    def find(self, fingerprint: str, submitter: str, *, but: str) -> tuple[Result, ...]:
        """Results of the submitter's other jobs that are made, the newest first."""
        same = (RESULT.c.fingerprint == fingerprint, RESULT.c.submitter == submitter, RESULT.c.job != but)
        joined = sa.join(RESULT, STEP, sa.and_(RESULT.c.job == STEP.c.job, RESULT.c.step == STEP.c.name))
        made = (STEP.c.status == StepStatus.COMPLETED, RESULT.c.made_by_job == "")
        query = sa.select(RESULT.c.job, RESULT.c.step, STEP.c.run_id).select_from(joined).where(*same, *made)
        with self._engine.connect() as connection:
            found = connection.execute(query.order_by(STEP.c.ended_at.desc()).limit(_MOST_LOOKED_AT)).all()
        return tuple(Result(job, step, run_id) for job, step, run_id in found)

    def takers(self, job: str, step: str) -> tuple[tuple[str, str], ...]:
        """The steps of other jobs, as job and step, that took over what the step made."""
        here = (RESULT.c.made_by_job == job, RESULT.c.made_by_step == step)
        query = sa.select(RESULT.c.job, RESULT.c.step).where(*here).order_by(RESULT.c.job, RESULT.c.step)
        with self._engine.connect() as connection:
            return tuple((taker, its_step) for taker, its_step in connection.execute(query))

    def makers(self, job: str, steps: Collection[str]) -> dict[str, str]:
        """Who made what each of the steps has: the step itself, or the one whose result it took over."""
        here = (RESULT.c.job == job, RESULT.c.step.in_(steps), RESULT.c.made_by_job != "")
        columns = (RESULT.c.step, RESULT.c.made_by_job, RESULT.c.made_by_step)
        with self._engine.connect() as connection:
            found = connection.execute(sa.select(*columns).where(*here)).all()
        taken = {step: f"{by_job}/{by_step}" for step, by_job, by_step in found}
        return {step: taken.get(step, f"{job}/{step}") for step in steps}


def _owns(owner: Ownership) -> "sa.ColumnElement[bool]":
    return sa.exists(sa.select(JOB.c.name).where(*owner.job_conditions))


def _of(owner: Ownership, step: str) -> "tuple[sa.ColumnElement[bool], ...]":
    return RESULT.c.job == owner.job, RESULT.c.step == step
