"""What one process of the platform is: how it is started, when it counts as ready, how it is stopped."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cloister.platform.lifecycle import RestartPolicy


@dataclass(frozen=True, slots=True)
class Readiness:
    """The request that a ready process answers with `status`: on a Unix socket, or on a port of 127.0.0.1."""

    path: str
    socket: Path | None = None
    port: int = 0
    host: str = "localhost"
    status: int = 200

    def __str__(self) -> str:
        return f"GET {self.path} on {self.socket or f'127.0.0.1:{self.port}'}"


@dataclass(frozen=True, slots=True)
class Process:
    """One child process. `needs` names those that must be ready before it starts."""

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
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
