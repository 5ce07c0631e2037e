"""Ctrl-C, SIGTERM and a closed terminal: the first ends what runs, in order; the second no longer waits for it."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequest(BaseException):
    """Somebody asked us to stop; raised in the main thread, wherever it is."""


class Interrupts:
    """What a signal does: raise StopRequest once, then force whatever is stopping."""

    def __init__(self) -> None:
        self._force: Callable[[], None] | None = None
        self._asked = False

    def stopping(self, force: Callable[[], None]) -> None:
        """From here on a stop is under way: a signal no longer raises, and one after the first forces it."""
        self._force = force

    def hear(self, _number: int, _frame: FrameType | None) -> None:
        """A signal came."""
        first, self._asked = not self._asked, True
        if self._force is None:
            if first:
                raise StopRequest
        elif not first:
            self._force()


@contextmanager
def interrupts() -> Iterator[Interrupts]:
    """Listen for as long as the block lasts."""
    ours = Interrupts()
    before = {number: signal.signal(number, ours.hear) for number in _SIGNALS}
    try:
        yield ours
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
