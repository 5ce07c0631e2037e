"""A live line with its seconds, for whoever waits at a terminal; a pipe sees nothing of it."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_QUIET_SECONDS = 2.0
_BACK_AND_CLEAR = "\r\x1b[K"


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """Around work that may take its time: after two seconds a line on standard error, which goes when it is done."""
    if not sys.stderr.isatty():
        yield
        return
    done = threading.Event()
    teller = threading.Thread(target=_tell, args=(text, done), daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()


def _tell(text: str, done: threading.Event) -> None:
    start = time.monotonic()
    if done.wait(_QUIET_SECONDS):
        return
    while not done.is_set():
        sys.stderr.write(f"{_BACK_AND_CLEAR}{text}: {time.monotonic() - start:.0f} s")
        sys.stderr.flush()
        done.wait(1.0)
    sys.stderr.write(_BACK_AND_CLEAR)
    sys.stderr.flush()
