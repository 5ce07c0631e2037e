"""Keeps the disk from being filled: ends a step that wrote too much, and before the disk is full, who wrote most.

No quota of a file system is needed. What a step wrote is measured by looking, which costs time for many files; so it is
looked for only where the free space fell by what the step has left, or now and then. What a fast writer gets beyond its
limit is what it writes in that time. Files without a name count where a process holds them open. Who hides what it
wrote better than that is known by what its processes sent to the disk.
"""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cloister.jobs.running.left_behind import DEEPEST, Taken, taken
from cloister.jobs.running.limits import amount
from cloister.jobs.running.unseen import nameless_bytes, sent_bytes

_LOG = logging.getLogger(__name__)
_SHORTEST_PAUSE_SECONDS = 0.5
# Looking takes at most so much of the time.
_SHARE = 20
_LONGEST_REST_SECONDS = 30.0
# Who wrote less did not fill the disk.
_MUCH = 16 * 2**20
_MANY = 4096
# Whoever takes them over holds the names of one folder at a time.
_MOST_FILES = 4_000_000
# What stays of a file system's room for files, or a twentieth of a small one's.
_LEAST_FILES = 50_000


@dataclass(slots=True, eq=False)
class Writer:
    """A step that writes: into which folders, how much it may, how it is ended for a reason, and below which process.

    `sent_bytes` is what it sent to disks, known only where who fills the disk cannot be seen.
    """

    folders: tuple[Path, ...]
    limit_bytes: int | None
    end: Callable[[str], None]
    pid: int
    written_bytes: int = 0
    files: int = 0
    sent_bytes: int = 0
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
        is_short = free_bytes(self.folder) < self.reserve_bytes or not has_files(self.folder)
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
        free, has_place = free_bytes(self.folder), has_files(self.folder)
        is_short = free < self.reserve_bytes
        if not is_short and has_place and not writer.needs_a_look(free, now):
            return ""
        found = taken(*writer.folders)
        size = found.size_bytes + nameless_bytes(writer.pid, _devices(writer.folders))
        writer.written_bytes, writer.files, writer.free_then, writer.looked_at = size, found.files, free, now
        if reason := _beyond_looking(found):
            return reason
        if writer.limit_bytes is not None and writer.written_bytes > writer.limit_bytes:
            return f"it wrote more than {amount(writer.limit_bytes)}"
        if is_short:
            return self._filled_by(writer)
        if not has_place and max(self._writers, key=lambda w: w.files) is writer and writer.files > _MANY:
            return f"the disk had hardly room for more files, and it had made the most, {writer.files}"
        return ""

    def _filled_by(self, writer: Writer) -> str:
        """Why it is this one that filled the disk; empty where it is another, or none that can be told."""
        told = f"the disk had less than {amount(self.reserve_bytes)} left, and it had written the most"
        most = max(self._writers, key=lambda w: w.written_bytes)
        if most.written_bytes > _MUCH:
            return f"{told}, {amount(writer.written_bytes)}" if most is writer else ""
        if (sent := sent_bytes(writer.pid)) is None:
            return f"the disk had less than {amount(self.reserve_bytes)} left, and nobody can see what it wrote"
        writer.sent_bytes = sent
        most = max(self._writers, key=lambda w: w.sent_bytes)
        return f"{told}, {amount(writer.sent_bytes)}" if most is writer and writer.sent_bytes > _MUCH else ""


def _beyond_looking(found: Taken) -> str:
    """Why nobody could take over what is there; empty where somebody can."""
    if found.files > _MOST_FILES:
        return f"it made more than {_MOST_FILES:,} files and folders"
    return f"it nested folders more than {DEEPEST} deep" if found.too_deep else ""


def _devices(folders: tuple[Path, ...]) -> frozenset[int]:
    return frozenset(folder.stat().st_dev for folder in folders if folder.is_dir())


def free_bytes(folder: Path) -> int:
    """What users who are not root may still write there."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def has_files(folder: Path) -> bool:
    """Whether so many more files may be made there that others still can; some file systems make room as they go."""
    found = os.statvfs(folder)
    return not found.f_files or found.f_favail >= min(_LEAST_FILES, found.f_files // 20)
