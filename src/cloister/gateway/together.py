"""One question at a time: whoever asks the same while its answer is on the way waits for that one.

What is kept for a moment runs out for all who ask at once; without this each of them would ask anew.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Together(Generic[_T]):
    """The questions that are on their way, by what they are about."""

    def __init__(self) -> None:
        self._asked: dict[str, asyncio.Task[_T]] = {}

    async def of(self, about: str, ask: Callable[[], Awaitable[_T]], keep: Callable[[_T], None]) -> _T:
        """The answer. `keep` is told it once, unless it was forgotten meanwhile and may be of before."""
        asked = self._asked.get(about)
        if asked is None:
            asked = asyncio.get_running_loop().create_task(self._ask(about, ask, keep))
            self._asked[about] = asked
        # Who goes away takes the answer from nobody else.
        return await asyncio.shield(asked)

    def forget(self, about: str) -> None:
        """What is on its way on this serves those alone who wait for it already."""
        self._asked.pop(about, None)

    def forget_all(self) -> None:
        """As `forget`, of everything."""
        self._asked.clear()

    async def _ask(self, about: str, ask: Callable[[], Awaitable[_T]], keep: Callable[[_T], None]) -> _T:
        mine = asyncio.current_task()
        try:
            found = await ask()
            if self._asked.get(about) is mine:
                keep(found)
            return found
        finally:
            if self._asked.get(about) is mine:
                del self._asked[about]
