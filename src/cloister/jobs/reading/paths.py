"""Paths that are written in a document, as what lies there on the author's machine."""

from pathlib import Path

from cloister.jobs.reading.positions import Document


def found_at(document: Document, written: str) -> Path | None:
    """The file or folder at a path of the document; None where there is none, can be none, or may be none.

    A document that came from somebody else reaches nothing outside of the folder that it came in.
    """
    path = _resolved(document, written)
    return None if path is None or leads_out(document, written) else path


def leads_out(document: Document, written: str) -> bool:
    """Whether the path leads out of the folder that the document came in."""
    path = _resolved(document, written)
    return path is not None and document.within is not None and not path.is_relative_to(document.within.resolve())


def _resolved(document: Document, written: str) -> Path | None:
    bare = written.removeprefix("file://").removeprefix("file:")
    try:
        path = (document.folder / bare).resolve()
        return path if path.exists() else None
    except (OSError, ValueError, RuntimeError):
        # A zero byte, a name longer than a file's, a circle of links.
        return None
