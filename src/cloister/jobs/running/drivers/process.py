"""One process of a parallel step as the step's program sees it: what it does, and until when it may."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from .batches import Batch
from .said import say_raw

# Our package leaves no name behind: the author may have one that is called so as well.
_START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); import drivers.worker as worker; sys.path.pop(0);"
    " [sys.modules.pop(name) for name in list(sys.modules) if name.partition('.')[0] == 'drivers'];"
    " sys.exit(worker.main(sys.argv[1]))"
)


class Process:
    """A process that runs the entry script. It must be closed."""

    def __init__(self, number: int, told: Mapping[str, Any]) -> None:
        hears, self._tell = os.pipe()
        self.answers, answers = os.pipe()
        spec = {**told, "parent": os.getpid(), "hears": hears, "answers": answers}
        self._popen = subprocess.Popen(
            [sys.executable, "-u", "-c", _START, str(Path(__file__).resolve().parent.parent), json.dumps(spec)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(hears, answers),
            # A group of its own: it is ended with all that it started, and nothing else is.
            start_new_session=True,
        )
        os.close(hears)
        os.close(answers)
        self.number = number
        self.batch: Batch | None = None
        self.is_ready = False
        self._deadline = float("inf")
        self._overdue = ""
        self._heard = b""
        self._printing = threading.Thread(target=self._print, args=(self._popen.stdout,), daemon=True)
        self._printing.start()

    @property
    def deadline(self) -> float:
        """When it has had its time, by the monotonic clock; never while it has nothing to do."""
        return self._deadline if self.batch is not None or not self.is_ready else float("inf")

    @property
    def overdue(self) -> str:
        """Why it is given up where its time is over; empty where it is not."""
        return self._overdue if time.monotonic() >= self.deadline else ""

    def allow(self, seconds: float, overdue: str) -> None:
        """Give it so much time for what it does now."""
        self._deadline, self._overdue = time.monotonic() + seconds, overdue

    def give(self, batch: Batch, told: Mapping[str, Any]) -> None:
        """Give it a mini batch."""
        self.batch = batch
        # One that is dead says so on its other pipe.
        with contextlib.suppress(BrokenPipeError):
            os.write(self._tell, json.dumps(told, default=str).encode() + b"\n")

    def heard(self) -> "list[dict[str, Any]] | None":
        """What it answered, all that is there; None where it is dead."""
        piece = os.read(self.answers, 1 << 20)
        *lines, self._heard = (self._heard + piece).split(b"\n")
        return [json.loads(line) for line in lines] if piece else None

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._popen.poll() is None

    def finish(self) -> None:
        """Tell it that there is nothing more."""
        os.close(self._tell)
        self._tell = -1

    def ended(self, seconds: float) -> "int | None":
        """Its exit code, or None where it still runs after so long."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._popen.wait(max(0.0, seconds))
        return None

    def signal(self, number: int) -> None:
        """Send a signal to it and all that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._popen.pid, number)

    def close(self) -> str:
        """End it with all that it started, and let go of its pipes; returns how it ended, in words."""
        self.signal(signal.SIGKILL)
        code = self._popen.wait()
        # What it printed last may still be in the pipe.
        self._printing.join(1)
        for descriptor in (self.answers, self._tell):
            if descriptor >= 0:
                os.close(descriptor)
        return f"exited with code {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"

    def _print(self, pipe: "IO[bytes]") -> None:
        for line in pipe:
            say_raw(b"[process %d] %s\n" % (self.number, line.rstrip(b"\n")))
