"""Copies of data on a machine's disk, each below a key: so much of them, the least recently used thrown away first.

What somebody reads stays, whatever the bound is. Who reads holds a lock of the kernel's on a file that only the
platform's user can open: a kill leaves none behind, and a step can neither take nor keep one.
"""

import fcntl
import logging
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cloister.jobs.assets.opening import make_open

_LOG: Final = logging.getLogger(__name__)
# What stays free on the disk.
_SPARE: Final = 2**30
_LOCKS: Final = ".locks"


@dataclass(frozen=True, slots=True)
class _Kept:
    """One copy, and when it was last asked for."""

    key: str
    used_at: float


@dataclass(frozen=True, slots=True)
class Cache:
    """The copies below `folder`, which together have `most_bytes` at most, but for what is being read."""

    folder: Path
    most_bytes: int
    _sizes: dict[str, int] = field(default_factory=dict)

    def hold(self, key: str, held: ExitStack) -> Path:
        """The folder of the key, there or not, which nobody throws away until `held` is closed."""
        self._make()
        held.callback(self.trim)
        held.enter_context(self._shared(key))
        kept = self.folder / key
        with suppress(FileNotFoundError):
            os.utime(kept)
        return kept

    @contextmanager
    def draft(self, key: str) -> Iterator[Path]:
        """Where a copy is made by somebody who holds the key; what is not renamed to its folder is removed."""
        made = self.folder / f".{key}.{secrets.token_hex(4)}.partial"
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)

    def give_way(self, size: int = 0) -> int:
        """Throw away what nobody reads until so many bytes have room; how many there is room for on the disk."""
        self._make()
        kept = sorted(self._kept(), key=lambda one: one.used_at)
        total = sum(self._size(one.key) for one in kept)
        for one in kept:
            if total + size <= self.most_bytes and size <= self._free():
                break
            taken = self._size(one.key)
            if self._throw_away(one.key):
                _LOG.info("threw away the copy %s, %d bytes", one.key, taken)
                self._sizes.pop(one.key, None)
                total -= taken
        return self._free()

    def trim(self) -> None:
        """Throw away what is too much, beside other work: what goes wrong with that is for the log."""
        try:
            self.give_way()
        except OSError:
            _LOG.exception("the copies in %s could not be looked after", self.folder)

    def _make(self) -> None:
        make_open(self.folder)
        (self.folder / _LOCKS).mkdir(mode=0o700, exist_ok=True)

    def _kept(self) -> Iterator[_Kept]:
        """What is there whole; what a killed agent left half made is removed."""
        for entry in os.scandir(self.folder):
            if entry.name.endswith(".partial"):
                self._throw_away(entry.name[1:].partition(".")[0], entry.name)
            elif entry.name != _LOCKS:
                with suppress(FileNotFoundError):
                    yield _Kept(entry.name, entry.stat().st_mtime)

    def _size(self, key: str) -> int:
        """The bytes of its files; it never changes."""
        if key not in self._sizes:
            walked = os.walk(self.folder / key)
            self._sizes[key] = sum(
                os.lstat(f"{folder}/{name}").st_size for folder, _, files in walked for name in files
            )
        return self._sizes[key]

    def _throw_away(self, key: str, name: str = "") -> bool:
        """Whether it could be removed: nobody reads it, or makes it."""
        path = self._lock(key)
        with path.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            if not _is_at(file.fileno(), path):
                return False
            gone = self.folder / f".{key}.{secrets.token_hex(4)}.partial"
            with suppress(FileNotFoundError):
                (self.folder / (name or key)).rename(gone)
            path.unlink()
        shutil.rmtree(gone, ignore_errors=True)
        return True

    @contextmanager
    def _shared(self, key: str) -> Iterator[None]:
        path = self._lock(key)
        while True:
            with path.open("a") as file:
                fcntl.flock(file, fcntl.LOCK_SH)
                # Else it was thrown away while we waited, and others take its lock in another file.
                if _is_at(file.fileno(), path):
                    yield
                    return

    def _lock(self, key: str) -> Path:
        return self.folder / _LOCKS / key

    def _free(self) -> int:
        return shutil.disk_usage(self.folder).free - _SPARE


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
