"""What lies in the folder of an environment, as hashes: of every byte, and of what a look at its files shows.

Compiled code is left out: Python writes it by itself, from the sources that are in here.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

COMPILED: Final = "__pycache__"


def tree_sha256(folder: Path) -> str:
    """The hash of paths, contents, links and which files may be executed. Two builds of one lock have the same."""
    made = hashlib.sha256()
    for path, found in _files(folder):
        relative = path[len(str(folder)) + 1 :]
        if stat.S_ISLNK(found.st_mode):
            made.update(f"link {relative}\0{Path(path).readlink()}\0".encode())
            continue
        with open(path, "rb") as file:  # noqa: PTH123 - thousands of them
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        made.update(f"file {relative}\0{digest}\0{bool(found.st_mode & stat.S_IXUSR)}\0".encode())
    return made.hexdigest()


def state_sha256(folder: Path) -> str:
    """The hash of what stat(2) says of each file: quick, and another one once a file was written to or replaced."""
    made = hashlib.sha256()
    for path, found in _files(folder):
        told = f"{path[len(str(folder)) :]}\0{found.st_mode}\0{found.st_size}\0{found.st_mtime_ns}\0{found.st_ino}\0"
        made.update(told.encode())
    return made.hexdigest()


def _files(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Every file and link below a folder, in the order of their names."""
    folders = [str(folder)]
    while folders:
        here = folders.pop()
        with os.scandir(here) as entries:
            for entry in sorted(entries, key=lambda one: one.name):
                if not entry.is_dir(follow_symlinks=False):
                    yield entry.path, entry.stat(follow_symlinks=False)
                elif entry.name != COMPILED:
                    folders.append(entry.path)
