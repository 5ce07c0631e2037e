"""What Linux says about processes: who lives, who is whose child, who listens where (proc(5)).

A process id alone is no identity, ids are used again; together with the boot and the start time it is one.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
# Fields of /proc/PID/stat counted from the one after the command's closing bracket.
_PPID, _SESSION, _UTIME, _STIME, _START = 1, 3, 11, 12, 19
_LISTEN = "0A"


@dataclass(frozen=True, slots=True)
class Identity:
    """One process, for as long as the machine runs: id, start time in clock ticks since boot, and which boot."""

    pid: int
    started: int
    boot: str

    def is_alive(self) -> bool:
        """Whether this very process still runs, and not another one under its id."""
        return identity_of(self.pid) == self


@dataclass(frozen=True, slots=True)
class Owner:
    """Who listens on a port, as far as we may see."""

    pid: int
    command: str


def boot_id() -> str:
    """The id of this boot."""
    return (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def identity_of(pid: int) -> Identity | None:
    """The identity of a process that runs; None where there is none, or only its remains (a zombie)."""
    fields = _stat(pid)
    if fields is None or fields[0] in "ZX":
        return None
    return Identity(pid, int(fields[_START]), boot_id())


def descendants(pid: int) -> tuple[int, ...]:
    """Every process below this one, parents first."""
    children: dict[int, list[int]] = {}
    for other in _pids():
        fields = _stat(other)
        if fields is not None and fields[0] not in "ZX":
            children.setdefault(int(fields[_PPID]), []).append(other)
    found = list(children.get(pid, ()))
    for one in found:  # grows while we walk it: that is the breadth-first order
        found.extend(children.get(one, ()))
    return tuple(found)


def cpu_seconds(pid: int) -> float:
    """The processor time, user's and system's, of a process and all that live below it."""
    found = [fields for one in (pid, *descendants(pid)) if (fields := _stat(one)) is not None]
    return sum(int(fields[_UTIME]) + int(fields[_STIME]) for fields in found) / os.sysconf("SC_CLK_TCK")


def family(identity: Identity) -> tuple[Identity, ...]:
    """A process, all below it, and all in the session that it led, even when it is itself gone.

    The kernel gives an id to nobody else while a session of that number has members.
    """
    here = identity_of(identity.pid)
    if here not in (None, identity) or identity.boot != boot_id():
        return ()
    session = (pid for pid in _pids() if (fields := _stat(pid)) and int(fields[_SESSION]) == identity.pid)
    members = dict.fromkeys((identity.pid, *descendants(identity.pid), *session))
    return tuple(one for one in map(identity_of, members) if one is not None)


def command_of(pid: int) -> str:
    """The command line of a process, or its short name where that is all we may see."""
    with suppress(OSError):
        line = (_PROC / str(pid) / "cmdline").read_bytes().rstrip(b"\0").replace(b"\0", b" ").decode(errors="replace")
        return line or (_PROC / str(pid) / "comm").read_text(encoding="utf-8").strip()
    return "?"


def listener_on(port: int) -> Owner | None:
    """Who listens on a TCP port of this machine; None where nobody does or where we may not see it."""
    inodes = set(_listening_inodes(port))
    for pid in _pids() if inodes else ():
        with suppress(OSError):
            for descriptor in (_PROC / str(pid) / "fd").iterdir():
                target = str(descriptor.readlink())
                if target.startswith("socket:[") and target[8:-1] in inodes:
                    return Owner(pid, command_of(pid))
    return None


def end(identity: Identity, grace_seconds: float) -> None:
    """Stop a process and its family: it is asked first, all are killed after the grace; back when none lives."""
    _signal(tuple(one for one in family(identity) if one == identity), signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while left := family(identity):
        if identity not in left or time.monotonic() > deadline:
            _signal(left, signal.SIGKILL)
        time.sleep(0.02)


def _signal(members: tuple[Identity, ...], number: signal.Signals) -> None:
    for one in members:
        if one.is_alive():
            with suppress(ProcessLookupError):
                os.kill(one.pid, number)


def _pids() -> Iterator[int]:
    return (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal())


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the state on; the command before it may hold blanks and brackets."""
    try:
        return (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None


def _listening_inodes(port: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (_PROC / "net" / table).read_text(encoding="ascii").splitlines()[1:]:
                (
                    local,
                    _,
                    state,
                    *_,
                ) = (fields := line.split())[1:4]
                if state == _LISTEN and int(local.rpartition(":")[2], 16) == port:
                    yield fields[9]
