"""Files that authors send, kept by their hash: each is on disk once, and becomes part of an asset by a second name.

A file is sent in pieces, and goes on where it stopped. Nobody is told that a file is there whose hash they know: it
counts only for who sent it.
"""

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from cloister.errors import Fault, SpecError
from cloister.jobs.assets.addresses import StorePath, is_inside
from cloister.jobs.assets.datastores import DEFAULT
from cloister.jobs.assets.opening import make_open
from cloister.jobs.assets.sent import Senders
from cloister.jobs.assets.tables import UPLOAD
from cloister.jobs.errors import ConflictError, MissingError, TooLargeError
from cloister.jobs.records.clock import Clock

LARGEST_FILE: Final = 256 * 2**30
MOST_FILES: Final = 50_000
_ROOM: Final = 2**30
_HASH: Final = frozenset("0123456789abcdef")
# Where Azure ML's client puts what it uploads.
UPLOADS: Final = "LocalUpload"


@dataclass(frozen=True, slots=True)
class SentFile:
    """One file of an asset: its path in it, its hash and its size."""

    path: str
    sha256: str
    size: int

    def __post_init__(self) -> None:
        if not self.path or not is_inside(self.path) or len(self.path.encode()) > 1024:  # noqa: PLR2004 - S3's limit
            raise SpecError(Fault("upload", f'"{self.path[:100]}" is no path in an asset', "send plain relative paths"))
        if len(self.sha256) != hashlib.sha256().digest_size * 2 or not set(self.sha256) <= _HASH:
            raise SpecError(Fault("upload", f'"{self.sha256[:70]}" is no SHA-256', "send it as 64 hexadecimal digits"))
        if not 0 <= self.size <= LARGEST_FILE:
            reason = f'"{self.path}" has {self.size} bytes'
            raise TooLargeError(Fault("upload", reason, f"split it: at most {LARGEST_FILE} bytes"))


class Contents:
    """Files by their hash below `folder`, which has the datastores beside it."""

    def __init__(self, engine: sa.Engine, folder: Path, clock: Clock = time.time) -> None:
        self._engine = engine
        self._folder = folder
        self._clock = clock
        self._senders = Senders(engine, clock)

    def offset(self, file: SentFile, uploader: str) -> int | None:
        """How many bytes of it this person has sent; None where it is there whole."""
        here = (UPLOAD.c.sha256 == file.sha256, UPLOAD.c.uploader == uploader)
        with self._engine.connect() as connection:
            sent = connection.scalar(sa.select(UPLOAD.c.size).where(*here))
        if sent is not None and self._kept(file.sha256).is_file():
            return None
        draft = self._draft(file.sha256, uploader)
        return draft.stat().st_size if draft.is_file() else 0

    def append(self, file: SentFile, uploader: str, offset: int, piece: bytes) -> int:
        """Take a piece; how many bytes there are now. The last one completes it: its hash must be what it says.

        Raises ConflictError where the piece does not go on where the last one ended.
        """
        draft = self._draft(file.sha256, uploader)
        make_open(draft.parent)
        with _held(draft) as out:
            have = os.fstat(out.fileno()).st_size
            if offset != have or have + len(piece) > file.size:
                mend = f"go on at byte {have}"
                raise ConflictError(Fault("upload", f"{len(piece)} bytes at {offset} do not continue it", mend))
            if len(piece) + _ROOM > (free := shutil.disk_usage(self._folder).free):
                raise TooLargeError(Fault("upload", f"the platform's disk has {free} bytes left", "make room"))
            out.write(piece)
            out.flush()
            if have + len(piece) == file.size:
                self._complete(file, uploader, draft, out)
        return have + len(piece)

    def _complete(self, file: SentFile, uploader: str, draft: Path, out: BinaryIO) -> None:
        out.seek(0)
        found = hashlib.file_digest(out, "sha256").hexdigest()  # type: ignore[arg-type]  # it is read as it is written
        os.fsync(out.fileno())
        if found != file.sha256:
            draft.unlink()
            raise SpecError(Fault("upload", f"its bytes have the hash {found}", "send the file again"))
        kept = self._kept(file.sha256)
        make_open(kept.parent)
        draft.chmod(0o444)
        draft.replace(kept)
        row = {"sha256": file.sha256, "uploader": uploader, "size": file.size, "uploaded_at": self._clock()}
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(UPLOAD).values(row))
        except IntegrityError:
            # Sent before, and gone from the disk since.
            return

    def place(self, name: str, files: Sequence[SentFile], uploader: str, *, is_file: bool) -> StorePath:
        """Where an asset of these files lies from now on, for good. Raises MissingError where one was not sent."""
        if not 0 < len(files) <= MOST_FILES or (is_file and len(files) != 1):
            raise SpecError(Fault("upload", f"has {len(files)} files", f"send 1 to {MOST_FILES}, or one as uri_file"))
        if not is_inside(name) or "/" in name or not name:
            raise SpecError(Fault("upload", f'"{name[:100]}" is no name for it', "send the file's or folder's name"))
        if absent := [file.path for file in files if self.offset(file, uploader) is not None]:
            raise MissingError(Fault("upload", f'"{absent[0]}" was not sent', "send it first"))
        told = json.dumps(sorted((file.path, file.sha256) for file in files))
        digest = hashlib.sha256(told.encode()).hexdigest()[:32]
        path = f"{UPLOADS}/{digest}/{name}"
        target = self._folder / "stores" / DEFAULT / path
        if not target.exists():
            self._link(files, target, is_file=is_file)
        self._senders.note("place", digest, uploader)
        return StorePath(DEFAULT, path)

    def has_placed(self, place: StorePath, uploader: str) -> bool:
        """Whether this person has sent what lies at that place, which is one upload or in one."""
        return self._senders.has_sent("place", place.path.split("/")[1], uploader)

    def _link(self, files: Sequence[SentFile], target: Path, *, is_file: bool) -> None:
        """Give the files their second names, in a folder that appears whole."""
        make_open(target.parent)
        draft = target.with_name(f".{target.name}.{os.getpid()}.{os.urandom(4).hex()}.partial")
        try:
            for file in files:
                into = draft if is_file else draft / file.path
                into.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
                into.hardlink_to(self._kept(file.sha256))
            for root, _, _ in os.walk(draft):
                Path(root).chmod(0o755)
            draft.rename(target)
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            if not target.exists():
                mend = "send each path once, and none below a file"
                raise SpecError(Fault("upload", f"its files cannot be put in place: {error.strerror}", mend)) from error

    def _kept(self, sha256: str) -> Path:
        return self._folder / "content" / sha256[:2] / sha256

    def _draft(self, sha256: str, uploader: str) -> Path:
        who = hashlib.sha256(uploader.encode()).hexdigest()[:16]
        return self._folder / "content" / "partial" / f"{sha256}.{who}"


@contextmanager
def _held(draft: Path) -> Iterator[BinaryIO]:
    """The draft, to be appended to and read by nobody else: what is written after its hash was taken would be kept.

    Raises ConflictError where somebody has it; nobody waits here, while a long file is hashed perhaps.
    """
    with draft.open("a+b") as out:
        try:
            fcntl.flock(out, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever had it may have put it in its place.
            is_there = draft.stat().st_ino == os.fstat(out.fileno()).st_ino
        except (BlockingIOError, FileNotFoundError):
            is_there = False
        if not is_there:
            mend = "ask how much of it is there, and go on"
            raise ConflictError(Fault("upload", "another piece of it is on its way", mend))
        yield out
