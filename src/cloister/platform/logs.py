"""The logs of processes: one file each, appended to, rotated by size, and their tails for faults."""

import os
import shutil
from pathlib import Path
from typing import BinaryIO

_MOST_BYTES = 20_000_000
_GENERATIONS = 3


def open_log(path: Path) -> BinaryIO:
    """The log, opened so that every write goes to its end, even after it was rotated."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb", buffering=0)


def rotate(path: Path, most_bytes: int = _MOST_BYTES) -> None:
    """Set a log that grew too long aside as `.1`, older ones as `.2`, `.3`.

    The file is copied and cut, since the process goes on writing to it; what it writes between the two is lost.
    """
    if not path.exists() or path.stat().st_size < most_bytes:
        return
    for generation in range(_GENERATIONS, 1, -1):
        older = path.with_name(f"{path.name}.{generation - 1}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{generation}"))
    shutil.copyfile(path, path.with_name(f"{path.name}.1"))
    path.with_name(f"{path.name}.1").chmod(0o600)
    os.truncate(path, 0)


def tail(path: Path, *, since_byte: int = 0, lines: int = 12) -> str:
    """The last lines that were written after a given length; empty where there are none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(since_byte if since_byte <= size else 0, size - 16_384))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.rstrip().splitlines()[-lines:])
