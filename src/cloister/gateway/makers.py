"""Who made what: the persons behind each run and logged model, recorded when they create it or write a file into it.

Beside it, what each model version was made from, recorded when it is registered: MLflow fixes the place of its files
then, while the source that it names may come to mean something else.
"""

from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection, Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError

from cloister.gateway.tables import MAKERS, ORIGINS

_KEPT: Final = 20_000
_VERSION: Final = "model-version"


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

    def add_origins(self, model: str, version: str, parts: Collection[tuple[str, str]]) -> None:
        """Record the runs and logged models (kind and id) that a version was made from; they are only ever added."""
        with self._engine.begin() as connection:
            _insert_missing(connection, [(model, version, *part) for part in sorted(parts)])

    def origins(self, model: str, version: str) -> frozenset[tuple[str, str]]:
        """What the version was made from, as it was recorded; empty where nothing is."""
        query = select(ORIGINS.c.kind, ORIGINS.c.identity).where(ORIGINS.c.model == model, ORIGINS.c.version == version)
        with self._engine.connect() as connection:
            return frozenset((row.kind, row.identity) for row in connection.execute(query))

    def renamed(self, model: str, new_model: str) -> None:
        """Carry what is recorded of a model's versions along to its new name."""
        with self._engine.begin() as connection:
            rows = connection.execute(select(ORIGINS).where(ORIGINS.c.model == model)).all()
            _insert_missing(connection, [(new_model, row.version, row.kind, row.identity) for row in rows])
            connection.execute(delete(ORIGINS).where(ORIGINS.c.model == model))
            of_versions = (MAKERS.c.kind == _VERSION) & MAKERS.c.identity.startswith(f"{model}/", autoescape=True)
            made = connection.execute(select(MAKERS).where(of_versions)).all()
        for row in made:
            self.add(_VERSION, f"{new_model}/{row.identity.removeprefix(f'{model}/')}", [row.person])

    def _keep(self, kind: str, identity: str, person: str) -> None:
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[kind, identity, person] = None


def _insert_missing(connection: Connection, rows: Collection[tuple[str, str, str, str]]) -> None:
    """Insert the origins that are not there yet."""
    for model, version, kind, identity in rows:
        row = {"model": model, "version": version, "kind": kind, "identity": identity}
        if connection.execute(select(ORIGINS).filter_by(**row)).first() is None:
            connection.execute(insert(ORIGINS).values(**row))
