"""A platform that was started as a user starts it, in a process of its own, and is driven from outside."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloister.errors import Fault, InternalError
from cloister.platform import leash
from cloister.platform.logs import tail
from cloister.platform.proc import descendants

_READY_SECONDS = 180.0
_STOP_SECONDS = 60.0
_GRACE_SECONDS = 45.0
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Ready:
    """What `cloister up --json` announces once the platform is ready, as far as the story uses it."""

    logins: Mapping[str, str]
    roles: tuple[Mapping[str, Any], ...]
    isolation: str


class RunningPlatform:
    """`cloister up` as a child process on a leash: it ends when we do, however we end. `stop` may be called again."""

    def __init__(self, arguments: tuple[str, ...], log: Path, environment: Mapping[str, str] = os.environ) -> None:
        self._log = log
        self._log_start = log.stat().st_size if log.exists() else 0
        held = [sys.executable, "-I", "-S", str(Path(leash.__file__)), str(os.getpid()), str(_GRACE_SECONDS)]
        with log.open("ab") as output:
            self._leash = subprocess.Popen(
                [*held, sys.executable, "-m", "cloister", "up", *arguments, "--json"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=output,
                env=dict(environment),
                start_new_session=True,
                text=True,
            )

    @property
    def pid(self) -> int:
        """The process id of `cloister up`; 0 where it has ended."""
        return next(iter(descendants(self._leash.pid)), 0)

    def wait_ready(self, seconds: float = _READY_SECONDS) -> Ready:
        """What the platform announces once it is ready; raise, with what it said, where it ends or is late."""
        late = threading.Timer(seconds, self.stop)
        late.start()
        try:
            line = self._leash.stdout.readline() if self._leash.stdout else ""
        finally:
            late.cancel()
        if not line.strip():
            self.stop()
            reason = f"ended with code {self._leash.returncode} before it was ready:\n{self._said()}"
            raise InternalError(Fault("cloister up", reason, "mend what it says"))
        document = json.loads(line)
        return Ready(document["logins"], tuple(document["roles"]), document["isolation"])

    def interrupt(self) -> int:
        """Press Ctrl-C: the exit code, once every process has stopped."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGINT)
        code = self._ended()
        if leash.OUTLIVED in self._said():
            raise InternalError(Fault("cloister up", f"left processes behind:\n{self._said()}", "report it"))
        return code

    def stop(self) -> None:
        """End it however it is: asked first, forced where it does not listen."""
        if self._leash.poll() is None:
            self._leash.terminate()
        self._ended()

    def force(self) -> None:
        """End it now."""
        self._leash.terminate()

    def _said(self) -> str:
        return tail(self._log, since_byte=self._log_start, lines=_SHOWN)

    def _ended(self) -> int:
        try:
            return self._leash.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._leash.terminate()  # a second time: everything below is killed
            return self._leash.wait()
        finally:
            if self._leash.stdout is not None:
                self._leash.stdout.close()
