"""A datastore that is a folder of this machine. No link is ever followed below it: whoever may write there would choose
what we read, with our rights.
"""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cloister.jobs.assets.store_errors import DatastoreError, full, gone, hostile, too_much
from cloister.jobs.assets.stored import MOST_FILES, Entry, Found

# For users of steps, whatever the umask says.
_PASSABLE = 0o755
_LINK = "is a link, or no regular file or folder"
# What stays free for others, such as the platform's databases.
_ROOM = 2**30


@dataclass(frozen=True, slots=True)
class FolderStore:
    """The folder of that path; it must be there."""

    name: str
    root: Path
    # Whether a file of ours may get a second name there instead of a copy: it is never written in place.
    links: bool = False

    def find(self, path: str) -> Found:
        """What is at the path: one file, or all files below a folder. Raises DatastoreError."""
        with self._held(path) as held:
            top = os.fstat(held)
            if stat.S_ISREG(top.st_mode):
                return Found(is_file=True, entries=(Entry("", top.st_size, _mark(top)),))
            return Found(is_file=False, entries=tuple(self._below(path, held)))

    def pieces(self, path: str) -> Iterator[bytes]:
        """One file, piece by piece. Raises DatastoreError."""
        with self._held(path) as held, os.fdopen(os.dup(held), "rb") as file:
            while piece := file.read(1024 * 1024):
                yield piece

    def write(self, source: Path, path: str) -> None:
        """Put one file there; it appears whole, in place of what was there. Raises DatastoreError."""
        *above, name = path.split("/")
        with self._made(above) as folder:
            draft = f".{name[:100]}.{secrets.token_hex(4)}.partial"
            try:
                self._put(source, draft, folder, path)
                os.rename(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
            finally:
                # It is there still where something failed, and where both are names of one file (rename(2)).
                with suppress(FileNotFoundError):
                    os.unlink(draft, dir_fd=folder)

    def _put(self, source: Path, draft: str, folder: int, path: str) -> None:
        if self.links:
            with suppress(OSError):
                os.link(source, draft, dst_dir_fd=folder)
                return
        into = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644, dir_fd=folder)
        with source.open("rb") as file, os.fdopen(into, "wb") as out:
            if (size := os.fstat(file.fileno()).st_size) + _ROOM > (free := _free(folder)):
                raise full(self._told(path), size, free)
            while piece := file.read(1024 * 1024):
                out.write(piece)
            os.fchmod(out.fileno(), 0o644)

    def local(self, path: str) -> Path:
        """Where it lies on this machine."""
        return self.root / path if path else self.root

    def _below(self, path: str, held: int) -> Iterator[Entry]:
        count = 0
        for folder, names, files, at in os.fwalk(".", dir_fd=held, follow_symlinks=False, onerror=_say):
            inside = folder.removeprefix(".").removeprefix("/")
            names.sort()
            for name in sorted((*names, *files)):
                found = os.stat(name, dir_fd=at, follow_symlinks=False)
                relative = f"{inside}/{name}" if inside else name
                count += 1
                if count > MOST_FILES:
                    raise too_much(self._told(path), f"{MOST_FILES} files and folders")
                if stat.S_ISREG(found.st_mode):
                    yield Entry(relative, found.st_size, _mark(found))
                elif not stat.S_ISDIR(found.st_mode):
                    raise hostile(self._told(f"{path}/{relative}"), _LINK)

    @contextmanager
    def _held(self, path: str) -> Iterator[int]:
        """The file or folder, opened without following a link."""
        try:
            held = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise self._failed(path, error) from error
        try:
            for part in path.split("/") if path else ():
                inner = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=held)
                os.close(held)
                held = inner
            if not stat.S_ISREG(mode := os.fstat(held).st_mode) and not stat.S_ISDIR(mode):
                raise hostile(self._told(path), _LINK)
            yield held
        except OSError as error:
            raise self._failed(path, error) from error
        finally:
            os.close(held)

    @contextmanager
    def _made(self, parts: list[str]) -> Iterator[int]:
        """The folder of that path, made where it is not there."""
        held = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for part in parts:
                try:
                    os.mkdir(part, 0o755, dir_fd=held)
                    os.chmod(part, _PASSABLE, dir_fd=held)
                except FileExistsError:
                    pass
                inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=held)
                os.close(held)
                held = inner
            yield held
        except OSError as error:
            raise self._failed("/".join(parts), error) from error
        finally:
            os.close(held)

    def _failed(self, path: str, error: OSError) -> DatastoreError:
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            return gone(self._told(path))
        # O_NOFOLLOW answers a link with "too many levels of symbolic links".
        return hostile(self._told(path), f"cannot be used: {error.strerror}")

    def _told(self, path: str) -> str:
        return f"azureml://datastores/{self.name}/paths/{path}"


def _mark(found: os.stat_result) -> str:
    """What changes when the file does."""
    return f"{found.st_ino}-{found.st_size}-{found.st_mtime_ns}"


def _free(folder: int) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def _say(error: OSError) -> None:
    raise error
