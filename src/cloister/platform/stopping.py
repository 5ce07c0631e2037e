"""Stops a platform from outside, as its Ctrl-C would."""

import os
import signal
import time
from contextlib import suppress

from cloister.errors import Fault, SourceError
from cloister.platform.records import Record

_PATIENCE_SECONDS = 90.0


def stop_platform(platform: Record, patience_seconds: float = _PATIENCE_SECONDS) -> None:
    """Ask the platform to stop, by its recorded identity, and wait until it has. Raises where it does not."""
    _signal(platform, signal.SIGTERM)
    deadline = time.monotonic() + patience_seconds
    while platform.identity.is_alive():
        if time.monotonic() > deadline:
            pid = platform.identity.pid
            fault = Fault(f"process {pid}", f"did not stop within {patience_seconds:g} s", f"kill -9 {pid}, then again")
            raise SourceError(fault)
        time.sleep(0.05)


def _signal(platform: Record, number: signal.Signals) -> None:
    """The identity is checked right before: the id may be another's by now."""
    if not platform.identity.is_alive():
        return
    try:
        with suppress(ProcessLookupError):
            os.kill(platform.identity.pid, number)
    except PermissionError as error:
        fault = Fault(f"process {platform.identity.pid}", "belongs to another user", "stop it as that user")
        raise SourceError(fault) from error
