"""The policies in the database: every version stays, and every change counts the revision on in the same transaction.

A policy that is deleted has a last version without a document, so that its history goes on where it is put again.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, Literal, get_args

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from cloister.access.policies import read_policy
from cloister.access.roles import ROLES
from cloister.errors import Fault, SpecError
from cloister.gateway.tables import POLICIES, POLICY_ATTACHMENTS, REVISIONS

Kind = Literal["user", "group", "role"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
REVISION: Final = "policies"
# As IAM has names of policies (docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html, read 2026-11-26).
_NAME: Final = re.compile(r"[A-Za-z0-9_+=,.@-]{1,128}")
_LONGEST_TARGET: Final = 250


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """What a policy is attached to: a user, a group, or everybody who has a role."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a policy; without a document it says that the policy was deleted."""

    policy: str
    number: int
    document: str | None
    created_by: str
    created_at: datetime
    reason: str
    review_date: date | None


@dataclass(frozen=True, slots=True)
class Putting:
    """A new version, as it is handed in."""

    policy: str
    document: str
    reason: str
    review_date: date | None = None


def target_of(kind: str, name: str) -> Target:
    """The target of a kind and a name. Raises SpecError where there is no such kind."""
    if kind not in KINDS:
        raise SpecError(Fault(f'"{kind}"', "is nothing that a policy is attached to", f"use one of {', '.join(KINDS)}"))
    if not name.isprintable() or not 0 < len(name) <= _LONGEST_TARGET:
        raise SpecError(Fault(f'{kind} "{name}"', "is no name", "use a printable one of at most 250 letters"))
    return Target(kind, name)


def put(engine: Engine, putting: Putting, *, now: datetime, by: str, taken: Iterable[str] = ()) -> int:
    """The number of the new version. Raises SpecError with every fault of name and document.

    `taken` are names of policies that come from files, which would leave a statement's name with two meanings.
    """
    _check_name(putting.policy, (*ROLES, *taken))
    read_policy(putting.document, putting.policy)
    if not putting.reason.strip():
        mend = "say why: --reason TEXT"
        raise SpecError(Fault(f'policy "{putting.policy}"', "comes without a reason", mend))
    return _add(engine, putting, putting.document, now=now, by=by)


def remove(engine: Engine, name: str, *, reason: str, now: datetime, by: str) -> int:
    """The number of the version that says that the policy is deleted. Raises SpecError while it is attached."""
    current(engine, name)
    if attached := attachments(engine, name):
        mend = f"detach it first: cloister policy detach {name} {attached[0]}"
        raise SpecError(Fault(f'policy "{name}"', f"is attached to {', '.join(map(str, attached))}", mend))
    return _add(engine, Putting(name, "", reason), None, now=now, by=by)


def current(engine: Engine, name: str) -> Version:
    """The version that counts. Raises SpecError where there is no such policy."""
    found = history(engine, name)
    if not found or found[-1].document is None:
        raise SpecError(Fault(f'policy "{name}"', "does not exist", "see which do: cloister policy list"))
    return found[-1]


def version(engine: Engine, name: str, number: int) -> Version:
    """One version of a policy. Raises SpecError where there is none."""
    found = next((one for one in history(engine, name) if one.number == number), None)
    if found is None:
        mend = f"see which there are: cloister policy history {name}"
        raise SpecError(Fault(f'version {number} of policy "{name}"', "does not exist", mend))
    return found


def history(engine: Engine, name: str) -> list[Version]:
    """Every version of a policy, the first one first; none where there never was one."""
    query = select(POLICIES).where(POLICIES.c.name == name).order_by(POLICIES.c.version)
    with engine.connect() as connection:
        return [_version(row) for row in connection.execute(query)]


def list_current(engine: Engine) -> list[Version]:
    """The version that counts of every policy that is not deleted, by name."""
    with engine.connect() as connection:
        return _current(connection)


def attach(engine: Engine, name: str, target: Target, *, now: datetime, by: str) -> None:
    """Let the policy speak for the target as well; nothing where it does already."""
    current(engine, name)
    row = {"policy": name, "kind": target.kind, "target": target.name, "attached_by": by, "attached_at": now}
    if target not in attachments(engine, name):
        with _changing(engine, name) as connection:
            connection.execute(insert(POLICY_ATTACHMENTS).values(**row))


