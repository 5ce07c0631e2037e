"""What is read from an issuer now and then, and never at each request: its keys and its discovery document."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from cloister.errors import CloisterError, Fault, SourceError

_REFRESH_SECONDS: Final = 600.0
# Keys that could not be read anew for this long are no longer believed in: one of them may have been withdrawn.
_LONGEST_SECONDS: Final = 24 * 3600.0
# The least between two tries, whoever asks for one: made-up key ids cost the issuer nothing more.
_PAUSE_SECONDS: Final = 10.0
_T = TypeVar("_T")


class Kept(Generic[_T]):
    """A value that is read anew after ten minutes, while the one at hand goes on serving.

    `version` counts the readings that brought something new: what rests on an older one is to be looked at again.
    """

    def __init__(self, read: Callable[[], Awaitable[_T]], clock: Callable[[], float]) -> None:
        self._read = read
        self._clock = clock
        self._value: _T | None = None
        self._read_at = -_LONGEST_SECONDS
        self._tried_at = -_LONGEST_SECONDS
        self._failure: CloisterError | None = None
        self._lock = asyncio.Lock()
        self._renewal: asyncio.Task[None] | None = None
        self.version = 0

    async def current(self) -> _T:
        """The value. Raises SourceError where there is none that may still be believed."""
        age = self._clock() - self._read_at
        if self._value is None or age > _LONGEST_SECONDS:
            await self._renew()
        elif age > _REFRESH_SECONDS and (self._renewal is None or self._renewal.done()):
            self._renewal = asyncio.create_task(self._renew())
        if self._value is None or self._clock() - self._read_at > _LONGEST_SECONDS:
            raise self._failure or SourceError(Fault("issuer", "was not read yet", "try again"))
        return self._value

    async def renewed(self) -> _T:
        """The value, read anew unless that was tried a moment ago."""
        await self._renew()
        return await self.current()

    async def _renew(self) -> None:
        async with self._lock:
            if self._clock() - self._tried_at < _PAUSE_SECONDS:
                return
            self._tried_at = self._clock()
            try:
                value = await self._read()
            except CloisterError as error:
                self._failure = error
                return
            self._failure, self._read_at = None, self._clock()
            if value != self._value:
                self._value, self.version = value, self.version + 1
