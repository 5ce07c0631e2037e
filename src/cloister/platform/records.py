"""What runs in a home, written down: one record a process, the lock that only one platform holds, and what to do about
processes that a crash left behind.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter

from cloister.errors import Fault, SourceError
from cloister.platform.home import Home
from cloister.platform.proc import Identity, end, family, identity_of
from cloister.platform.process import Readiness

PLATFORM = "platform"
_GRACE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Record:
    """One process that was started in a home: who it is, since when (UTC, ISO 8601), and how to ask it.

    That of the platform itself says where it listens, what it runs, and which processes it consists of.
    """

    name: str
    identity: Identity
    since: str
    readiness: Readiness | None = None
    address: str = ""
    file: str = ""
    processes: tuple[str, ...] = ()


_RECORD = TypeAdapter(Record)


def record_now(name: str, pid: int, readiness: Readiness | None = None) -> Record:
    """The record of a process of this moment; a process that is gone already gets one that matches none."""
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return Record(name, identity_of(pid) or Identity(pid, 0, ""), since, readiness)


def write_record(home: Home, record: Record) -> None:
    """Write a record, as a whole or not at all."""
    path = home.record(record.name)
    draft = path.with_suffix(".new")
    draft.write_bytes(_RECORD.dump_json(record))
    draft.replace(path)


def remove_record(home: Home, name: str) -> None:
    """Forget a process."""
    home.record(name).unlink(missing_ok=True)


def read_records(home: Home) -> tuple[Record, ...]:
    """Every record that can be read, by name; a torn one counts as none."""
    return tuple(record for path in sorted(home.run.glob("*.json")) if (record := _read(path)) is not None)


def running_platform(home: Home) -> Record | None:
    """The platform that runs in this home, if one does."""
    record = _read(home.record(PLATFORM))
    return record if record is not None and record.identity.is_alive() else None


def clear_leftovers(home: Home) -> tuple[Record, ...]:
    """Stop what a platform that crashed left running, and forget it; answers with what had to be stopped.

    To be called with the lock held: then no record can be that of a platform that runs well.
    """
    left = tuple(one for one in read_records(home) if one.identity.pid != os.getpid() and family(one.identity))
    for record in left:
        end(record.identity, _GRACE_SECONDS)
    for record in read_records(home):
        remove_record(home, record.name)
    for socket in home.sockets.glob("*.sock"):
        socket.unlink(missing_ok=True)
    return left


@contextmanager
def locked(home: Home) -> Iterator[None]:
    """Hold the home's lock; refuse where another platform holds it. The kernel lets go of it however we end."""
    with home.lock.open("a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SourceError(fault_of_second(home, _read(home.record(PLATFORM)))) from error
        yield


def fault_of_second(home: Home, record: Record | None) -> Fault:
    """Why a second platform cannot run in a home: who has it, and since when."""
    who = f"process {record.identity.pid}, since {record.since}" if record else "it is about to start"
    mend = f"stop it: cloister down --home {home.root}; or run a second one elsewhere: cloister up --home PATH --port N"
    return Fault(str(home.root), f"a platform runs here already ({who})", mend)


def _read(path: Path) -> Record | None:
    with suppress(OSError, ValueError):
        return _RECORD.validate_json(path.read_bytes())
    return None
