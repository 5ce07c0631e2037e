"""The allow-list: who asks for an entry, who decides, and what is allowed by that.

A request is open until it is approved, rejected, or withdrawn by whoever asked. What was approved can be revoked. The
persons who answer for a request never decide on it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from cloister.access.principals import Principal, persons_behind
from cloister.errors import Fault, RefusedError
from cloister.jobs.errors import ConflictError, MissingError
from cloister.jobs.packages.names import Entry
from cloister.jobs.packages.tables import ALLOWED, REFUSED, REQUEST

_ATTEMPTS = 20
_MOST_REFUSED = 1000
# Open ones of one person: more than that nobody reads.
_MOST_OPEN = 1000


class State(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class PackageRequest:
    """One request. With `with_source`, source archives are served as well, which run code when they are built."""

    number: int
    entry: Entry
    with_dependencies: bool
    with_source: bool
    reason: str
    asked_by: str
    asked_for: str
    asked_at: float
    state: State
    decided_by: str
    decided_at: float | None
    comment: str


@dataclass(frozen=True, slots=True)
class Allowed:
    """An entry of the allow-list. `hashes`: only files with one of them; none where all are."""

    entry: Entry
    with_source: bool = False
    hashes: frozenset[str] = frozenset()
    request: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """What was asked of the index in vain."""

    project: str
    reason: str
    times: int
    last_at: float


class PackageRequests:
    """The requests in the database, and the entries that they allow."""

    def __init__(self, engine: sa.Engine, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._clock = clock

    def ask(
        self, entry: Entry, by: Principal, reason: str, *, with_dependencies: bool, with_source: bool
    ) -> PackageRequest:
        """A new open request, or the one that is open for this entry already. Raises ConflictError on too many."""
        wanted = {"with_dependencies": with_dependencies, "with_source": with_source}
        for attempt in range(_ATTEMPTS):
            try:
                return self._ask(entry, by, reason, wanted)
            except IntegrityError:
                # Somebody else took the number at the same moment.
                if attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError  # the last attempt returns or raises

    def _ask(self, entry: Entry, by: Principal, reason: str, wanted: dict[str, bool]) -> PackageRequest:
        same = [REQUEST.c[name] == value for name, value in wanted.items()]
        here = REQUEST.c.project == entry.project, REQUEST.c.specifier == entry.specifier, REQUEST.c.state == State.OPEN
        with self._engine.begin() as connection:
            if found := connection.execute(sa.select(REQUEST).where(*here, *same)).mappings().first():
                return _read(found)
            self._refuse_more(connection, by)
            number = int(connection.scalar(sa.select(sa.func.coalesce(sa.func.max(REQUEST.c.number), 0))) or 0) + 1
            made = PackageRequest(
                number, entry, wanted["with_dependencies"], wanted["with_source"], reason, by.name, by.on_behalf_of,
                self._clock(), State.OPEN, "", None, "",
            )  # fmt: skip
            connection.execute(sa.insert(REQUEST).values(**_row(made)))
            return made

    def _refuse_more(self, connection: sa.Connection, by: Principal) -> None:
        """Raise ConflictError where whoever asks answers for as many open requests as are kept for one."""
        theirs = sa.or_(REQUEST.c.asked_by.in_(by.persons), REQUEST.c.asked_for.in_(by.persons))
        query = sa.select(sa.func.count()).where(REQUEST.c.state == State.OPEN, theirs)
        if int(connection.scalar(query) or 0) >= _MOST_OPEN:
            mend = "withdraw some, or wait until they are decided: cloister environment reject NUMBER"
            raise ConflictError(Fault("request", f"{by} has {_MOST_OPEN} open ones, and no more are taken", mend))

    def listed(self, state: State | None = None) -> tuple[PackageRequest, ...]:
        """The requests in a state (None: in any), the newest first."""
        query = sa.select(REQUEST).order_by(REQUEST.c.number.desc())
        if state is not None:
            query = query.where(REQUEST.c.state == state)
        with self._engine.connect() as connection:
            return tuple(_read(row) for row in connection.execute(query).mappings())

    def find(self, number: int) -> PackageRequest:
        """The request of that number. Raises MissingError where there is none."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(REQUEST).where(REQUEST.c.number == number)).mappings().first()
        if row is None:
            mend = "see which there are: cloister environment requests"
            raise MissingError(Fault(f"request {number}", "there is none of that number", mend))
        return _read(row)

    def approve(self, number: int, by: Principal, entries: Iterable[Entry], comment: str) -> PackageRequest:
        """The request approved, and these entries allowed by it. Raises RefusedError on who asked for it."""
        request = self.find(number)
        refuse_own(request, by)
        rows = [
            {"project": e.project, "specifier": e.specifier, "request": number, "with_source": request.with_source}
            for e in dict.fromkeys(entries)
        ]
        with self._engine.begin() as connection:
            self._move(connection, number, State.OPEN, State.APPROVED, by, comment)
            connection.execute(sa.insert(ALLOWED), [row | {"fault": ""} for row in rows])
        return self.find(number)

    def reject(self, number: int, by: Principal, comment: str) -> PackageRequest:
        """The request rejected; withdrawn where it is one's own."""
        request = self.find(number)
        to = State.WITHDRAWN if _answers_for(request, by) else State.REJECTED
        with self._engine.begin() as connection:
            self._move(connection, number, State.OPEN, to, by, comment)
        return self.find(number)

    def revoke(self, number: int, by: Principal, comment: str) -> PackageRequest:
        """What was approved is allowed no more, unless another request or the platform itself allows it."""
        self.find(number)
        with self._engine.begin() as connection:
            self._move(connection, number, State.APPROVED, State.REVOKED, by, comment)
            connection.execute(sa.delete(ALLOWED).where(ALLOWED.c.request == number))
        return self.find(number)

    def _move(
        self, connection: sa.Connection, number: int, before: State, to: State, by: Principal, comment: str
    ) -> None:
        values = {"state": to, "decided_by": by.name, "decided_at": self._clock(), "comment": comment}
        here = REQUEST.c.number == number, REQUEST.c.state == before
        if connection.execute(sa.update(REQUEST).where(*here).values(**values)).rowcount != 1:
            mend = "see how it stands: cloister environment requests --all"
            raise ConflictError(Fault(f"request {number}", f"is not {before.value} any more", mend))

    def allowed(self) -> tuple[Allowed, ...]:
        """What approved requests allow, in order."""
        order = ALLOWED.c.project, ALLOWED.c.specifier, ALLOWED.c.request
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(ALLOWED).order_by(*order)).mappings().all()
        return tuple(
            Allowed(
                Entry(r["project"], r["specifier"]), r["with_source"], request=r["request"], fault=r["fault"]
            )
            for r in rows
        )  # fmt: skip

    def note_fault(self, allowed: Allowed, fault: str) -> None:
        """Why no file of an entry could be fetched; empty where one was."""
        here = (
            ALLOWED.c.project == allowed.entry.project,
            ALLOWED.c.specifier == allowed.entry.specifier,
            ALLOWED.c.request == allowed.request,
        )
        with self._engine.begin() as connection:
            connection.execute(sa.update(ALLOWED).where(*here).values(fault=fault))

    def note_refused(self, asked: dict[str, tuple[str, int]]) -> None:
        """What was asked for in vain: reason and how often, by project. Only so many projects are kept in mind."""
        now = self._clock()
        with self._engine.begin() as connection:
            for project, (reason, times) in asked.items():
                here = REFUSED.c.project == project
                values = {"reason": reason, "last_at": now}
                more = sa.update(REFUSED).where(here).values(times=REFUSED.c.times + times, **values)
                if connection.execute(more).rowcount == 0:
                    connection.execute(sa.insert(REFUSED).values(project=project, times=times, **values))
            newest = sa.select(REFUSED.c.project).order_by(REFUSED.c.last_at.desc()).limit(_MOST_REFUSED)
            kept = [row[0] for row in connection.execute(newest)]
            if len(kept) == _MOST_REFUSED:
                connection.execute(sa.delete(REFUSED).where(REFUSED.c.project.not_in(kept)))

    def refused(self) -> tuple[Refused, ...]:
        """What was asked of the index in vain, the latest first."""
        query = sa.select(REFUSED).order_by(REFUSED.c.last_at.desc(), REFUSED.c.project)
        with self._engine.connect() as connection:
            return tuple(Refused(**row) for row in connection.execute(query).mappings())


