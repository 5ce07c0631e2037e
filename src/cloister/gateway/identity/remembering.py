"""What was looked up a moment ago: kept for a second, so that a change counts everywhere within one."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Generic, TypeVar

from cloister.gateway.together import Together

_REMEMBER: Final = timedelta(seconds=1)
_KEPT: Final = 10_000
_T = TypeVar("_T")


class Remembering(Generic[_T]):
    """Answers by name, each asked again after a second."""

    def __init__(self, ask: Callable[[str], Awaitable[_T]], clock: Callable[[], datetime]) -> None:
        self._ask = ask
        self._clock = clock
        self._kept: dict[str, tuple[datetime, _T]] = {}
        self._asked = Together[_T]()

    async def of(self, name: str) -> _T:
        """The answer about a name, at most a second old."""
        kept = self._kept.get(name)
        now = self._clock()
        if kept is not None and kept[0] >= now:
            return kept[1]
        return await self._asked.of(name, partial(self._ask, name), partial(self._keep, name, now + _REMEMBER))

    def _keep(self, name: str, until: datetime, found: _T) -> None:
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[name] = until, found

    def forget(self) -> None:
        """Ask again at the next request (after a change through this process)."""
        self._kept.clear()
        self._asked.forget_all()
