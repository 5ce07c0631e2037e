"""How long somebody who failed to log in must wait before the next try."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

_FIRST_WAIT_SECONDS: Final = 2.0
_LONGEST_WAIT_SECONDS: Final = 300.0
_FORGET_SECONDS: Final = 900.0
_KEPT: Final = 10_000


class Throttle:
    """Failures by key. After the free tries, the wait doubles with each failure, from two seconds to five minutes."""

    def __init__(self, clock: Callable[[], float], free_tries: int) -> None:
        self._clock = clock
        self._free_tries = free_tries
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait_seconds(self, key: str) -> float:
        """How long to wait before the next try; 0 where it may be tried now."""
        count, at = self._failures.get(key, (0, 0.0))
        if count < self._free_tries:
            return 0.0
        doublings = min(count - self._free_tries, 20)
        wait = min(_FIRST_WAIT_SECONDS * 2.0**doublings, _LONGEST_WAIT_SECONDS)
        return max(0.0, at + wait - self._clock())

    def failed(self, key: str) -> None:
        """Count a failure."""
        count, at = self._failures.get(key, (0, 0.0))
        fresh = self._clock() - at < _FORGET_SECONDS
        self._failures[key] = (count + 1 if fresh else 1, self._clock())
        self._failures.move_to_end(key)
        while len(self._failures) > _KEPT:
            self._failures.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget the failures of a key."""
        self._failures.pop(key, None)

    def forgive(self, key: str) -> None:
        """Take back one failure: it was none. The others stay, or one good password would pay for guessing many."""
        count, at = self._failures.get(key, (0, 0.0))
        if count > 1:
            self._failures[key] = (count - 1, at)
        else:
            self._failures.pop(key, None)
