"""What steps read and made, on record."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from cloister.jobs.assets.tables import LINEAGE

Direction = Literal["reads", "makes"]
_MOST: Final = 5000


@dataclass(frozen=True, slots=True, order=True)
class Thing:
    """What a step reads or makes: an asset of a kind, a path (`paths`), or an output of a job (`outputs`)."""

    kind: str
    name: str
    version: str

    def document(self) -> dict[str, str]:
        """As the API tells it."""
        return {"kind": self.kind, "name": self.name, "version": self.version}


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """A step of a job reads or makes a thing, at the input or output of that name."""

    job: str
    step: str
    direction: Direction
    port: str
    thing: Thing

    def document(self) -> dict[str, object]:
        """As the API tells it."""
        told = {"job": self.job, "step": self.step, "direction": self.direction, "port": self.port}
        return {**told, **self.thing.document()}


class Lineage:
    """The rows."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def note(self, edges: Iterable[Edge]) -> None:
        """Keep what steps read and made; a step that runs again replaces what it noted before."""
        for edge in edges:
            row = {"job": edge.job, "step": edge.step, "direction": edge.direction, "port": edge.port}
            thing = edge.thing.document()
            here = [LINEAGE.c[key] == value for key, value in row.items()]
            with self._engine.begin() as connection:
                if connection.execute(sa.update(LINEAGE).where(*here).values(thing)).rowcount:
                    continue
            try:
                with self._engine.begin() as connection:
                    connection.execute(sa.insert(LINEAGE).values({**row, **thing}))
            except IntegrityError:
                # The other of two attempts was quicker.
                continue

    def of_job(self, job: str) -> tuple[Edge, ...]:
        """What the steps of a job read and made."""
        return self._edges(LINEAGE.c.job == job)

    def of_thing(self, thing: Thing) -> tuple[Edge, ...]:
        """The steps that made it or read it."""
        here = (LINEAGE.c.kind == thing.kind, LINEAGE.c.name == thing.name, LINEAGE.c.version == thing.version)
        return self._edges(sa.and_(*here))

    def _edges(self, condition: sa.ColumnElement[bool]) -> tuple[Edge, ...]:
        order = (LINEAGE.c.job, LINEAGE.c.step, LINEAGE.c.direction, LINEAGE.c.port)
        query = sa.select(LINEAGE).where(condition).order_by(*order).limit(_MOST)
        with self._engine.connect() as connection:
            return tuple(
                Edge(r["job"], r["step"], r["direction"], r["port"], Thing(r["kind"], r["name"], r["version"]))
                for r in connection.execute(query).mappings()
            )
