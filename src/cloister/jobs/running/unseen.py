"""What processes write and no folder shows: files without a name that they hold open, and what they wrote in all."""

import contextlib
import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

from cloister.jobs.running.launcher.processes import descendants


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


def sent_bytes(pid: int) -> int:
    """What the processes that it started, and that live, have sent to disks so far (proc(5), write_bytes)."""
    total = 0
    for process in descendants(pid):
        with contextlib.suppress(OSError, ValueError):
            lines = Path(f"/proc/{process}/io").read_text(encoding="ascii").splitlines()
            told = dict(line.split(": ") for line in lines)
            total += int(told["write_bytes"])
    return total
