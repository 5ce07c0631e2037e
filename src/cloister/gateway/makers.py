"""Who made what: the persons behind each run and logged model, recorded when they create it or write a file into it."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import IntegrityError

from cloister.gateway.tables import MAKERS

_KEPT: Final = 20_000


class Makers:
    """The makers in the database. Makers are only ever added, so what is known to be one stays one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[tuple[str, str, str], None] = {}

    def add(self, kind: str, identity: str, persons: Collection[str]) -> None:
        """Record that these persons made the object."""
        for person in sorted(persons):
            if (kind, identity, person) in self._known:
                continue
            try:
                with self._engine.begin() as connection:
                    connection.execute(insert(MAKERS).values(kind=kind, identity=identity, person=person))
            except IntegrityError:
                pass  # it was recorded before
            self._keep(kind, identity, person)

    def of(self, kind: str, identity: str) -> frozenset[str]:
        """Everybody who made the object; empty where nobody is recorded."""
        query = select(MAKERS.c.person).where((MAKERS.c.kind == kind) & (MAKERS.c.identity == identity))
        with self._engine.connect() as connection:
            return frozenset(connection.scalars(query))

    def made_by(self, kind: str, identity: str, persons: Collection[str]) -> bool:
        """Whether one of these persons made the object."""
        if any((kind, identity, person) in self._known for person in persons):
            return True
        found = self.of(kind, identity) & set(persons)
        for person in found:
            self._keep(kind, identity, person)
        return bool(found)

    def _keep(self, kind: str, identity: str, person: str) -> None:
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[kind, identity, person] = None
