"""What a long verb says while it works: on standard error, live on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.status import Status


class Talk:
    """The voice of one run of a verb. `quiet` leaves everything out that is not a fault."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = Console(stderr=True, quiet=quiet, highlight=False, soft_wrap=True)
        self._live: Status | None = None

    @property
    def is_live(self) -> bool:
        """Whether somebody watches at a terminal."""
        return self._console.is_terminal and not self._console.quiet

    def say(self, text: str = "") -> None:
        """A line."""
        self._console.print(text, markup=False)

    def head(self, text: str) -> None:
        """A heading."""
        self._console.print(f"\n{text}", markup=False, style="bold" if self.is_live else None)

    def now(self, text: str) -> None:
        """What is being done at this moment: changes the live line; nothing elsewhere."""
        if self._live is not None:
            self._live.update(escape(text))

    @contextmanager
    def working(self, text: str) -> Iterator[None]:
        """Around work that takes its time: a live line with its seconds, or a line when it is done."""
        start = time.monotonic()
        if self.is_live:
            with self._console.status(escape(text)) as live:
                self._live = live
                try:
                    yield
                finally:
                    self._live = None
        else:
            yield
        self.say(f"  {text}: {time.monotonic() - start:.1f} s")


def print_result(text: str) -> None:
    """A result, on standard output, at once: a pipe must not sit on what a reader waits for."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
