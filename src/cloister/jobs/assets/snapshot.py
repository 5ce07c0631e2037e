"""The code snapshot, one tar.gz of what a job's author sends along: packed the same way twice, unpacked with suspicion.

Its members are folders `code/N` and files or folders below `data/NAME`. Only regular files and folders are in it:
a link, a device, an absolute path or a step upwards refuses the whole snapshot.
"""

import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from cloister.errors import Fault, SourceError, SpecError
from cloister.jobs.planning.resolve import Member

# Azure ML's own limit for a code snapshot
# (https://learn.microsoft.com/azure/machine-learning/how-to-save-write-experiment-files, read 2026-11).
DEFAULT_LIMIT_BYTES = 300 * 1024 * 1024
_MOST_MEMBERS = 20_000
# Room for the headers of that many members.
_HEADERS = 64 * 2**20
_PIECE = 1024 * 1024
_NEVER = frozenset({".git", "__pycache__", ".venv", ".cloister", ".ipynb_checkpoints", ".DS_Store"})
_MEND_SIZE = "leave large files out with .amlignore, or give them as an input"

Excluded = Callable[[Path, Path], bool]


@dataclass(frozen=True, slots=True)
class Packed:
    """A snapshot in memory-mapped form: the file it went to, its hash and its size before compression."""

    sha256: str
    files: int
    bytes: int


def nothing_excluded(_root: Path, _path: Path) -> bool:
    """Take every file."""
    return False


def pack(
    members: Sequence[Member],
    target: BinaryIO,
    *,
    excluded: Excluded = nothing_excluded,
    limit: int = DEFAULT_LIMIT_BYTES,
) -> Packed:
    """Write the snapshot; the same files give the same bytes. Raises SourceError on bad links and on size."""
    total = count = 0
    hashing = _Hashing(target)
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=cast("BinaryIO", hashing), mtime=0, compresslevel=6) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for member in members:
            for path, name in _files(member, excluded):
                size = path.stat().st_size
                total, count = total + size, count + 1
                if total > limit or count > _MOST_MEMBERS:
                    reason = f"holds more than {limit // 2**20} MiB or {_MOST_MEMBERS} files"
                    raise SourceError(Fault(str(member.source), reason, _MEND_SIZE))
                _add(archive, path, name, size)
    return Packed(hashing.sha256.hexdigest(), count, total)


def _files(member: Member, excluded: Excluded) -> Iterator[tuple[Path, str]]:
    if not member.source.exists():
        raise SourceError(Fault(str(member.source), "there is no such file or folder", "correct the path in the job"))
    if member.source.is_file():
        yield member.source, member.path
        return
    root = member.source.resolve()
    for folder, folders, names in os.walk(root, followlinks=False):
        here = Path(folder)
        folders[:] = sorted(f for f in folders if f not in _NEVER and not _skip(root, here / f, excluded))
        for name in sorted(names):
            path = here / name
            if name not in _NEVER and not _skip(root, path, excluded):
                yield _inside(root, path), f"{member.path}/{path.relative_to(root).as_posix()}"


def _skip(root: Path, path: Path, excluded: Excluded) -> bool:
    if path.is_symlink() and path.is_dir():
        fault = Fault(str(path), "is a link to a folder; a snapshot holds files", "copy the folder, or ignore the link")
        if not excluded(root, path):
            raise SourceError(fault)
        return True
    return excluded(root, path)


def _inside(root: Path, path: Path) -> Path:
    """The file itself. A link may point to another file of the same folder, never out of it."""
    real = path.resolve()
    if not real.is_relative_to(root):
        raise SourceError(
            Fault(str(path), f"is a link that leads out of {root}", "copy the file, or list it in .amlignore")
        )
    if not real.is_file():
        raise SourceError(Fault(str(path), "is no regular file", "remove it, or list it in .amlignore"))
    return real


