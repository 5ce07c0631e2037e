"""Who made what: the persons behind each object, recorded when they create it or write a file into it.

Makers own what they made. What is known by an id keeps its makers for good: the id never comes again. Registered models
and their versions are known by name and number, which can: their makers go with them, and are replaced by those of
whatever comes after them under the same name.

Beside it, what each model version was made from, recorded when it is registered: MLflow fixes the place of its files
then, while the source that it names may come to mean something else.
"""

from collections.abc import Collection
from typing import Final

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, insert, or_, select
from sqlalchemy.exc import IntegrityError

from cloister.gateway.tables import MAKERS, ORIGINS

_KEPT: Final = 20_000
_ATTEMPTS: Final = 5
# How many things one question to the database names.
_ASKED: Final = 200
_MODEL: Final = "registered-model"
_VERSION: Final = "model-version"
# Kinds whose names can come to mean another object.
_NAMED: Final = frozenset({_MODEL, _VERSION})
# An object as its makers are recorded: kind and id (or name).
Thing = tuple[str, str]


class Makers:
    """The makers in the database. Those of ids are only ever added, so what is known of them is remembered."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[tuple[str, str, str], None] = {}

    def add(self, kind: str, identity: str, persons: Collection[str]) -> None:
        """Record that these persons had a part in making the object."""
        for person in sorted(persons):
            if (kind, identity, person) in self._known:
                continue
            try:
                with self._engine.begin() as connection:
                    connection.execute(insert(MAKERS).values(kind=kind, identity=identity, person=person, since=0))
            except IntegrityError:
                pass  # it was recorded before
            self._keep(kind, identity, person)

    def created(self, kind: str, identity: str, persons: Collection[str], since: int) -> None:
        """Record that these persons created the object, which MLflow made at `since` (in milliseconds).

        Whoever made another of the same name before has no part in this one. Where a later one is on record, the
        message came late: another request has deleted this one by now.
        """
        if kind not in _NAMED:
            self.add(kind, identity, persons)
            return
        here = (MAKERS.c.kind == kind) & (MAKERS.c.identity == identity)
        rows = [{"kind": kind, "identity": identity, "person": one, "since": since} for one in sorted(persons)]
        for attempt in range(_ATTEMPTS):
            try:
                with self._engine.begin() as connection:
                    latest = connection.scalar(select(func.max(MAKERS.c.since)).where(here))
                    if latest is None or latest < since:
                        connection.execute(delete(MAKERS).where(here))
                        connection.execute(insert(MAKERS), rows)
                return  # noqa: TRY300 - the one way out that is no error
            except IntegrityError:
                if attempt == _ATTEMPTS - 1:
                    raise

    def of(self, kind: str, identity: str) -> frozenset[str]:
        """Everybody who made the object; empty where nobody is recorded."""
        query = select(MAKERS.c.person).where((MAKERS.c.kind == kind) & (MAKERS.c.identity == identity))
        with self._engine.connect() as connection:
            return frozenset(connection.scalars(query))

    def known_of(self, things: Collection[Thing], persons: Collection[str]) -> frozenset[Thing]:
        """Those of the things that are known to be of one of these persons without asking the database."""
        return frozenset(thing for thing in things if any((*thing, person) in self._known for person in persons))

    def owned_of(self, things: Collection[Thing], persons: Collection[str]) -> frozenset[Thing]:
        """Those of the things that one of these persons made."""
        found = set(self.known_of(things, persons))
        listed = sorted(set(things) - found)
        if not listed:
            return frozenset(found)
        with self._engine.connect() as connection:
            for start in range(0, len(listed), _ASKED):
                these = or_(*(_is(thing) for thing in listed[start : start + _ASKED]))
                query = select(MAKERS).where(these, MAKERS.c.person.in_(sorted(persons)))
                for row in connection.execute(query):
                    found.add((row.kind, row.identity))
                    self._keep(row.kind, row.identity, row.person)
        return frozenset(found)

    def made(self, kind: str, persons: Collection[str], most: int) -> tuple[str, ...] | None:
        """The ids (or names) of all of a kind that one of these persons made, or None where they are more than `most`.

        They come in the order in which they are compared as texts.
        """
        query = select(MAKERS.c.identity).where(MAKERS.c.kind == kind, MAKERS.c.person.in_(sorted(persons)))
        with self._engine.connect() as connection:
            found = sorted(set(connection.scalars(query.distinct().limit(most + 1))))
        return tuple(found) if len(found) <= most else None

    def add_origins(self, model: str, version: str, parts: Collection[Thing]) -> None:
        """Record the runs and logged models (kind and id) that a version was made from; they are only ever added."""
        with self._engine.begin() as connection:
            _insert_missing(connection, [(model, version, *part) for part in sorted(parts)])

    def origins(self, model: str, version: str) -> frozenset[Thing]:
        """What the version was made from, as it was recorded; empty where nothing is."""
        query = select(ORIGINS.c.kind, ORIGINS.c.identity).where(ORIGINS.c.model == model, ORIGINS.c.version == version)
        with self._engine.connect() as connection:
            return frozenset((row.kind, row.identity) for row in connection.execute(query))

    def renamed(self, model: str, new_model: str) -> None:
        """Carry what is recorded of a model and its versions along to its new name."""
        with self._engine.begin() as connection:
            origins = connection.execute(select(ORIGINS).where(ORIGINS.c.model == model)).all()
            _insert_missing(connection, [(new_model, row.version, row.kind, row.identity) for row in origins])
            connection.execute(delete(ORIGINS).where(ORIGINS.c.model == model))
            makers = connection.execute(select(MAKERS).where(_of_model(model))).all()
            moved = {(row.kind, new_model + row.identity.removeprefix(model), row.person): row.since for row in makers}
            # MLflow gives away no name that is taken, so whatever stands there is of something that is gone.
            gone = (MAKERS.c.kind == _MODEL) & (MAKERS.c.identity == new_model)
            connection.execute(delete(MAKERS).where(gone | _of_model(model)))
            there_now = select(MAKERS).where(_of_model(new_model))
            there = {(row.kind, row.identity, row.person) for row in connection.execute(there_now)}
            for (kind, identity, person), since in moved.items():
                if (kind, identity, person) not in there:
                    row = {"kind": kind, "identity": identity, "person": person, "since": since}
                    connection.execute(insert(MAKERS).values(**row))

    def forget(self, model: str, version: str | None = None, *, until: int) -> None:
        """Forget a model with its versions, or one version: it was deleted at `until` (in milliseconds).

        What was made later under the same name is another object.
        """
        makers, origins = _of_model(model), ORIGINS.c.model == model
        if version is not None:
            makers = (MAKERS.c.kind == _VERSION) & (MAKERS.c.identity == f"{model}/{version}")
            origins &= ORIGINS.c.version == version
        with self._engine.begin() as connection:
            connection.execute(delete(MAKERS).where(makers, MAKERS.c.since <= until))
            connection.execute(delete(ORIGINS).where(origins))

    def _keep(self, kind: str, identity: str, person: str) -> None:
        if kind in _NAMED:
            return
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[kind, identity, person] = None


def _is(thing: Thing) -> ColumnElement[bool]:
    return (MAKERS.c.kind == thing[0]) & (MAKERS.c.identity == thing[1])


def _of_model(model: str) -> ColumnElement[bool]:
    """The makers of a model and of its versions."""
    itself = (MAKERS.c.kind == _MODEL) & (MAKERS.c.identity == model)
    return itself | ((MAKERS.c.kind == _VERSION) & MAKERS.c.identity.startswith(f"{model}/", autoescape=True))


def _insert_missing(connection: Connection, rows: Collection[tuple[str, str, str, str]]) -> None:
    """Insert the origins that are not there yet."""
    for model, version, kind, identity in rows:
        row = {"model": model, "version": version, "kind": kind, "identity": identity}
        if connection.execute(select(ORIGINS).filter_by(**row)).first() is None:
            connection.execute(insert(ORIGINS).values(**row))
