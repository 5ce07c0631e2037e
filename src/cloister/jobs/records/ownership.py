"""Who owns a job, as a fence: what an earlier owner still writes has no effect."""

from dataclasses import dataclass

import sqlalchemy as sa

from cloister.jobs.records.tables import JOB, STEP


@dataclass(frozen=True, slots=True)
class Ownership:
    """A job is an agent's, from its nth owner on until there is a next one."""

    job: str
    agent: str
    epoch: int

    @property
    def job_conditions(self) -> "tuple[sa.ColumnElement[bool], ...]":
        """What holds of the job's row while this is so."""
        return (JOB.c.name == self.job, JOB.c.agent == self.agent, JOB.c.epoch == self.epoch)

    @property
    def step_conditions(self) -> "tuple[sa.ColumnElement[bool], ...]":
        """What holds of the rows of the job's steps while this is so."""
        return (STEP.c.job == self.job, sa.exists(sa.select(JOB.c.name).where(*self.job_conditions)))
