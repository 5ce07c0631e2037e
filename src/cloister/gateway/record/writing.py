"""The record of decisions: append-only, each record chained to the one before by SHA-256 over its canonical JSON.

A decision is recorded before it takes effect: no record, no action. One thread writes for the whole process and takes
together whatever waits, so that one flush to disk serves many requests. Several processes may append to one chain: the
number of a record is its key, and whoever comes second takes the next one.
"""

import asyncio
import hashlib
import json
import queue
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Final, TypeVar

import sqlalchemy.exc
from sqlalchemy import Dialect, Engine, PoolProxiedConnection, Table, insert, select
from sqlalchemy.engine.interfaces import DBAPICursor

from cloister.errors import Fault, SourceError
from cloister.gateway.tables import AUDIT, OUTCOMES

GENESIS: Final = "0" * 64
_BATCH: Final = 200
_ATTEMPTS: Final = 20
_PATIENCE_SECONDS: Final = 0.25
_D = TypeVar("_D", "Future[int]", "asyncio.Future[int]")


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision, as it is recorded: who did what to which object from where, allowed or refused, and why."""

    at: datetime
    principal: str
    on_behalf_of: str
    action: str
    resource: str
    method: str
    path: str
    source: str
    decision: str
    reason: str
    rule: str
    request_id: str

    def row(self) -> dict[str, str]:
        """The record's columns, all of them texts that any database takes; the time in UTC with microseconds."""
        row = {name: _storable(getattr(self, name)) for name in _TEXTS}
        row["at"] = self.at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
        return row


_TEXTS: Final = tuple(column.name for column in fields(Decision) if column.type is str)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The status that an allowed request was answered with."""

    number: int
    status: int


Done = Future[int] | asyncio.Future[int]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An entry, and what is told when it is written: a future of any thread, or one of an event loop."""

    entry: Decision | Outcome
    done: Done


class AuditLog:
    """The writer of one process."""

    def __init__(self, engine: Engine) -> None:
        self._chain = _Chain(engine)
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_all, name="audit", daemon=True)
        self._thread.start()

    def record(self, decision: Decision) -> "Future[int]":
        """The number of the record, as soon as it is on disk; SourceError where it cannot be written."""
        return self._put(decision, Future())

    def recorded(self, decision: Decision) -> "asyncio.Future[int]":
        """As `record`, for whoever waits on an event loop; all who wait for one flush are woken by one call."""
        return self._put(decision, asyncio.get_running_loop().create_future())

    def outcome(self, number: int, status: int) -> "Future[int]":
        """Note what came of a recorded decision."""
        return self._put(Outcome(number, status), Future())

    @property
    def is_writing(self) -> bool:
        """Whether decisions can be recorded at all; without, nothing is allowed."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Write what waits, then stop."""
        self._queue.put(None)
        self._thread.join(timeout=30)

    def _put(self, entry: Decision | Outcome, done: _D) -> _D:
        if self.is_writing:
            self._queue.put(_Waiting(entry, done))
        else:
            done.set_exception(_unwritten("its writer has ended"))
        return done

    def _write_all(self) -> None:
        is_open = True
        while is_open:
            batch, is_open = self._next_batch()
            if batch:
                self._write_batch(batch)
        self._chain.close()

    def _next_batch(self) -> tuple[list[_Waiting], bool]:
        """What is to be written together, and whether more may come.

        Outcomes alone wait a moment for the next decision, so that they cost no flush of their own.
        """
        batch: list[_Waiting] = []
        urgent = False
        while len(batch) < _BATCH:
            try:
                found = self._queue.get(block=not urgent, timeout=_PATIENCE_SECONDS if batch else None)
            except queue.Empty:
                break
            if found is None:
                return batch, False
            # Whoever asked may have gone away meanwhile; from here on the entry is written and its future answered.
            if _is_wanted(found.done):
                batch.append(found)
                urgent = urgent or isinstance(found.entry, Decision)
        return batch, True

    def _write_batch(self, batch: list[_Waiting]) -> None:
        """Write the entries together. One that cannot be written takes none of the others with it, nor the thread."""
        try:
            numbers = self._chain.append([waiting.entry for waiting in batch])
        except Exception as error:  # noqa: BLE001 - without this thread nobody is answered any more
            # An OperationalError is the database's own, and would come again for each.
            if len(batch) > 1 and not self._chain.is_of_database(error):
                for waiting in batch:
                    self._write_batch([waiting])
                return
            unwritten = _unwritten(f"cannot be written: {type(error).__name__}")
            _tell([(waiting.done, unwritten) for waiting in batch])
            return
        _tell([(waiting.done, number) for waiting, number in zip(batch, numbers, strict=True)])


def _is_wanted(done: Done) -> bool:
    return not done.cancelled() if isinstance(done, asyncio.Future) else done.set_running_or_notify_cancel()