def detach(engine: Engine, name: str, target: Target) -> None:
    """Let the policy speak for the target no longer. Raises SpecError where it did not."""
    columns = POLICY_ATTACHMENTS.c
    here = (columns.policy == name, columns.kind == target.kind, columns.target == target.name)
    with _changing(engine, name) as connection:
        if connection.execute(delete(POLICY_ATTACHMENTS).where(*here)).rowcount == 0:
            mend = f"see what it is attached to: cloister policy show {name}"
            raise SpecError(Fault(f'policy "{name}"', f"is not attached to {target}", mend))


def attachments(engine: Engine, name: str) -> list[Target]:
    """What a policy is attached to."""
    with engine.connect() as connection:
        return sorted(target for policy, target in _attachments(connection) if policy == name)


@dataclass(frozen=True, slots=True)
class Everything:
    """All policies that count, and all attachments, of one revision."""

    versions: tuple[Version, ...]
    attachments: tuple[tuple[str, Target], ...]


def everything(engine: Engine) -> Everything:
    """All that stands now."""
    with engine.connect() as connection:
        return Everything(tuple(_current(connection)), tuple(_attachments(connection)))


def revision(engine: Engine) -> int:
    """The number that every change counts on."""
    with engine.connect() as connection:
        return connection.scalar(select(REVISIONS.c.number).where(REVISIONS.c.name == REVISION)) or 0


def _add(engine: Engine, putting: Putting, document: str | None, *, now: datetime, by: str) -> int:
    with _changing(engine, putting.policy) as connection:
        newest = select(func.max(POLICIES.c.version)).where(POLICIES.c.name == putting.policy)
        number = (connection.scalar(newest) or 0) + 1
        row = {"name": putting.policy, "version": number, "document": document, "reason": putting.reason}
        more = {"created_by": by, "created_at": now, "review_date": putting.review_date}
        connection.execute(insert(POLICIES).values(**row, **more))
    return number


@contextmanager
def _changing(engine: Engine, name: str) -> Iterator[Connection]:
    """A transaction that counts the revision on. It does so first, and so goes one after the other.

    Raises SpecError where somebody else changed the same at the same moment.
    """
    try:
        with engine.begin() as connection:
            on = update(REVISIONS).where(REVISIONS.c.name == REVISION).values(number=REVISIONS.c.number + 1)
            connection.execute(on)
            yield connection
    except IntegrityError as error:
        mend = f"look at it, then try again: cloister policy history {name}"
        raise SpecError(Fault(f'policy "{name}"', "was changed by somebody else at the same moment", mend)) from error


def _current(connection: Connection) -> list[Version]:
    newest = select(POLICIES.c.name, func.max(POLICIES.c.version).label("newest")).group_by(POLICIES.c.name).subquery()
    same = (POLICIES.c.name == newest.c.name) & (POLICIES.c.version == newest.c.newest)
    query = select(POLICIES).join(newest, same).where(POLICIES.c.document.is_not(None)).order_by(POLICIES.c.name)
    return [_version(row) for row in connection.execute(query)]


def _attachments(connection: Connection) -> list[tuple[str, Target]]:
    rows = connection.execute(select(POLICY_ATTACHMENTS))
    return sorted((row.policy, Target(row.kind, row.target)) for row in rows)


def _version(row: Row[Any]) -> Version:
    # SQLite keeps no time zone; what we write is UTC.
    at = row.created_at if row.created_at.tzinfo else row.created_at.replace(tzinfo=UTC)
    return Version(row.name, row.version, row.document, row.created_by, at, row.reason, row.review_date)


def _check_name(name: str, taken: Iterable[str]) -> None:
    if not _NAME.fullmatch(name):
        mend = "use letters, digits and _+=,.@-, at most 128"
        raise SpecError(Fault(f'policy "{name}"', "is no name of a policy", mend))
    if name in taken:
        reason = "is the name of a role that comes with Cloister or from a file"
        raise SpecError(Fault(f'policy "{name}"', reason, "give it another name"))
