"""Local files and folders brought to the platform: each file once, in pieces, going on where it stopped before."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cloister.errors import Fault, SourceError
from cloister.sdk.control import ControlClient

_PIECE: Final = 8 * 1024 * 1024
# How many files are asked about at a time.
_MOST_ASKED: Final = 2000

# Told how many bytes of how many are there.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file of this machine, and its path in what is uploaded."""

    source: Path
    path: str
    size: int

    def sha256(self) -> str:
        """The hash of what it holds."""
        with self.source.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def files_of(source: Path) -> tuple[LocalFile, ...]:
    """The file itself, or the files of a folder by their paths. Raises SourceError on links that lead elsewhere."""
    if source.is_file():
        return (LocalFile(source, source.name, source.stat().st_size),)
    found = tuple(_below(source.resolve()))
    if not found:
        raise SourceError(Fault(str(source), "is no file, and no folder with files in it", "correct the path"))
    return found


def upload(control: ControlClient, name: str, files: Sequence[LocalFile], *, is_file: bool, progress: Progress) -> str:
    """Where the files lie from now on, as an address in the default datastore."""
    hashed = [(file, file.sha256()) for file in files]
    asked = [[file.path, sha256, file.size] for file, sha256 in hashed]
    offsets: dict[str, int] = {}
    for first in range(0, len(asked), _MOST_ASKED):
        body = {"files": asked[first : first + _MOST_ASKED]}
        offsets |= control.request("POST", "uploads/wanted", json=body).json()["offsets"]
    total = sum(file.size for file in files)
    done = sum(file.size for file, sha256 in hashed if sha256 not in offsets)
    progress(done, total)
    for file, sha256 in hashed:
        if (offset := offsets.pop(sha256, None)) is not None:
            done += offset
            for now in _sent(control, file, sha256, offset):
                progress(done := done + now, total)
    named = {"name": name, "files": asked, "is_file": is_file}
    return str(control.request("POST", "uploads", json=named).json()["uri"])


def _sent(control: ControlClient, file: LocalFile, sha256: str, offset: int) -> Iterator[int]:
    """Send the file from a byte on; how many bytes each piece had. An empty file is one empty piece."""
    with file.source.open("rb") as opened:
        opened.seek(offset)
        while offset < file.size or file.size == 0:
            piece = opened.read(_PIECE)
            if not piece and file.size:
                raise SourceError(Fault(str(file.source), "became shorter while it was sent", "try again"))
            where: dict[str, str | int] = {"offset": offset, "size": file.size}
            control.request("PUT", f"uploads/{sha256}", params=where, content=piece)
            offset += len(piece)
            yield len(piece)
            if not file.size:
                return


def _below(root: Path) -> Iterator[LocalFile]:
    for folder, folders, names in os.walk(root, followlinks=False):
        here = Path(folder)
        for name in folders:
            if (here / name).is_symlink():
                raise SourceError(
                    Fault(str(here / name), "is a link to a folder", "copy the folder, or remove the link")
                )
        folders.sort()
        for name in sorted(names):
            path = here / name
            real = path.resolve()
            if not real.is_relative_to(root) or not real.is_file():
                raise SourceError(Fault(str(path), "leads out of the folder, or is no plain file", "copy the file"))
            yield LocalFile(path, path.relative_to(root).as_posix(), real.stat().st_size)
