"""Which files are on their way, through whichever gateway: an approval waits for what it could not see the end of.

Each write holds a lease in the database and renews it. A gateway that is killed stops renewing, and its writes, which
MLflow broke off, no longer count after a minute. One that cannot renew breaks its write off itself before that.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

import anyio
import anyio.to_thread
from sqlalchemy import Engine, delete, insert, select, update

from cloister.errors import Fault, SourceError
from cloister.gateway.tables import WRITES

Part = tuple[str, str]
_LEASE: Final = timedelta(seconds=60)
_RENEWED_SECONDS: Final = 15.0


class Writes:
    """The writes that are under way."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    @asynccontextmanager
    async def under_way(self, parts: Collection[Part]) -> AsyncIterator[None]:
        """A file is on its way into the parts. Enter before the last look at their seals.

        Raises SourceError where the lease could not be renewed in time.
        """
        if not parts:
            yield
            return
        number = secrets.token_hex(16)
        try:
            async with asyncio.timeout(_LEASE.total_seconds()) as limit:
                await anyio.to_thread.run_sync(self._begin, number, parts)
                renewing = asyncio.create_task(self._renew(number, limit))
                try:
                    yield
                finally:
                    renewing.cancel()
        except TimeoutError as error:
            reason = "could not be kept in the database, so an approval could have passed it"
            fault = Fault("write", reason, "look at the platform's database, then send the file again")
            raise SourceError(fault) from error
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self._end, number)

    def into(self, parts: Collection[Part]) -> Part | None:
        """A part into which a file is on its way, or None. Ask after sealing."""
        query = select(WRITES.c.kind, WRITES.c.identity).where(WRITES.c.until > self._clock())
        with self._engine.connect() as connection:
            under_way = {(row.kind, row.identity) for row in connection.execute(query)}
        return next(iter(sorted(under_way & set(parts))), None)

    async def _renew(self, number: str, limit: asyncio.Timeout) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_RENEWED_SECONDS)
            asked = loop.time()
            await anyio.to_thread.run_sync(self._put_off, number)
            limit.reschedule(asked + _LEASE.total_seconds())

    def _begin(self, number: str, parts: Collection[Part]) -> None:
        now = self._clock()
        lease = {"write": number, "until": now + _LEASE}
        rows = [{**lease, "kind": kind, "identity": identity} for kind, identity in sorted(set(parts))]
        with self._engine.begin() as connection:
            connection.execute(delete(WRITES).where(WRITES.c.until < now - _LEASE))
            connection.execute(insert(WRITES), rows)

    def _put_off(self, number: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(WRITES).where(WRITES.c.write == number).values(until=self._clock() + _LEASE))

    def _end(self, number: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(WRITES).where(WRITES.c.write == number))
