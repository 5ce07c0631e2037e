"""What a datastore holds and does, whatever kind it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

MOST_FILES: Final = 200_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: its path below what was asked for (empty for that itself), its bytes, and a mark of its content."""

    path: str
    size: int
    mark: str


@dataclass(frozen=True, slots=True)
class Found:
    """One file, or the files below a folder, in the order of their paths."""

    is_file: bool
    entries: tuple[Entry, ...]


class Stored(Protocol):
    """A datastore that was opened. Paths have been checked: they have no `..` and no slash at either end."""

    def find(self, path: str) -> Found:
        """What is at the path. Raises DatastoreError, also where there is nothing."""

    def pieces(self, path: str) -> Iterator[bytes]:
        """One file, piece by piece. Raises DatastoreError."""

    def write(self, source: Path, path: str) -> None:
        """Put one file there, in place of what was there. Raises DatastoreError."""

    def local(self, path: str) -> Path | None:
        """Where it lies on this machine, if it does."""
