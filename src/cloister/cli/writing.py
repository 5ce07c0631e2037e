"""Writes results to disk: whole, or not at all; and over nobody else's file, unless told to."""

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from cloister.errors import Fault, SourceError


def write_text(path: Path, text: str) -> None:
    """Put the text at `path` in one step: a reader sees the old file or the new one. Raises SourceError."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Put the content at `path` in one step, as `write_text` does. Raises SourceError."""
    missing = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, content)
    except OSError as error:
        for folder in missing:  # the deepest first; what somebody else has filled meanwhile stays
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise SourceError(
            Fault(
                thing=f'file "{path}"',
                reason=f"it cannot be written: {error.strerror or error}",
                mend="choose a place with room that you may write to",
            )
        ) from error


def refuse_to_overwrite(path: Path, is_ours: Callable[[str], bool]) -> None:
    """Raise SourceError where a file stands at `path` that `is_ours` does not know as our own, unchanged."""
    try:
        standing = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(_not_ours(path, f"a file stands there that cannot be read ({error})")) from error
    if not is_ours(standing):
        raise SourceError(_not_ours(path, "a file stands there that cloister did not write, or that was changed since"))


def _not_ours(path: Path, reason: str) -> Fault:
    mend = "give another place with --output, or overwrite it with --force"
    return Fault(thing=f'file "{path}"', reason=reason, mend=mend)


def _replace(path: Path, content: bytes) -> None:
    mode = path.stat().st_mode & 0o777 if path.is_file() else 0o644
    descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(scratch).chmod(mode)  # what only its owner could read stays so
        Path(scratch).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(scratch).unlink()
        raise
