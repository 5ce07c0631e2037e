"""How long somebody who failed to log in must wait before the next try, the same for every process and replica.

Failures are counted of a user from an address, of an address, and of a user from everywhere. The first two make the
next try wait. The third keeps nobody out, or whoever knows a name could keep its owner out from afar: while a user is
being guessed from many addresses, an address has one free try instead of five, and its waits begin longer. So the owner
gets in from any address that sent no wrong password, and a guesser pays an address for each guess.
"""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from cloister.gateway.tables import FAILURES

_FREE_TRIES: Final = 5
# Many people may share one address.
_FREE_TRIES_OF_AN_ADDRESS: Final = 30
_FIRST_WAIT_SECONDS: Final = 2.0
# From so many failures on, a user is taken to be guessed from many addresses.
_UNDER_ATTACK: Final = 20
_FIRST_WAIT_UNDER_ATTACK_SECONDS: Final = 60.0
_LONGEST_WAIT_SECONDS: Final = 300.0
_FORGET: Final = timedelta(minutes=15)
_NEVER: Final = datetime.fromtimestamp(0, UTC)
# Who has an IPv6 network has all of its addresses (RFC 6177: the least that a site is given).
_NETWORK_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class _Count:
    """How often something failed, and when last."""

    failures: int
    last_at: datetime

    def wait_seconds(self, free_tries: int, first_wait: float, now: datetime) -> float:
        """What is left of the wait: doubled with each failure after the free tries."""
        if self.failures < free_tries:
            return 0.0
        wait = min(first_wait * 2.0 ** min(self.failures - free_tries, 20), _LONGEST_WAIT_SECONDS)
        return max(0.0, (self.last_at - now).total_seconds() + wait)


class Throttle:
    """The count of failed logins."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, user: str, address: str, now: datetime) -> float:
        """0 where it may be tried now, which counts as a failure until it is taken back; else the seconds to wait.

        Counted before the password is checked, so that tries at the same time count as well.
        """
        pair, place, person = _digests(user, address)
        self._forget(now)
        with self._engine.begin() as connection:
            counts = {digest: _lock(connection, digest, now) for digest in sorted((pair, place, person))}
            attacked = counts[person].failures >= _UNDER_ATTACK
            limits = (1, _FIRST_WAIT_UNDER_ATTACK_SECONDS) if attacked else (_FREE_TRIES, _FIRST_WAIT_SECONDS)
            wait = max(
                counts[pair].wait_seconds(*limits, now),
                counts[place].wait_seconds(_FREE_TRIES_OF_AN_ADDRESS, _FIRST_WAIT_SECONDS, now),
            )
            if not wait:
                for digest, count in counts.items():
                    _write(connection, digest, count.failures + 1, now)
            return wait

    def succeeded(self, user: str, address: str, now: datetime) -> None:
        """It was no failure: the user's from this address are forgotten.

        Of the other counts one is taken back, or one good password would pay for guessing many.
        """
        pair, place, person = _digests(user, address)
        with self._engine.begin() as connection:
            counts = {digest: _lock(connection, digest, now) for digest in sorted((pair, place, person))}
            for digest in (place, person):
                _write(connection, digest, max(0, counts[digest].failures - 1), counts[digest].last_at)
            connection.execute(delete(FAILURES).where(FAILURES.c.digest == pair))

    def _forget(self, now: datetime) -> None:
        """Remove what is too old to count. Rows in somebody's hands are left, so that nobody waits for each other."""
        old = select(FAILURES.c.digest).where(FAILURES.c.last_at < now - _FORGET).with_for_update(skip_locked=True)
        with self._engine.begin() as connection:
            connection.execute(delete(FAILURES).where(FAILURES.c.digest.in_(old)))


def _digests(user: str, address: str) -> tuple[str, str, str]:
    """Of the user from the address, of the address, and of the user."""
    place = _neighbourhood(address)
    return _digest(f"{user}\n{place}"), _digest(f"\n{place}"), _digest(f"{user}\n")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _neighbourhood(address: str) -> str:
    """Who counts as one: an IPv4 address, or an IPv6 network."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, _NETWORK_BITS), strict=False))


def _lock(connection: Connection, digest: str, now: datetime) -> _Count:
    """The count, which nobody else changes until this transaction ends."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"digest": digest, "failures": 0, "last_at": _NEVER}
    # An update of nothing holds a row that is there already; on SQLite any write holds all.
    held = insert(FAILURES).values(**row).on_conflict_do_update(index_elements=["digest"], set_={"digest": digest})
    connection.execute(held)
    found = connection.execute(select(FAILURES).where(FAILURES.c.digest == digest)).one()
    # SQLite keeps no time zone; what we write is UTC.
    last_at = found.last_at if found.last_at.tzinfo else found.last_at.replace(tzinfo=UTC)
    return _Count(found.failures if last_at >= now - _FORGET else 0, last_at)


def _write(connection: Connection, digest: str, failures: int, at: datetime) -> None:
    where = FAILURES.c.digest == digest
    connection.execute(update(FAILURES).where(where).values(failures=failures, last_at=at))
