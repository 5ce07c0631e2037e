"""What one process of the platform is: how it is started, when it counts as ready, how it is stopped."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cloister.platform.lifecycle import RestartPolicy


@dataclass(frozen=True, slots=True)
class Readiness:
    """The request that a ready process answers with `status`: on a Unix socket, or on a port of 127.0.0.1.

    A process that listens nowhere writes `file` instead; what an earlier one wrote is removed before the start.
    """

    path: str = "/health"
    socket: Path | None = None
    port: int = 0
    host: str = "localhost"
    status: int = 200
    file: Path | None = None

    def __str__(self) -> str:
        if self.file is not None:
            return str(self.file)
        return f"http://127.0.0.1:{self.port}{self.path}" if self.port else f"{self.socket} {self.path}"


@dataclass(frozen=True, slots=True)
class Process:
    """One child process. `needs` names those that must be ready before it starts."""

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    umask: int = 0o077
    needs: tuple[str, ...] = ()
    readiness: Readiness | None = None
    ready_within_seconds: float = 90.0
    stop_within_seconds: float = 10.0
    restart: RestartPolicy = field(default_factory=RestartPolicy)


def check_order(processes: tuple[Process, ...]) -> None:
    """Refuse a plan in which a process needs one that is not listed before it: there would be no order to start in."""
    known: set[str] = set()
    for process in processes:
        if missing := set(process.needs) - known or ({process.name} & known):
            message = f"process {process.name} is out of order: {sorted(missing)}"
            raise ValueError(message)
        known.add(process.name)
