"""Local users: argon2id hashes in the database, groups from the specification or from `cloister user`.

There is no self sign-up and no default password. A generated password is returned once, by the call that makes it, and
is never logged.
"""

import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import Connection, Engine, delete, insert, select, update

from cloister.errors import Fault, SpecError
from cloister.gateway.tables import MEMBERSHIPS, SESSIONS, SPONSORS, USERS

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{0,119}")
_SHORTEST_PASSWORD: Final = 10
_LONGEST_PASSWORD: Final = 1024


@dataclass(frozen=True, slots=True)
class User:
    """A local user as it stands now. Tokens and sessions from before `valid_from` no longer count."""

    name: str
    groups: tuple[str, ...]
    disabled: bool
    valid_from: datetime


def ensure_users(engine: Engine, groups: Mapping[str, Collection[str]], *, now: datetime) -> dict[str, str]:
    """The generated passwords of users that were not there yet; memberships become what the specification says.

    Memberships that `cloister user` gave stay. A user whom the specification no longer names stays, without its groups.
    """
    members = {name for names in groups.values() for name in names}
    _check_names(members)
    with engine.begin() as connection:
        known = set(connection.scalars(select(USERS.c.name)))
        made = {name: secrets.token_urlsafe(12) for name in sorted(members - known)}
        for name, password in made.items():
            _insert_user(connection, name, password, now)
        connection.execute(delete(MEMBERSHIPS).where(MEMBERSHIPS.c.specified))
        for group, names in groups.items():
            for name in names:
                _join_group(connection, name, group, specified=True)
    return made


def add_user(
    engine: Engine, name: str, groups: Collection[str], password: str | None, *, now: datetime, by: str = ""
) -> str:
    """The password of the new user: the one given, or a generated one. Raises SpecError where it cannot be added.

    `by` is who adds it through the platform and so knows the password; where duties are separated, the two are one.
    """
    _check_names([name])
    password = _checked_password(password)
    with engine.begin() as connection:
        if connection.scalar(select(USERS.c.name).where(USERS.c.name == name)):
            raise SpecError(
                Fault(f'user "{name}"', "exists already", f"set a new password: cloister user passwd {name}")
            )
        _insert_user(connection, name, password, now)
        for group in groups:
            _join_group(connection, name, group, specified=False)
        sponsor(connection, name, by)
    return password


def list_users(engine: Engine) -> list[User]:
    """Every local user, by name."""
    with engine.connect() as connection:
        return [_user(connection, row.name) for row in connection.execute(select(USERS.c.name).order_by(USERS.c.name))]


def find_user(engine: Engine, name: str) -> User | None:
    """The user of that name, or None."""
    with engine.connect() as connection:
        found = connection.scalar(select(USERS.c.name).where(USERS.c.name == name))
        return _user(connection, name) if found else None


def set_password(engine: Engine, name: str, password: str | None, *, now: datetime, by: str = "") -> str:
    """The user's new password; every token and session from before ends. `by` as for a new user."""
    password = _checked_password(password)
    with engine.connect() as connection:
        if connection.scalar(select(USERS.c.issuer).where(USERS.c.name == name)):
            reason = f'logs in at "{name.partition(":")[0]}" and has no password here'
            raise SpecError(
                Fault(f'user "{name}"', reason, "change it there, or shut the user out: cloister user disable")
            )
    _change(engine, name, {"password_hash": _hasher().hash(password), "valid_from": now}, by)
    return password


def answering_for(engine: Engine, names: Collection[str]) -> frozenset[str]:
    """The names, with everybody who could log in as one of them because they set its account or its password up."""
    found, fresh = set(names), set(names)
    with engine.connect() as connection:
        while fresh:
            query = select(SPONSORS.c.person).where(SPONSORS.c.user_name.in_(sorted(fresh)))
            fresh = set(connection.scalars(query)) - found
            found |= fresh
    return frozenset(found)


def set_disabled(engine: Engine, name: str, *, disabled: bool, now: datetime) -> None:
    """Shut the user out, or let it in again; either way tokens and sessions from before end."""
    _change(engine, name, {"disabled": disabled, "valid_from": now})


def password_matches(engine: Engine, name: str, password: str) -> bool:
    """Whether this is the password of an enabled user; takes as long for a user that does not exist."""
    query = select(USERS.c.password_hash, USERS.c.disabled).where(USERS.c.name == name, USERS.c.issuer.is_(None))
    with engine.connect() as connection:
        row = connection.execute(query).first()
    kept = row.password_hash if row is not None else _decoy()
    if len(password) > _LONGEST_PASSWORD:
        return False
    try:
        _hasher().verify(kept, password)
    except (Argon2Error, InvalidHashError):
        return False
    return row is not None and not row.disabled


@cache
def _hasher() -> PasswordHasher:
    """Argon2id with the library's parameters, which are RFC 9106's second recommendation (64 MiB)."""
    return PasswordHasher()


@cache
def _decoy() -> str:
    return _hasher().hash(secrets.token_urlsafe())


def _checked_password(password: str | None) -> str:
    if password is None:
        return secrets.token_urlsafe(12)
    if not _SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
        reason = f"has {len(password)} characters"
        mend = f"use {_SHORTEST_PASSWORD} to {_LONGEST_PASSWORD}, or let one be generated"
        raise SpecError(Fault("password", reason, mend))
    return password


def _check_names(names: Collection[str]) -> None:
    mend = "use lower-case letters, digits, dot, underscore, at sign and hyphen, at most 120"
    if faults := [
        Fault(f'user "{name}"', "is no user name", mend) for name in sorted(names) if not _NAME.fullmatch(name)
    ]:
        raise SpecError(faults)


def _insert_user(connection: Connection, name: str, password: str, now: datetime) -> None:
    row = {"name": name, "password_hash": _hasher().hash(password), "disabled": False}
    connection.execute(insert(USERS).values(**row, created_at=now, valid_from=now))


def _join_group(connection: Connection, name: str, group: str, *, specified: bool) -> None:
    here = (MEMBERSHIPS.c.user_name == name) & (MEMBERSHIPS.c.group_name == group)
    if connection.execute(select(MEMBERSHIPS).where(here)).first() is None:
        connection.execute(insert(MEMBERSHIPS).values(user_name=name, group_name=group, specified=specified))


def _user(connection: Connection, name: str) -> User:
    row = connection.execute(select(USERS).where(USERS.c.name == name)).one()
    groups = connection.scalars(select(MEMBERSHIPS.c.group_name).where(MEMBERSHIPS.c.user_name == name))
    # SQLite keeps no time zone; what we write is UTC.
    valid_from = row.valid_from if row.valid_from.tzinfo else row.valid_from.replace(tzinfo=UTC)
    return User(name, tuple(sorted(groups)), row.disabled, valid_from)


def sponsor(connection: Connection, name: str, person: str) -> None:
    """Note that `person` could act as the user, having seen what the user proves itself with."""
    here = SPONSORS.c.user_name == name, SPONSORS.c.person == person
    if person not in ("", name) and connection.execute(select(SPONSORS).where(*here)).first() is None:
        connection.execute(insert(SPONSORS).values(user_name=name, person=person))


def _change(engine: Engine, name: str, values: Mapping[str, object], by: str = "") -> None:
    with engine.begin() as connection:
        changed = connection.execute(update(USERS).where(USERS.c.name == name).values(**values))
        if changed.rowcount == 0:
            raise SpecError(Fault(f'user "{name}"', "does not exist", "see who does: cloister user list"))
        connection.execute(delete(SESSIONS).where(SESSIONS.c.user_name == name))
        sponsor(connection, name, by)
