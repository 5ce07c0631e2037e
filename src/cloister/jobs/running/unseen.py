"""What processes write and no folder shows: files without a name that they hold open, and what they wrote in all."""

import contextlib
import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

from cloister.jobs.running.launcher.processes import children, descendants


def nameless_bytes(pid: int, devices: Collection[int]) -> int:
    """What files on these devices take that have no name any more, and that what the process started holds open."""
    found: dict[tuple[int, int], int] = {}
    for file in _open_files(pid):
        if stat.S_ISREG(file.st_mode) and not file.st_nlink and file.st_dev in devices:
            found[file.st_dev, file.st_ino] = file.st_blocks * 512
    return sum(found.values())


def _open_files(pid: int) -> Iterator[os.stat_result]:
    for process in descendants(pid):
        # It, or one of its files, may be gone by now.
        with contextlib.suppress(OSError), os.scandir(f"/proc/{process}/fd") as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    yield entry.stat()


def sent_bytes(pid: int) -> int | None:
    """What the processes below it, that live, have sent to disks so far (proc(5), write_bytes).

    None where one hides from its own user, as whoever calls itself undumpable does (prctl(2)): nobody but root looks
    into that. What the process has started itself may hide: it holds the step, and is none of its processes.
    """
    total, ours = 0, children(pid)
    for process in descendants(pid):
        try:
            # The process may be gone by now.
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                lines = Path(f"/proc/{process}/io").read_text(encoding="ascii").splitlines()
                total += int(dict(line.split(": ") for line in lines)["write_bytes"])
        except PermissionError:
            if process not in ours:
                return None
    return total
