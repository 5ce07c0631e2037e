"""The files of packages that are here: each taken once, its hash pinned then, and held against it before it is served.

A file lies in the shelf's folder under its own name; the database says which hash that name stands for, for good. What
is another file by now is moved aside, into `quarantine` beside it, with the reason on record.
"""

import hashlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from cloister.errors import Fault, SpecError
from cloister.jobs.packages.distributions import read_distribution
from cloister.jobs.packages.names import FileKind, FileName, read_file_name
from cloister.jobs.packages.tables import FILE

_PIECE: Final = 1 << 20
# Letters that the names of packages do not have.
_OTHERS: Final = re.compile(r"[^A-Za-z0-9._+!-]")


@dataclass(frozen=True, slots=True)
class ShelfFile:
    """A file that was taken, and what is known of it. `refused` says why it is not served, and is empty otherwise."""

    filename: str
    project: str
    version: str
    kind: FileKind
    sha256: str
    size: int
    requires_python: str
    metadata: bytes
    taken_from: str
    taken_at: float
    refused: str = ""


class Shelf:
    """The files below `folder`, with their pins in the database of `engine`."""

    def __init__(self, engine: sa.Engine, folder: Path, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._folder = folder
        self._clock = clock
        self._checked = _Checked()

    @property
    def files(self) -> Path:
        """Where the files lie."""
        return self._folder / "files"

    @property
    def quarantine(self) -> Path:
        """Where files lie that were refused; nothing is served from it."""
        return self._folder / "quarantine"

    def take(self, path: Path, filename: str, taken_from: str) -> ShelfFile:
        """Copy a file in, after a look at what it is. What is here already in the very same form is taken again.

        Raises SpecError on a file that is not what its name says, or not what the name stood for before.
        """
        name = read_file_name(filename)
        self.files.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".", delete=False) as draft:
            copied = Path(draft.name)
        try:
            with _open(path, name) as source, copied.open("wb") as target:
                shutil.copyfileobj(source, target, _PIECE)
            taken = self._pin(copied, name, taken_from)
            copied.replace(self.files / name.text)
        except SpecError as error:
            self._set_aside(copied, name.text, error.faults[0].reason)
            raise
        finally:
            copied.unlink(missing_ok=True)
        self._mend(name.key)
        return taken

    def take_in_place(self) -> Iterator[Fault]:
        """Take what somebody put into the folder by hand; the faults of what could not be taken."""
        known = {one.filename for one in self.listed()}
        for entry in sorted(os.scandir(self.files), key=lambda one: one.name) if self.files.is_dir() else ():
            if entry.name in known or entry.name.startswith("."):
                continue
            try:
                name = read_file_name(entry.name)
                with _open(Path(entry.path), name):
                    pass
                self._pin(Path(entry.path), name, "the folder of files")
            except SpecError as error:
                self._set_aside(Path(entry.path), entry.name, error.faults[0].reason)
                yield from error.faults

    def listed(self) -> tuple[ShelfFile, ...]:
        """Every file that was ever taken, in the order of their names."""
        return files_of(self._engine)

    def open(self, wanted: ShelfFile) -> IO[bytes]:
        """The file, which is the one that was pinned. Raises SpecError where it is not, or is gone."""
        path = self.files / wanted.filename
        file = _open(path, read_file_name(wanted.filename))
        if self._checked.is_known(file, wanted.sha256) or self._checked.learn(file, wanted.sha256):
            return file
        file.close()
        reason = "is not the file that was taken under this name: its hash is another one"
        self._refuse(wanted, reason)
        self._set_aside(path, wanted.filename, reason)
        mend = f"import the file anew: cloister environment import {wanted.filename}"
        raise SpecError(Fault(wanted.filename, reason, mend))

    def _pin(self, path: Path, name: FileName, taken_from: str) -> ShelfFile:
        """The file's row: a new one, or the one that its hash fits."""
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        pinned = self._pinned(name.key)
        if pinned is None:
            found = read_distribution(path, name)
            size, metadata = path.stat().st_size, found.metadata
            made = ShelfFile(
                name.text, name.project, name.version, name.kind, sha256, size, found.requires_python, metadata,
                taken_from, self._clock(),
            )  # fmt: skip
            pinned = self._insert(name.key, made)
        if pinned.filename != name.text:
            reason, mend = f"is {pinned.filename} in another spelling, which is here", "use the one that is here"
            raise SpecError(Fault(name.text, reason, mend))
        if pinned.sha256 != sha256:
            reason = f"has the hash {sha256}; the file of this name that was taken first had {pinned.sha256}"
            mend = "a released file never changes: find out who changed it, and import the one with the first hash"
            raise SpecError(Fault(name.text, reason, mend))
        return pinned

    def _pinned(self, key: str) -> ShelfFile | None:
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(FILE).where(FILE.c.key == key)).mappings().first()
        return _read(row) if row else None

    def _insert(self, key: str, made: ShelfFile) -> ShelfFile:
        values = {column.name: getattr(made, column.name) for column in FILE.c if column.name != "key"}
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(FILE).values(key=key, **values))
        except IntegrityError:
            # Another process was quicker; its pin counts.
            return self._pinned(key) or made
        return made

    def _refuse(self, wanted: ShelfFile, reason: str) -> None:
        with self._engine.begin() as connection:
            here = FILE.c.filename == wanted.filename
            connection.execute(sa.update(FILE).where(here).values(refused=reason))

    def _mend(self, key: str) -> None:
        """The pinned file is here again: what was wrong with it is over."""
        with self._engine.begin() as connection:
            connection.execute(sa.update(FILE).where(FILE.c.key == key, FILE.c.refused != "").values(refused=""))

    def _set_aside(self, path: Path, filename: str, reason: str) -> None:
        self.quarantine.mkdir(mode=0o700, parents=True, exist_ok=True)
        stem = f"{_OTHERS.sub('_', filename[:200])}.{os.urandom(4).hex()}"
        with suppress(FileNotFoundError):
            path.rename(self.quarantine / stem)
        told = f"{filename}: {reason}\n"
        (self.quarantine / f"{stem}.txt").write_text(told, encoding="utf-8", errors="backslashreplace")