def _answers_for(request: PackageRequest, principal: Principal) -> bool:
    return bool(persons_behind(request.asked_by, request.asked_for) & principal.persons)


def refuse_own(request: PackageRequest, by: Principal) -> None:
    """Raise RefusedError where whoever decides answers for the request, or is no person."""
    if by.kind in ("job", "service") or not by.persons:
        raise RefusedError(Fault(f"request {request.number}", "is decided by a person", "let an approver decide"))
    if _answers_for(request, by):
        reason = f"was asked for by {request.asked_by}; whoever asks does not decide"
        raise RefusedError(Fault(f"request {request.number}", reason, "let another approver decide"))


def _row(request: PackageRequest) -> dict[str, object]:
    return {
        "number": request.number,
        "project": request.entry.project,
        "specifier": request.entry.specifier,
        "with_dependencies": request.with_dependencies,
        "with_source": request.with_source,
        "reason": request.reason,
        "asked_by": request.asked_by,
        "asked_for": request.asked_for,
        "asked_at": request.asked_at,
        "state": request.state,
        "decided_by": request.decided_by,
        "decided_at": request.decided_at,
        "comment": request.comment,
    }


def _read(row: Any) -> PackageRequest:  # noqa: ANN401 - a row of whatever type SQLAlchemy gives it
    names = [c.name for c in REQUEST.c if c.name not in ("project", "specifier", "state")]
    kept = {name: row[name] for name in names}
    return PackageRequest(entry=Entry(row["project"], row["specifier"]), state=State(row["state"]), **kept)
