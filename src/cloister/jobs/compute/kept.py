"""Computes in the database, by name."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from cloister.errors import Fault, SpecError
from cloister.jobs.compute import compute
from cloister.jobs.compute.compute import Compute
from cloister.jobs.compute.tables import COMPUTE
from cloister.jobs.errors import MissingError
from cloister.jobs.records.clock import Clock

_LONGEST = 64 * 1024


@dataclass(frozen=True, slots=True)
class KeptCompute:
    """A compute as it was made, by whom and when."""

    compute: Compute
    document: Mapping[str, object]
    created_by: str
    created_at: float


class Computes:
    """The rows. `clock` gives seconds since 1970."""

    def __init__(self, engine: sa.Engine, clock: Clock = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def put(self, document: Mapping[str, object], by: str) -> KeptCompute:
        """Make the compute, or replace the one of its name. Raises SpecError."""
        found = compute.read(document)
        text = json.dumps(compute.without_secrets(document), sort_keys=True)
        if len(text) > _LONGEST:
            raise SpecError(Fault(f'compute "{found.name}"', f"is longer than {_LONGEST} bytes", "shorten its tags"))
        row = {"document": text, "max_instances": found.max_instances}
        with self._engine.begin() as connection:
            there = connection.execute(sa.update(COMPUTE).where(COMPUTE.c.name == found.name).values(row))
            if there.rowcount == 0:
                made = {"name": found.name, "turn": 0, "created_by": by, "created_at": self._clock()}
                connection.execute(sa.insert(COMPUTE).values(row | made))
        return self.find(found.name)

    def find(self, name: str) -> KeptCompute:
        """The compute of that name. Raises MissingError."""
        for kept in self.all():
            if kept.compute.name == name:
                return kept
        raise _missing(name)

    def all(self) -> tuple[KeptCompute, ...]:
        """Every compute, by name."""
        with self._engine.connect() as connection:
            return self.within(connection)

    def within(self, connection: sa.Connection) -> tuple[KeptCompute, ...]:
        """The same within a transaction of the caller's."""
        rows = connection.execute(sa.select(COMPUTE).order_by(COMPUTE.c.name)).mappings().all()
        return tuple(_kept(row) for row in rows)

    def delete(self, name: str) -> None:
        """Forget the compute; steps that wait for it run on whatever serves its name. Raises MissingError."""
        with self._engine.begin() as connection:
            if connection.execute(sa.delete(COMPUTE).where(COMPUTE.c.name == name)).rowcount == 0:
                raise _missing(name)


def _kept(row: sa.RowMapping) -> KeptCompute:
    document = json.loads(row["document"])
    return KeptCompute(compute.read(document), document, row["created_by"], row["created_at"])


def _missing(name: str) -> MissingError:
    return MissingError(Fault(f'compute "{name}"', "there is none of that name", "see: cloister compute list"))
