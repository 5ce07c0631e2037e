"""Access keys in the database: whose they are, and the secret, sealed.

A key belongs to a user, and ends with it, or to a workload of the site's own (`key/nightly`), which has the groups that
its key says. Whoever makes somebody else's key has seen its secret and so could act under that name: of a user they
answer for it from then on, as with a password; of a workload they are who it acts for.
"""

import json
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from cloister.errors import Fault, SpecError
from cloister.gateway.access_keys.sealing import Sealer
from cloister.gateway.identity.users import sponsor
from cloister.gateway.tables import ACCESS_KEYS, USERS

PREFIX: Final = "CLAK"
WORKLOAD_PREFIX: Final = "key/"
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_MOST_ACTIVE: Final = 2
_WORKLOAD: Final = re.compile(r"key/[a-z0-9][a-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key as it stands. `sealed` opens, bound to the id, to its secret."""

    id: str
    owner: str
    groups: tuple[str, ...]
    active: bool
    created_at: datetime
    created_by: str
    last_used_at: datetime | None
    sealed: str

    @property
    def is_workload(self) -> bool:
        """Whether it belongs to a workload of the site's own, and not to a user."""
        return self.owner.startswith(WORKLOAD_PREFIX)


def new_id(prefix: str = PREFIX) -> str:
    """An id of the form of AWS's: four letters that say what it is, and sixteen at random."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(16))


def new_secret() -> str:
    """Forty letters, of 240 bits."""
    return secrets.token_urlsafe(30)


def create(
    engine: Engine, sealer: Sealer, owner: str, groups: Collection[str], *, now: datetime, by: str
) -> tuple[str, str]:
    """The id and the secret of a new key, which is told this once. Raises SpecError where there can be none."""
    key_id, secret = new_id(), new_secret()
    with engine.begin() as connection:
        _check_owner(connection, owner, groups)
        active = (ACCESS_KEYS.c.owner == owner) & ACCESS_KEYS.c.active
        if (connection.scalar(select(func.count()).where(active)) or 0) >= _MOST_ACTIVE:
            mend = "disable or delete one first: cloister key list"
            raise SpecError(Fault(f'"{owner}"', f"has {_MOST_ACTIVE} active access keys", mend))
        connection.execute(
            insert(ACCESS_KEYS).values(
                id=key_id,
                owner=owner,
                groups=json.dumps(sorted(set(groups))),
                active=True,
                created_at=now,
                created_by=by,
                sealed=sealer.seal(secret.encode(), key_id),
            )
        )
        if not owner.startswith(WORKLOAD_PREFIX):
            sponsor(connection, owner, by)
    return key_id, secret


def find(engine: Engine, key_id: str) -> AccessKey | None:
    """The key of that id, or None."""
    with engine.connect() as connection:
        row = connection.execute(select(ACCESS_KEYS).where(ACCESS_KEYS.c.id == key_id)).first()
    return _read(row) if row is not None else None


def list_keys(engine: Engine, owner: str | None = None) -> list[AccessKey]:
    """Every key, or those of one owner, by owner and age."""
    query = select(ACCESS_KEYS).order_by(ACCESS_KEYS.c.owner, ACCESS_KEYS.c.created_at, ACCESS_KEYS.c.id)
    with engine.connect() as connection:
        found = connection.execute(query if owner is None else query.where(ACCESS_KEYS.c.owner == owner))
        return [_read(row) for row in found]


def set_active(engine: Engine, key_id: str, *, active: bool) -> None:
    """Let a key count, or no longer. Raises SpecError where its owner has two that count already."""
    with engine.begin() as connection:
        owner = connection.scalar(select(ACCESS_KEYS.c.owner).where(ACCESS_KEYS.c.id == key_id))
        others = (ACCESS_KEYS.c.owner == owner) & ACCESS_KEYS.c.active & (ACCESS_KEYS.c.id != key_id)
        if active and (connection.scalar(select(func.count()).where(others)) or 0) >= _MOST_ACTIVE:
            raise SpecError(Fault(f'"{owner}"', f"has {_MOST_ACTIVE} active access keys", "disable one first"))
        connection.execute(update(ACCESS_KEYS).where(ACCESS_KEYS.c.id == key_id).values(active=active))


def remove(engine: Engine, key_id: str) -> None:
    """Delete a key for good."""
    with engine.begin() as connection:
        connection.execute(delete(ACCESS_KEYS).where(ACCESS_KEYS.c.id == key_id))


def used(engine: Engine, key_id: str, *, now: datetime) -> None:
    """Note when a key was last used."""
    with engine.begin() as connection:
        connection.execute(update(ACCESS_KEYS).where(ACCESS_KEYS.c.id == key_id).values(last_used_at=now))


def reseal(engine: Engine, sealer: Sealer) -> int:
    """Seal every secret with the newest key of the ring; how many there are. Older keys may go after that."""
    sealer.read()
    with engine.begin() as connection:
        rows = connection.execute(select(ACCESS_KEYS.c.id, ACCESS_KEYS.c.sealed)).all()
        for row in rows:
            sealed = sealer.seal(sealer.open(row.sealed, row.id), row.id)
            connection.execute(update(ACCESS_KEYS).where(ACCESS_KEYS.c.id == row.id).values(sealed=sealed))
    return len(rows)


def _check_owner(connection: Connection, owner: str, groups: Collection[str]) -> None:
    if owner.startswith(WORKLOAD_PREFIX):
        if not _WORKLOAD.fullmatch(owner):
            mend = "use lower-case letters, digits, dot, underscore and hyphen: key/nightly"
            raise SpecError(Fault(f'workload "{owner}"', "is no name of a workload", mend))
        return
    if connection.scalar(select(USERS.c.name).where(USERS.c.name == owner)) is None:
        mend = "see who does: cloister user list; or name a workload: key/nightly"
        raise SpecError(Fault(f'user "{owner}"', "does not exist", mend))
    if groups:
        raise SpecError(Fault(f'user "{owner}"', "has the groups of the user", "give groups to workloads alone"))


def _read(row: Row[tuple[object, ...]]) -> AccessKey:
    kept = row._mapping  # noqa: SLF001 - SQLAlchemy's documented way to read a row by name
    return AccessKey(
        id=kept["id"],
        owner=kept["owner"],
        groups=tuple(json.loads(kept["groups"])),
        active=kept["active"],
        created_at=_utc(kept["created_at"]),
        created_by=kept["created_by"],
        last_used_at=_utc(kept["last_used_at"]) if kept["last_used_at"] else None,
        sealed=kept["sealed"],
    )


def _utc(moment: datetime) -> datetime:
    """SQLite keeps no time zone; what we write is UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
