"""Scored batches kept for monitoring: one JSON line a batch, in files that roll by day and by size.

A line is written whole or, where the process dies in the middle of it, without its newline; the next writer ends such a
remnant with a newline, and readers skip lines that are not JSON. The form of a line:
    {"id", "time", "deployment", "mirrored", "inputs": {"columns", "data"}, "outputs": [...]}
"""

import json
import os
import queue
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_WAITING_BATCHES = 1000
_FILE_BYTES = 32 << 20
_KEPT_BYTES = 512 << 20


@dataclass(frozen=True, slots=True)
class Batch:
    """One scored request: who answered, when (UTC), what went in by columns and rows, and what came out."""

    request_id: str
    time: datetime
    deployment: str
    is_mirrored: bool
    columns: tuple[str, ...]
    rows: list[list[Any]]
    outputs: list[Any]

    def line(self) -> bytes:
        """The batch as one line of JSON."""
        document = {
            "id": self.request_id,
            "time": self.time.astimezone(UTC).isoformat(timespec="milliseconds"),
            "deployment": self.deployment,
            "mirrored": self.is_mirrored,
            "inputs": {"columns": list(self.columns), "data": self.rows},
            "outputs": self.outputs,
        }
        return json.dumps(document, separators=(",", ":"), default=str).encode() + b"\n"


class Files:
    """The files of one deployment's batches below `folder`, oldest removed above `kept_bytes`."""

    def __init__(self, folder: Path, file_bytes: int = _FILE_BYTES, kept_bytes: int = _KEPT_BYTES) -> None:
        self._folder = folder
        self._file_bytes = file_bytes
        self._kept_bytes = kept_bytes

    def append(self, day: str, lines: bytes) -> None:
        """Add whole lines to the newest file of a day (`2026-11-22`), or to a fresh one where that is full."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(day)
        is_new = not path.exists()
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            is_torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            written = (b"\n" if is_torn else b"") + lines
            while written:
                written = written[os.write(descriptor, written) :]
        finally:
            os.close(descriptor)
        if is_new:
            self._drop_oldest()

    def _path(self, day: str) -> Path:
        numbered = sorted(self._folder.glob(f"{day}-*.jsonl"))
        if numbered and numbered[-1].stat().st_size < self._file_bytes:
            return numbered[-1]
        last = int(numbered[-1].stem.rpartition("-")[2]) if numbered else 0
        return self._folder / f"{day}-{last + 1:04d}.jsonl"

    def _drop_oldest(self) -> None:
        paths = sorted(self._folder.glob("*.jsonl"))
        kept = sum(path.stat().st_size for path in paths)
        for path in paths[:-1]:
            if kept <= self._kept_bytes:
                return
            kept -= path.stat().st_size
            path.unlink(missing_ok=True)


class Collector:
    """Writes batches from a thread of its own, so that no answer waits for the disk; counts what it had to drop."""

    def __init__(self, files: Files, sampling_rate: float, chance: Callable[[], float] = random.random) -> None:
        self._files = files
        self._rate = sampling_rate
        self._chance = chance
        self._waiting: queue.Queue[Batch | None] = queue.Queue(maxsize=_WAITING_BATCHES)
        self.kept = 0
        self.dropped = 0
        self._thread = threading.Thread(target=self._write_all, name="collector", daemon=True)
        self._thread.start()

    def wants_next(self) -> bool:
        """Whether the next batch belongs to the sample; to be asked before a batch is built."""
        return self._rate >= 1 or self._chance() < self._rate

    def keep(self, batch: Batch) -> None:
        """Queue a batch; where the queue is full it is dropped and counted."""
        try:
            self._waiting.put_nowait(batch)
        except queue.Full:
            self.dropped += 1

    def close(self, timeout_seconds: float = 5.0) -> None:
        """Write what waits, then stop."""
        self._waiting.put(None)
        self._thread.join(timeout_seconds)

    def _write_all(self) -> None:
        while (first := self._waiting.get()) is not None:
            batches = [first]
            is_last = False
            while not self._waiting.empty():
                if (more := self._waiting.get()) is None:
                    is_last = True
                    break
                batches.append(more)
            self._write(batches)
            if is_last:
                return

    def _write(self, batches: list[Batch]) -> None:
        days: dict[str, list[bytes]] = {}
        for batch in batches:
            days.setdefault(batch.time.astimezone(UTC).date().isoformat(), []).append(batch.line())
        for day, lines in days.items():
            try:
                self._files.append(day, b"".join(lines))
                self.kept += len(lines)
            except OSError:
                self.dropped += len(lines)