def _add(archive: tarfile.TarFile, path: Path, name: str, size: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = size
    entry.mode = 0o755 if os.access(path, os.X_OK) else 0o644
    with path.open("rb") as file:
        archive.addfile(entry, file)


class _Hashing(io.RawIOBase):
    """Passes bytes on and hashes them."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self.sha256 = hashlib.sha256()

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: object) -> int:
        """Take all of it."""
        piece = bytes(cast("bytes", data))
        self.sha256.update(piece)
        self._target.write(piece)
        return len(piece)


def inspect(archive: Path, *, limit: int = DEFAULT_LIMIT_BYTES) -> frozenset[str]:
    """The places (`code/0`, `data/raw`) that a snapshot fills. Raises SpecError where it is hostile or broken."""
    with _opened(archive, limit) as tar:
        return frozenset("/".join(_checked(entry).parts[:2]) for entry in _entries(tar, limit))


def contents(archive: Path, *, limit: int = DEFAULT_LIMIT_BYTES) -> dict[str, str]:
    """The hash of what each place holds: its files by name, mode and bytes. Raises SpecError as `inspect` does."""
    found: dict[str, list[tuple[str, bool, str]]] = {}
    with _opened(archive, limit) as tar:
        for entry in _entries(tar, limit):
            path = _checked(entry)
            if (file := tar.extractfile(entry)) is None:
                continue
            held = hashlib.sha256()
            while piece := file.read(_PIECE):
                held.update(piece)
            place, name = "/".join(path.parts[:2]), "/".join(path.parts[2:])
            found.setdefault(place, []).append((name, bool(entry.mode & 0o100), held.hexdigest()))
    return {place: hashlib.sha256(json.dumps(sorted(files)).encode()).hexdigest() for place, files in found.items()}


def extract(archive: Path, place: str, target: Path, *, limit: int = DEFAULT_LIMIT_BYTES) -> None:
    """Unpack one place of the snapshot into the target folder, which is made. Raises SpecError as `inspect` does."""
    target.mkdir(parents=True, exist_ok=True)
    wanted = PurePosixPath(place)
    with _opened(archive, limit) as tar:
        for entry in _entries(tar, limit):
            path = _checked(entry)
            if not path.is_relative_to(wanted) or path == wanted:
                continue
            _lay(tar, entry, target / path.relative_to(wanted))


def _lay(tar: tarfile.TarFile, entry: tarfile.TarInfo, path: Path) -> None:
    """Make the folder or the file, without owners, times and special modes. Raises SpecError where one is there.

    By hand: what keeps Python's own `extract` within its target came with 3.11.4, and Debian 12 has 3.11.2.
    """
    file = tar.extractfile(entry)
    try:
        if file is None:
            path.mkdir(parents=True, exist_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as made:
            shutil.copyfileobj(file, made, _PIECE)
    except (FileExistsError, NotADirectoryError) as error:
        raise _twice(entry) from error
    path.chmod(0o755 if entry.mode & 0o100 else 0o644)


def _checked(entry: tarfile.TarInfo) -> PurePosixPath:
    path = PurePosixPath(entry.name)
    bad = not (entry.isreg() or entry.isdir()) or path.is_absolute() or ".." in path.parts
    if bad or len(path.parts) < 2 or path.parts[0] not in ("code", "data"):  # noqa: PLR2004 - kind and name
        reason = f'holds "{entry.name}", which is no file or folder below code/ or data/'
        raise SpecError(Fault("snapshot", reason, "let cloister job create make the snapshot"))
    return path


def _twice(entry: tarfile.TarInfo) -> SpecError:
    reason = f'holds "{entry.name}" twice, or below a file'
    return SpecError(Fault("snapshot", reason, "let cloister job create make the snapshot"))


def _entries(tar: tarfile.TarFile, limit: int) -> Iterator[tarfile.TarInfo]:
    total, files = 0, set[str]()
    try:
        for count, entry in enumerate(tar, start=1):
            total += entry.size
            if total > limit or count > _MOST_MEMBERS:
                reason = f"unpacks to more than {limit // 2**20} MiB or {_MOST_MEMBERS} files"
                raise SpecError(Fault("snapshot", reason, _MEND_SIZE))
            if entry.name in files:
                raise _twice(entry)
            files |= {entry.name} if entry.isreg() else set()
            yield entry
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise _broken(error) from error


def _opened(archive: Path, limit: int) -> tarfile.TarFile:
    try:
        # Stream mode, through a reader that counts: a long header can then not unpack into all memory.
        return tarfile.open(fileobj=cast("BinaryIO", _Bounded(archive, limit + _HEADERS)), mode="r|")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise _broken(error) from error


def _broken(error: Exception) -> SpecError:
    return SpecError(Fault("snapshot", f"is no readable tar.gz: {error}", "let cloister job create make the snapshot"))


class _Bounded(io.RawIOBase):
    """The unpacked bytes of a gzip file, up to a bound."""

    def __init__(self, archive: Path, bound: int) -> None:
        self._file = gzip.open(archive, "rb")  # noqa: SIM115 - closed by close()
        self._left = bound

    def read(self, size: int = -1) -> bytes:
        """The next bytes. Raises ReadError once there were more than the bound allows."""
        piece = self._file.read(size)
        self._left -= len(piece)
        if self._left < 0:
            message = "it unpacks to more than the limit"
            raise tarfile.ReadError(message)
        return piece

    def close(self) -> None:
        """Close the file below as well."""
        self._file.close()
        super().close()
