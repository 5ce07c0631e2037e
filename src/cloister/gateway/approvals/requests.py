"""Requests for approval in the database, and the states that they live through.

A request is open until it is decided: approved (the version was moved, by whatever way), rejected, withdrawn by whoever
asked, or gone with its version. What is decided stays so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from cloister.gateway.approvals.moves import Move
from cloister.gateway.tables import APPROVALS

_ATTEMPTS: Final = 20


class State(StrEnum):
    """Where a request stands; only an open one changes."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """One request: for which move, by whom, why, and what became of it (empty as long as it is open)."""

    number: int
    move: Move
    asked_by: str
    asked_at: datetime
    reason: str
    state: State
    decided_by: str
    decided_at: datetime | None
    comment: str

    @property
    def is_open(self) -> bool:
        """Whether it waits for a decision."""
        return self.state is State.OPEN


class Requests:
    """The requests of a platform."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def ask(self, move: Move, by: str, reason: str, *, now: datetime) -> ApprovalRequest:
        """A new open request, or the one that is open for this move already."""
        for attempt in range(_ATTEMPTS):
            try:
                return self._ask(move, by, reason, now)
            except IntegrityError:
                # Somebody else was quicker: with this very request, or with its number.
                if attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError  # the last attempt returns or raises

    def _ask(self, move: Move, by: str, reason: str, now: datetime) -> ApprovalRequest:
        with self._engine.begin() as connection:
            query = select(APPROVALS).where(_open(move))
            if not connection.execute(query).first():
                connection.execute(insert(APPROVALS).values(_row(move, by, reason, now, _next(connection))))
            return _read(connection.execute(query).mappings().one())

    def listed(self, state: State | None) -> list[ApprovalRequest]:
        """Every request in the state (None: in any), newest first."""
        query = select(APPROVALS).order_by(APPROVALS.c.number.desc())
        if state is not None:
            query = query.where(APPROVALS.c.state == state)
        with self._engine.connect() as connection:
            return [_read(row) for row in connection.execute(query).mappings()]

    def find(self, number: int) -> ApprovalRequest | None:
        """The request of that number, or None."""
        with self._engine.connect() as connection:
            row = connection.execute(select(APPROVALS).where(APPROVALS.c.number == number)).mappings().first()
        return _read(row) if row else None

    def close(self, number: int, state: State, by: str, comment: str, *, now: datetime) -> bool:
        """Whether the request was open, and is decided by this."""
        here = APPROVALS.c.number == number, APPROVALS.c.state == State.OPEN
        values = {"state": state.value, "decided_by": by, "decided_at": now, "comment": comment}
        with self._engine.begin() as connection:
            return connection.execute(update(APPROVALS).where(*here).values(**values)).rowcount == 1

    def explain(self, number: int, by: str, comment: str) -> None:
        """Add to a decision why it was taken, by whoever took it."""
        here = APPROVALS.c.number == number, APPROVALS.c.decided_by == by, APPROVALS.c.comment == ""
        with self._engine.begin() as connection:
            connection.execute(update(APPROVALS).where(*here).values(comment=comment))

    def moved(self, move: Move, by: str, *, now: datetime) -> None:
        """The version was moved: whoever moved it has approved what was asked for."""
        values = {"state": State.APPROVED.value, "decided_by": by, "decided_at": now}
        with self._engine.begin() as connection:
            connection.execute(update(APPROVALS).where(_open(move)).values(**values))

    def renamed(self, model: str, new_model: str) -> None:
        """Carry the open requests of a model along to its new name."""
        here = APPROVALS.c.model == model, APPROVALS.c.state == State.OPEN
        with self._engine.begin() as connection:
            connection.execute(update(APPROVALS).where(*here).values(model=new_model))

    def gone(self, model: str, version: str | None, *, now: datetime) -> None:
        """A model or one of its versions was deleted: nothing of it is left to decide on."""
        here = [APPROVALS.c.model == model, APPROVALS.c.state == State.OPEN, APPROVALS.c.asked_at <= now]
        if version is not None:
            here.append(APPROVALS.c.version == version)
        with self._engine.begin() as connection:
            connection.execute(update(APPROVALS).where(*here).values(state=State.GONE.value, decided_at=now))


def _next(connection: Connection) -> int:
    return int(connection.scalar(select(func.coalesce(func.max(APPROVALS.c.number), 0))) or 0) + 1


def _open(move: Move) -> Any:  # noqa: ANN401 - a condition, of whatever type SQLAlchemy gives it
    return (
        (APPROVALS.c.model == move.model)
        & (APPROVALS.c.version == move.version)
        & (APPROVALS.c.kind == move.kind)
        & (APPROVALS.c.target == move.target)
        & (APPROVALS.c.state == State.OPEN)
    )


def _row(move: Move, by: str, reason: str, now: datetime, number: int) -> dict[str, object]:
    return {
        "number": number,
        "model": move.model,
        "version": move.version,
        "kind": move.kind,
        "target": move.target,
        "asked_by": by,
        "asked_at": now,
        "reason": reason,
        "state": State.OPEN.value,
        "decided_by": "",
        "comment": "",
    }


def _read(row: Mapping[Any, Any]) -> ApprovalRequest:
    return ApprovalRequest(
        number=row["number"],
        move=Move(row["model"], row["version"], row["kind"], row["target"]),
        asked_by=row["asked_by"],
        asked_at=_utc(row["asked_at"]),
        reason=row["reason"],
        state=State(row["state"]),
        decided_by=row["decided_by"],
        decided_at=_utc(row["decided_at"]) if row["decided_at"] else None,
        comment=row["comment"],
    )


def _utc(moment: datetime) -> datetime:
    """SQLite keeps no time zone; what we write is UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
