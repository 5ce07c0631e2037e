"""Temporary credentials: everything about them stands sealed in the session token, and nothing in the database.

They rest on the access key that asked for them: they end with that key, with its owner, and with the role.
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final

from cloister.gateway.access_keys.kept import new_id, new_secret
from cloister.gateway.access_keys.sealing import Sealer, UnsealedError

PREFIX: Final = "CLST"
_BOUND_TO: Final = "session:"


@dataclass(frozen=True, slots=True)
class Temporary:
    """Temporary credentials. `source` is the access key that asked for them; without `role` they are of its owner."""

    id: str
    secret: str
    source: str
    issued_at: int
    expires_at: int
    role: str = ""
    session: str = ""

    @property
    def issued(self) -> datetime:
        """When they were handed out."""
        return datetime.fromtimestamp(self.issued_at, UTC)

    @property
    def expires(self) -> datetime:
        """When they end."""
        return datetime.fromtimestamp(self.expires_at, UTC)


def hand_out(source: str, *, now: datetime, seconds: int, role: str = "", session: str = "") -> Temporary:
    """New temporary credentials."""
    issued = int(now.timestamp())
    return Temporary(new_id(PREFIX), new_secret(), source, issued, issued + seconds, role, session)


def seal(temporary: Temporary, sealer: Sealer) -> str:
    """The session token."""
    return sealer.seal(json.dumps(asdict(temporary)).encode(), _BOUND_TO + temporary.id)


def open_token(token: str, key_id: str, sealer: Sealer) -> Temporary | None:
    """The credentials in a session token, or None where it is not ours, or of another access key id."""
    try:
        return Temporary(**json.loads(sealer.open(token, _BOUND_TO + key_id)))
    except UnsealedError:
        return None