def _tell(answers: list[tuple[Done, int | Exception]]) -> None:
    """Answer the futures; those of an event loop all at once, in its own thread."""
    on_loops: dict[asyncio.AbstractEventLoop, list[tuple[Done, int | Exception]]] = {}
    for done, answer in answers:
        if isinstance(done, asyncio.Future):
            on_loops.setdefault(done.get_loop(), []).append((done, answer))
        else:
            _answer([(done, answer)])
    for loop, waiting in on_loops.items():
        with suppress(RuntimeError):  # the loop has ended, and who waited with it
            loop.call_soon_threadsafe(_answer, waiting)


def _answer(answers: list[tuple[Done, int | Exception]]) -> None:
    for done, answer in answers:
        if done.done():
            continue  # who waited has gone away
        if isinstance(answer, Exception):
            done.set_exception(answer)
        else:
            done.set_result(answer)


def _unwritten(reason: str) -> SourceError:
    return SourceError(Fault("the record of decisions", reason, "look at the database's disk and its log"))


def _storable(text: str) -> str:
    """The text without what UTF-8 or a database cannot hold: lone surrogates and NUL are written as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\x00", "\\x00")


class _Chain:
    """The end of the chain as this process knows it, on one connection that stays open.

    Written with the database's own driver: what SQLAlchemy does around a statement costs more than the statement.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._driver = engine.dialect.loaded_dbapi
        self._connection: PoolProxiedConnection | None = None
        self._newest = str(_NEWEST.compile(dialect=engine.dialect, compile_kwargs={"literal_binds": True}))
        self._last: tuple[int, str] | None = None
        self._decisions = _Inserting(AUDIT, engine.dialect)
        self._outcomes = _Inserting(OUTCOMES, engine.dialect)

    def append(self, entries: list[Decision | Outcome]) -> list[int]:
        """The numbers given to the entries, once they are committed; tried again where another process was quicker."""
        for attempt in range(_ATTEMPTS):
            try:
                return self._append(entries)
            except Exception as error:
                self.close()
                if not isinstance(error, self._driver.IntegrityError) or attempt == _ATTEMPTS - 1:
                    raise
        return []

    def is_of_database(self, error: Exception) -> bool:
        """Whether the database itself failed, whatever was to be written."""
        return isinstance(error, self._driver.OperationalError | sqlalchemy.exc.OperationalError)

    def close(self) -> None:
        """Let the connection go, with what is not committed on it, and what was known of the chain."""
        if self._connection is not None:
            self._connection.close()
        self._connection, self._last = None, None

    def _append(self, entries: list[Decision | Outcome]) -> list[int]:
        if self._connection is None:
            self._connection = self._engine.raw_connection()
        cursor = self._connection.cursor()
        last = self._last or self._last_record(cursor)
        numbers, last = self._insert(cursor, entries, last)
        cursor.close()
        self._connection.commit()
        self._last = last
        return numbers

    def _last_record(self, cursor: DBAPICursor) -> tuple[int, str]:
        cursor.execute(self._newest)
        last = cursor.fetchone()
        return (last[0], last[1]) if last else (0, GENESIS)

    def _insert(
        self, cursor: DBAPICursor, entries: list[Decision | Outcome], last: tuple[int, str]
    ) -> tuple[list[int], tuple[int, str]]:
        """The numbers of the entries, and the new end of the chain."""
        number, digest = last
        numbers: list[int] = []
        decisions: list[dict[str, object]] = []
        outcomes: list[dict[str, object]] = []
        for entry in entries:
            if isinstance(entry, Outcome):
                kept = outcome_digest(entry.number, entry.status)
                outcomes.append({"number": entry.number, "status": entry.status, "digest": kept})
                numbers.append(entry.number)
                continue
            number += 1
            row = entry.row()
            previous, digest = digest, record_digest(number, digest, row)
            decisions.append({"number": number, "previous": previous, "digest": digest, **row})
            numbers.append(number)
        self._decisions.insert(cursor, decisions)
        self._outcomes.insert(cursor, outcomes)
        return numbers, (number, digest)


_NEWEST: Final = select(AUDIT.c.number, AUDIT.c.digest).order_by(AUDIT.c.number.desc()).limit(1)


class _Inserting:
    """An INSERT as the database's driver takes it, compiled once."""

    def __init__(self, table: Table, dialect: Dialect) -> None:
        compiled = insert(table).compile(dialect=dialect)
        self._statement = str(compiled)
        self._order = compiled.positiontup

    def insert(self, cursor: DBAPICursor, rows: list[dict[str, object]]) -> None:
        """Insert the rows."""
        order = self._order
        values = rows if order is None else [tuple(map(row.__getitem__, order)) for row in rows]
        if len(values) == 1:
            cursor.execute(self._statement, values[0])
        elif values:
            cursor.executemany(self._statement, values)


_CANONICAL: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def record_digest(number: int, previous: str, row: Mapping[str, str]) -> str:
    """SHA-256 over the canonical JSON of a record: sorted keys, no spaces, ASCII."""
    content = {"number": number, "previous": previous, **row}
    return hashlib.sha256(_CANONICAL.encode(content).encode()).hexdigest()


def outcome_digest(number: int, status: int) -> str:
    """SHA-256 over the canonical JSON of an outcome."""
    return hashlib.sha256(_CANONICAL.encode({"number": number, "status": status}).encode()).hexdigest()
