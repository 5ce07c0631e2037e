"""A platform that was started as a user starts it, in a process of its own, and is driven from outside."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cloister.errors import Fault, InternalError

_READY_SECONDS = 180.0
_STOP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Announcement:
    """What `cloister up --json` prints on its standard output once the platform is ready."""

    url: str
    serving_url: str
    logins: Mapping[str, str] = field(default_factory=dict)
    roles: tuple[Mapping[str, object], ...] = ()


class RunningPlatform:
    """`cloister up` as a child process, in a session of its own; `stop` may be called at any time and again."""

    def __init__(self, arguments: tuple[str, ...], log: Path, environment: Mapping[str, str] = os.environ) -> None:
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "cloister", "up", *arguments, "--json"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=output,
                env=dict(environment),
                start_new_session=True,
                text=True,
            )

    @property
    def pid(self) -> int:
        """The process id of `cloister up`."""
        return self._process.pid

    def wait_ready(self, seconds: float = _READY_SECONDS) -> Announcement:
        """What the platform announces once it is ready; raise, with what it said, where it ends or is late."""
        late = threading.Timer(seconds, self.stop)
        late.start()
        try:
            line = self._process.stdout.readline() if self._process.stdout else ""
        finally:
            late.cancel()
        if not line.strip():
            self.stop()
            said = self._log.read_text(encoding="utf-8", errors="replace").strip()[-3000:]
            fault = Fault(
                "cloister up", f"ended with code {self._process.returncode} before it was ready:\n{said}", "see above"
            )
            raise InternalError(fault)
        document = json.loads(line)
        return Announcement(document["url"], document["serving_url"], document["logins"], tuple(document["roles"]))

    def interrupt(self) -> int:
        """Press Ctrl-C: the exit code, once every process has stopped."""
        self._process.send_signal(signal.SIGINT)
        return self._ended()

    def stop(self) -> None:
        """End it however it is: asked first, forced where it does not listen."""
        if self._process.poll() is None:
            self._process.terminate()
        self._ended()

    def _ended(self) -> int:
        try:
            return self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()  # its children go with it: each is on a leash
            return self._process.wait()
        finally:
            if self._process.stdout is not None:
                self._process.stdout.close()
