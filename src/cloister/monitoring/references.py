"""Reference files as they are stored: under the hash of their content, so that a monitor's reference never changes."""

import hashlib
import os
import re
from pathlib import Path

from cloister.errors import Fault, SourceError, SpecError

MOST_BYTES = 64 << 20
_STORED = re.compile(r"[0-9a-f]{64}\.(csv|parquet)")


def stored_name(content: bytes, suffix: str) -> str:
    """The name under which a file's content is stored; its suffix is `.csv` or `.parquet`."""
    return f"{hashlib.sha256(content).hexdigest()}{suffix}"


def read_local(path: Path) -> bytes:
    """The content of a reference file. Raises SourceError where it cannot be read or is too large."""
    try:
        if path.stat().st_size > MOST_BYTES:
            mend = "give a sample of the training data; some ten thousand rows are enough"
            raise SourceError(Fault(f"reference {path}", f"has more than {MOST_BYTES >> 20} MiB", mend))
        return path.read_bytes()
    except OSError as error:
        mend = "give the path of a CSV or Parquet file with the training data"
        raise SourceError(Fault(f"reference {path}", f"cannot be read: {error.strerror}", mend)) from error


def store(folder: Path, name: str, content: bytes) -> None:
    """Keep a file; its name must be that of its content. Raises SpecError where it is not, SourceError for the disk."""
    if not _STORED.fullmatch(name) or stored_name(content, Path(name).suffix) != name:
        raise SpecError(Fault(f'reference "{name}"', "does not carry its content's hash as its name", "send it again"))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = folder / f".{name}.{os.getpid()}"
        draft.write_bytes(content)
        draft.replace(folder / name)
    except OSError as error:
        reason = f"cannot be stored: {error.strerror or error}"
        raise SourceError(Fault(f"reference {name}", reason, f"make room below {folder}")) from error


def find(folder: Path, name: str) -> Path:
    """The path of a stored file. Raises SpecError where the name is none of ours, SourceError where it is missing."""
    if not _STORED.fullmatch(name):
        raise SpecError(Fault(f'reference "{name}"', "is not a stored reference", "create the schedule from its file"))
    path = folder / name
    if not path.is_file():
        raise SourceError(Fault(f"reference {name}", "is missing from the platform's home", "create the schedule anew"))
    return path
