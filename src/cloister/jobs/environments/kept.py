"""Environments on record: the lock of each one that was ever built, and which step ran in which."""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from cloister.jobs.packages.locks import lock_sha256
from cloister.jobs.packages.tables import ENVIRONMENT, STEP_ENVIRONMENT


@dataclass(frozen=True, slots=True)
class KeptEnvironment:
    """A lock, what it was built for, and the hash of what came of it."""

    sha256: str
    lock: str
    python: str
    tree_sha256: str
    built_at: float


class KeptEnvironments:
    """The environments in the database."""

    def __init__(self, engine: sa.Engine, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._clock = clock

    def keep(self, lock: str, python: str, tree_sha256: str) -> None:
        """Put an environment on record; the first build of a lock is the one that is kept."""
        row = {"sha256": lock_sha256(lock), "lock": lock, "python": python, "tree_sha256": tree_sha256}
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(ENVIRONMENT).values(**row, built_at=self._clock()))
        except IntegrityError:
            return

    def used(self, job: str, step: str, sha256: str, note: str) -> None:
        """Put on record what a step ran in; the last attempt counts. No hash stands for the platform's own Python."""
        here = STEP_ENVIRONMENT.c.job == job, STEP_ENVIRONMENT.c.step == step
        with self._engine.begin() as connection:
            connection.execute(sa.delete(STEP_ENVIRONMENT).where(*here))
            values = {"job": job, "step": step, "environment": sha256, "note": note}
            connection.execute(sa.insert(STEP_ENVIRONMENT).values(**values))

    def find(self, sha256: str) -> KeptEnvironment | None:
        """The environment of a lock's hash, or of the beginning of one."""
        query = sa.select(ENVIRONMENT).where(ENVIRONMENT.c.sha256.startswith(sha256, autoescape=True))
        with self._engine.connect() as connection:
            rows = connection.execute(query.limit(2)).mappings().all()
        return KeptEnvironment(**rows[0]) if len(rows) == 1 else None

    def of_job(self, job: str) -> dict[str, tuple[str, str]]:
        """The lock's hash and the note of each step of a job."""
        query = sa.select(STEP_ENVIRONMENT).where(STEP_ENVIRONMENT.c.job == job).order_by(STEP_ENVIRONMENT.c.step)
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings()
            return {row["step"]: (row["environment"], row["note"]) for row in rows}
