"""What a command left in its folders, held while it is looked at, changed or removed.

A command chooses every name there, how deep they are nested, and what may be read; and where it could not be ended at
once, it may still exchange one thing for another. So nothing is looked at by its path: each folder is opened in the one
above it, a link is never followed, and what was looked at is what is changed.
"""

import contextlib
import itertools
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# A descriptor or two are held for each level while something below is looked at.
DEEPEST: Final = 100
_HOLD: Final = os.O_PATH | os.O_NOFOLLOW
_READ: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_ALL_OF_IT: Final = stat.S_IRWXU
# A file takes place, even an empty one.
_LEAST_OF_A_FILE: Final = 4096


class TooDeepError(OSError):
    """Folders are nested deeper than anybody looks."""

    def __init__(self) -> None:
        super().__init__(f"its folders are nested more than {DEEPEST} deep")


@dataclass(frozen=True, slots=True)
class Left:
    """One thing that was left: its path below the top, empty for that itself, and what it is.

    `held` is the thing itself, opened to be named by and not to be read; `folder` is what it lies in, where it has
    `name`. Both are valid until the next one is asked for.
    """

    path: str
    found: os.stat_result
    held: int
    folder: int
    name: str

    @property
    def is_folder(self) -> bool:
        """Whether others may lie in it."""
        return stat.S_ISDIR(self.found.st_mode)

    @property
    def is_plain(self) -> bool:
        """Whether it is a folder, or a file that has this one name."""
        return self.is_folder or (stat.S_ISREG(self.found.st_mode) and self.found.st_nlink == 1)

    def give(self, uid: int, gid: int) -> None:
        """Make the user its owner; of a link the link's."""
        os.chown(_by_descriptor(self.held), uid, gid)

    def allow(self, mode: int) -> None:
        """Set its mode; not for links."""
        os.chmod(_by_descriptor(self.held), mode)  # noqa: PTH101 - what is held

    def remove(self) -> None:
        """Take it away, if it is no folder."""
        os.unlink(self.name, dir_fd=self.folder)

    def remove_empty(self) -> None:
        """Take a folder away, if nothing is in it."""
        with contextlib.suppress(OSError):
            os.rmdir(self.name, dir_fd=self.folder)


def everything(top: Path, *, folders_last: bool = False) -> Iterator[Left]:
    """The top and all below it by name, each folder before what it holds, or after it. Raises OSError, TooDeepError."""
    with opened(top.parent) as above:
        yield from _below(above, top.name, "", 0, folders_last=folders_last)


def _below(folder: int, name: str, path: str, depth: int, *, folders_last: bool) -> Iterator[Left]:
    if depth > DEEPEST:
        raise TooDeepError
    with _held(name, folder) as held:
        left = Left(path, os.fstat(held), held, folder, name)
        if not left.is_folder:
            yield left
            return
        if not folders_last:
            yield left
        with open_in(folder, name) as inside:
            for one in sorted(names_in(inside)):
                below = f"{path}/{one}" if path else one
                yield from _below(inside, one, below, depth + 1, folders_last=folders_last)
        if folders_last:
            yield left


@dataclass(slots=True)
class Taken:
    """What folders take of the disk, and how many files and folders are in them; more where some are `too_deep`."""

    size_bytes: int = 0
    files: int = 0
    too_deep: bool = False


def taken(*tops: Path) -> Taken:
    """What is in the folders takes so much; links are not followed, and what goes while we look is left out."""
    so_far = Taken()
    for top in tops:
        with contextlib.suppress(OSError), opened(top.parent) as above, open_in(above, top.name) as inside:
            _count(inside, 0, so_far)
    return so_far


def _count(folder: int, depth: int, so_far: Taken) -> None:
    if depth > DEEPEST:
        so_far.too_deep = True
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                found = entry.stat(follow_symlinks=False)
                so_far.size_bytes += max(found.st_blocks * 512, _LEAST_OF_A_FILE)
                so_far.files += 1
                if stat.S_ISDIR(found.st_mode):
                    with open_in(folder, entry.name) as inside:
                        _count(inside, depth + 1, so_far)


def move(name: str, source: int, target: int) -> None:
    """Move a folder from one into another. What is at the name by then is moved, and nothing that it leads to."""
    # A folder that moves is written to: it says which one is above it (rename(2)).
    _allow_all(name, source)
    os.rename(name, name, src_dir_fd=source, dst_dir_fd=target)


def remove(top: Path) -> None:
    """Take away the top and all below it, however deep; without effect where it is not there. Raises OSError.

    What lies in a folder below is moved up, so that a few descriptors and no recursion are enough.
    """
    with contextlib.suppress(FileNotFoundError), opened(top.parent) as above:
        if not _is_folder(top.name, above):
            os.unlink(top.name, dir_fd=above)
            return
        with open_in(above, top.name) as emptied:
            _empty(emptied)
        os.rmdir(top.name, dir_fd=above)


def _empty(top: int) -> None:
    numbers = itertools.count()
    while names := names_in(top):
        for name in names:
            if not _is_folder(name, top):
                os.unlink(name, dir_fd=top)
                continue
            with open_in(top, name) as inside:
                for one in names_in(inside):
                    if _is_folder(one, inside):
                        _allow_all(one, inside)
                        os.rename(one, _free_name(top, numbers), src_dir_fd=inside, dst_dir_fd=top)
                    else:
                        os.unlink(one, dir_fd=inside)
            os.rmdir(name, dir_fd=top)


def _free_name(folder: int, numbers: Iterator[int]) -> str:
    """A name that nothing has there: what is moved up must not meet what is there already."""
    for number in numbers:
        try:
            os.stat(str(number), dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return str(number)
    raise AssertionError


def names_in(folder: int) -> list[str]:
    """What is in a folder that is open."""
    return os.listdir(folder)


@contextlib.contextmanager
def open_in(folder: int, name: str) -> Iterator[int]:
    """A folder in another one, to be read and changed; its owner, whom we may be, is allowed to first."""
    _allow_all(name, folder)
    found = os.open(name, _READ, dir_fd=folder)
    try:
        yield found
    finally:
        os.close(found)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[int]:
    """A folder that is ours, and no command's to exchange."""
    found = os.open(path, _READ)
    try:
        yield found
    finally:
        os.close(found)


@contextlib.contextmanager
def _held(name: str, folder: int) -> Iterator[int]:
    held = os.open(name, _HOLD, dir_fd=folder)
    try:
        yield held
    finally:
        os.close(held)


def _is_folder(name: str, folder: int) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)


def _allow_all(name: str, folder: int) -> None:
    """Let its owner do everything with a folder; if that is a link by now, nothing is changed."""
    with _held(name, folder) as held:
        found = os.fstat(held)
        if stat.S_ISDIR(found.st_mode) and found.st_mode & _ALL_OF_IT != _ALL_OF_IT:
            os.chmod(_by_descriptor(held), stat.S_IMODE(found.st_mode) | _ALL_OF_IT)  # noqa: PTH101 - what is held


def _by_descriptor(held: int) -> str:
    """A name that leads to what is held, and to nothing that has taken its place."""
    return f"/proc/self/fd/{held}"
