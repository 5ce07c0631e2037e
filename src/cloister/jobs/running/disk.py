"""Keeps the disk from being filled: ends a step that wrote too much, and before the disk is full, who wrote most.

No quota of a file system is needed. What a step wrote is measured by looking, which costs time for many files; so it is
looked for only where the free space fell by what the step has left, or now and then. What a fast writer gets beyond its
limit is what it writes in that time.
"""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cloister.jobs.running.limits import amount

_LOG = logging.getLogger(__name__)
_SHORTEST_PAUSE_SECONDS = 0.5
# Looking takes at most so much of the time.
_SHARE = 20
_LONGEST_REST_SECONDS = 30.0
# A file takes place, even an empty one.
_LEAST_OF_A_FILE = 4096
# Who wrote less did not fill the disk.
_MUCH = 16 * 2**20


@dataclass(slots=True, eq=False)
class Writer:
    """A step that writes: into which folders, how much it may, and how it is ended for a reason."""

    folders: tuple[Path, ...]
    limit_bytes: int | None
    end: Callable[[str], None]
    written_bytes: int = 0
    is_ended: bool = False
    free_then: int = 0
    looked_at: float = 0.0

    def needs_a_look(self, free: int, now: float) -> bool:
        """Whether it may have passed its limit by now, as far as the free space tells, or nobody looked for long."""
        left = (self.limit_bytes or 0) - self.written_bytes
        fell = self.free_then - free
        return now - self.looked_at > _LONGEST_REST_SECONDS or (self.limit_bytes is not None and fell >= left)


@dataclass(slots=True)
class DiskGuard:
    """Guards the disk of one folder, of which so much stays free."""

    folder: Path
    reserve_bytes: int
    _writers: list[Writer] = field(default_factory=list)
    _is_short: bool = False

    def has_room(self) -> bool:
        """Whether another step may start. Said in the log where that changes."""
        is_short = free_bytes(self.folder) < self.reserve_bytes
        if is_short is not self._is_short:
            self._is_short = is_short
            told = "no step starts" if is_short else "enough: steps start"
            _LOG.warning("%s left on the disk of %s: %s", amount(free_bytes(self.folder)), self.folder, told)
        return not is_short

    @contextlib.contextmanager
    def watched(self, writer: Writer) -> Iterator[None]:
        """Watch the writer until this is left. By then what an ended one wrote is gone, or others are held to it."""
        writer.free_then = free_bytes(self.folder)
        writer.looked_at = time.monotonic()
        self._writers.append(writer)
        watching = asyncio.create_task(self._watch(writer))
        try:
            yield
        finally:
            watching.cancel()
            self._writers.remove(writer)

    async def _watch(self, writer: Writer) -> None:
        pause = _SHORTEST_PAUSE_SECONDS
        while not writer.is_ended:
            await asyncio.sleep(pause)
            began = time.monotonic()
            if reason := await asyncio.to_thread(self.look, writer, began):
                writer.is_ended = True
                writer.end(reason)
            pause = max(_SHORTEST_PAUSE_SECONDS, _SHARE * (time.monotonic() - began))

    def look(self, writer: Writer, now: float) -> str:
        """Why the writer is to be ended; empty where it may go on."""
        free = free_bytes(self.folder)
        is_short = free < self.reserve_bytes
        if not is_short and not writer.needs_a_look(free, now):
            return ""
        writer.written_bytes, writer.free_then, writer.looked_at = size_of(writer.folders), free, now
        if writer.limit_bytes is not None and writer.written_bytes > writer.limit_bytes:
            return f"it wrote more than {amount(writer.limit_bytes)}"
        if is_short and max(self._writers, key=lambda w: w.written_bytes) is writer and writer.written_bytes > _MUCH:
            left, wrote = amount(self.reserve_bytes), amount(writer.written_bytes)
            return f"the disk had less than {left} left, and it had written the most, {wrote}"
        return ""


def free_bytes(folder: Path) -> int:
    """What users who are not root may still write there."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def size_of(folders: tuple[Path, ...]) -> int:
    """What the folders take on the disk; links are not followed. What goes while we look is left out."""
    return sum(max(found.st_blocks * 512, _LEAST_OF_A_FILE) for folder in folders for found in _everything(str(folder)))


def _everything(folder: str) -> Iterator[os.stat_result]:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                yield entry.stat(follow_symlinks=False)
                if entry.is_dir(follow_symlinks=False):
                    yield from _everything(entry.path)
