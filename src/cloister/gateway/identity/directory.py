"""People whom another issuer vouches for, as users of the platform: no password, and a name that is theirs for good.

An issuer calls the same person by the same subject for ever; names it may change, or give to somebody else (OpenID
Connect Core 1.0, section 5.7). So the first name that a subject comes with stays bound to it here. Otherwise whoever
changes the name could approve what the old one made, and whoever gets a leaver's name would get the leaver's work.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError

from cloister.errors import Fault
from cloister.gateway.faults import UnauthenticatedError
from cloister.gateway.identity.claims import Vouched
from cloister.gateway.tables import MEMBERSHIPS, USERS

# Which of somebody's tokens we see first says nothing about those that were issued before it.
_EVER: Final = datetime.fromtimestamp(0, UTC)


def admit(engine: Engine, person: Vouched, *, now: datetime) -> str:
    """The name of the person here, who becomes a user if new. Raises UnauthenticatedError where the name is taken."""
    try:
        with engine.begin() as connection:
            return _known_as(connection, person) or _enter(connection, person, now)
    except IntegrityError:
        # Another process entered somebody at the same moment; what it wrote is there now.
        with engine.begin() as connection:
            name = _known_as(connection, person)
    if name is None:
        fault = Fault(
            f'user "{person.name}"',
            "is the name of somebody else from another login",
            "let the issuer send a name that was never given to anybody else, or choose another name_claim",
        )
        raise UnauthenticatedError(fault)
    return name


def join_groups(engine: Engine, name: str, groups: Collection[str]) -> None:
    """Let the user's groups be these: those that the issuer named at the newest login."""
    with engine.begin() as connection:
        of_user = MEMBERSHIPS.c.user_name == name
        if set(connection.scalars(select(MEMBERSHIPS.c.group_name).where(of_user))) == set(groups):
            return
        connection.execute(delete(MEMBERSHIPS).where(of_user))
        for group in sorted(set(groups)):
            connection.execute(insert(MEMBERSHIPS).values(user_name=name, group_name=group, specified=False))


def issuer_of(engine: Engine, name: str) -> str | None:
    """The issuer that vouches for a user; None for a local user, or one that does not exist."""
    with engine.connect() as connection:
        return connection.scalar(select(USERS.c.issuer).where(USERS.c.name == name))


def _known_as(connection: Connection, person: Vouched) -> str | None:
    here = (USERS.c.issuer == person.issuer) & (USERS.c.subject == person.subject)
    return connection.scalar(select(USERS.c.name).where(here))


def _enter(connection: Connection, person: Vouched, now: datetime) -> str:
    row = {"name": person.name, "password_hash": "", "disabled": False, "created_at": now, "valid_from": _EVER}
    connection.execute(insert(USERS).values(**row, issuer=person.issuer, subject=person.subject))
    return person.name
