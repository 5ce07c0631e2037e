"""Paths that are written in a document, as what lies there on the author's machine."""

from pathlib import Path


def found_at(folder: Path, written: str) -> Path | None:
    """The file or folder at a path that starts in the document's folder; None where there is none, or can be none."""
    bare = written.removeprefix("file://").removeprefix("file:")
    try:
        path = (folder / bare).resolve()
        return path if path.exists() else None
    except (OSError, ValueError, RuntimeError):
        # A zero byte, a name longer than a file's, a circle of links.
        return None
