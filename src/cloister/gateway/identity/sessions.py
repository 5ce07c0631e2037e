"""Browser sessions: a random cookie, of which the database keeps only the digest; logging out ends it everywhere."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Engine, delete, insert, select

from cloister.gateway.tables import SESSIONS

LIFETIME: Final = timedelta(hours=12)


def open_session(
    engine: Engine,
    user: str,
    *,
    now: datetime,
    lifetime: timedelta = LIFETIME,
    authenticated_at: datetime | None = None,
) -> str:
    """The cookie's value of a new session; sessions that have run out are removed on the way.

    `authenticated_at` is when the person showed who it is, where that was before now.
    """
    cookie = secrets.token_urlsafe(32)
    with engine.begin() as connection:
        connection.execute(delete(SESSIONS).where(SESSIONS.c.expires_at < now))
        connection.execute(
            insert(SESSIONS).values(
                digest=_digest(cookie),
                user_name=user,
                created_at=now,
                expires_at=now + lifetime,
                authenticated_at=authenticated_at or now,
            )
        )
    return cookie


@dataclass(frozen=True, slots=True)
class Session:
    """A session that goes on: whose it is, when the person showed who it is, and when it ends."""

    user: str
    authenticated_at: datetime
    ends_at: datetime


def find_session(engine: Engine, cookie: str, *, now: datetime) -> Session | None:
    """The session of a cookie, or None where there is no such session or it has run out."""
    query = select(SESSIONS).where(SESSIONS.c.digest == _digest(cookie))
    with engine.connect() as connection:
        row = connection.execute(query).first()
    if row is None or _utc(row.expires_at) <= now:
        return None
    return Session(row.user_name, _utc(row.authenticated_at or row.created_at), _utc(row.expires_at))


def close_session(engine: Engine, cookie: str) -> str:
    """End the session. Whose it was; empty where there was none."""
    here = SESSIONS.c.digest == _digest(cookie)
    with engine.begin() as connection:
        user = connection.scalar(select(SESSIONS.c.user_name).where(here))
        connection.execute(delete(SESSIONS).where(here))
    return user or ""


def _digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()


def _utc(moment: datetime) -> datetime:
    """SQLite keeps no time zone; what we write is UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
