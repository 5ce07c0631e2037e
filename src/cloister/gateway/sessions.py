"""Browser sessions: a random cookie, of which the database keeps only the digest; logging out ends it everywhere."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Engine, delete, insert, select

from cloister.gateway.tables import SESSIONS

COOKIE: Final = "cloister_session"
LIFETIME: Final = timedelta(hours=12)


def open_session(engine: Engine, user: str, *, now: datetime) -> str:
    """The cookie's value of a new session; sessions that have run out are removed on the way."""
    cookie = secrets.token_urlsafe(32)
    with engine.begin() as connection:
        connection.execute(delete(SESSIONS).where(SESSIONS.c.expires_at < now))
        connection.execute(
            insert(SESSIONS).values(digest=_digest(cookie), user_name=user, created_at=now, expires_at=now + LIFETIME)
        )
    return cookie


def user_of_session(engine: Engine, cookie: str, *, now: datetime) -> str | None:
    """The name of the user whose session this is, or None where there is no such session or it has run out."""
    query = select(SESSIONS.c.user_name, SESSIONS.c.expires_at).where(SESSIONS.c.digest == _digest(cookie))
    with engine.connect() as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    expires_at = row.expires_at if row.expires_at.tzinfo else row.expires_at.replace(tzinfo=UTC)
    return str(row.user_name) if expires_at > now else None


def close_session(engine: Engine, cookie: str) -> None:
    """End the session."""
    with engine.begin() as connection:
        connection.execute(delete(SESSIONS).where(SESSIONS.c.digest == _digest(cookie)))


def _digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
