"""The user ids of steps: each is one step's alone on this machine, whichever of its agents runs it.

An agent holds an id by a lock on a file that root alone may touch; the kernel lets go of it with the agent.
"""

import contextlib
import fcntl
import os
import zlib
from collections.abc import Iterator
from pathlib import Path

# User ids that nobody else has: the range that systemd keeps for such transient users
# (https://systemd.io/UIDS-GIDS/, read 2026-11).
_FIRST_UID, _LAST_UID = 61184, 65519
# Forgotten when the machine starts (Filesystem Hierarchy Standard 3.0, 3.15).
_OF_THE_MACHINE = Path("/run/cloister-steps")


def user_ids(job: str, step: str) -> Iterator[int]:
    """The ids that a step may have: first what its name says, so that it mostly has the same in each attempt."""
    count = _LAST_UID - _FIRST_UID + 1
    first = zlib.crc32(f"{job}/{step}".encode())
    yield from (_FIRST_UID + (first + number) % count for number in range(count))


def place_for_users(jobs: Path) -> Path:
    """Where ids are held: for all agents of the machine, or of these jobs where its place is not to be written."""
    with contextlib.suppress(OSError):
        _OF_THE_MACHINE.mkdir(mode=0o700, exist_ok=True)
        return _OF_THE_MACHINE
    of_these = jobs / ".users"
    of_these.mkdir(mode=0o700, exist_ok=True)
    return of_these


@contextlib.contextmanager
def own_user_id(place: Path, job: str, step: str) -> Iterator[int]:
    """A user id that is no other step's until this is left. Raises OSError where there is none."""
    for uid in user_ids(job, step):
        # A lock belongs to who opened the file: two of one agent keep each other out as well.
        held = os.open(place / str(uid), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            if _is_ours(held):
                yield uid
                return
        finally:
            os.close(held)
    message = "every user id for steps is taken on this machine"
    raise OSError(message)


def _is_ours(held: int) -> bool:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