def files_of(engine: sa.Engine) -> tuple[ShelfFile, ...]:
    """Every file that is on record, in the order of their names; for whoever has the database and not the folder."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(FILE).order_by(FILE.c.project, FILE.c.filename)).mappings()
        return tuple(_read(row) for row in rows)


@dataclass(slots=True)
class _Checked:
    """Which files were held against their hash as they are on the disk now; any change of one shows in this."""

    _known: dict[tuple[int, int, int, int, int], str] = field(default_factory=dict)

    def is_known(self, file: IO[bytes], sha256: str) -> bool:
        return self._known.get(_state(file)) == sha256

    def learn(self, file: IO[bytes], sha256: str) -> bool:
        """Whether the file has the hash, found out by reading it."""
        state = _state(file)
        fits = hashlib.file_digest(file, "sha256").hexdigest() == sha256  # type: ignore[arg-type]  # a file on a disk
        file.seek(0)
        if fits and state == _state(file):
            self._known[state] = sha256
        return fits


def _state(file: IO[bytes]) -> tuple[int, int, int, int, int]:
    found = os.fstat(file.fileno())
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _open(path: Path, name: FileName) -> IO[bytes]:
    """The plain file of that path. Raises SpecError on a link, a folder, a device, and on what is not there."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        reason = f"cannot be read as a plain file: {error.strerror}"
        raise SpecError(Fault(name.text, reason, f"import it: cloister environment import {name.text}")) from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise SpecError(Fault(name.text, "is no plain file", "give the file itself"))
    return os.fdopen(handle, "rb")


def _read(row: Any) -> ShelfFile:  # noqa: ANN401 - a row of whatever type SQLAlchemy gives it
    return ShelfFile(**{column.name: row[column.name] for column in FILE.c if column.name != "key"})
