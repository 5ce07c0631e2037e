"""The simple repository API, in HTML and JSON: PEP 503, 691, 658 (core metadata), 700 (sizes and upload times). Pure.

https://packaging.python.org/specifications/simple-repository-api, read 2026-11.
"""

import hashlib
import html
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from packaging.version import Version

from cloister.jobs.packages.shelf import ShelfFile

JSON: Final = "application/vnd.pypi.simple.v1+json"
HTML: Final = "application/vnd.pypi.simple.v1+html"
PLAIN_HTML: Final = "text/html"
_VERSION: Final = "1.1"


def media_type(accept: str) -> str | None:
    """Which of our forms a client wants most; None where it takes none of them."""
    best: tuple[float, str] | None = None
    for part in accept.split(",") if accept.strip() else ["*/*"]:
        wanted, _, parameters = part.partition(";")
        weight = _weight(parameters)
        for ours in _fitting(wanted.strip().lower()):
            if weight > 0 and (best is None or weight > best[0]):
                best = (weight, ours)
    return best[1] if best else None


def _fitting(wanted: str) -> tuple[str, ...]:
    latest = {"application/vnd.pypi.simple.latest+json": JSON, "application/vnd.pypi.simple.latest+html": HTML}
    if wanted in ("*/*", "text/*"):
        return (PLAIN_HTML,)
    if wanted == "application/*":
        return (JSON,)
    ours = latest.get(wanted, wanted)
    return (ours,) if ours in (JSON, HTML, PLAIN_HTML) else ()


def _weight(parameters: str) -> float:
    for one in parameters.split(";"):
        key, _, value = one.strip().partition("=")
        if key == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def project_list(projects: Sequence[str], media: str) -> bytes:
    """The page of all projects."""
    if media == JSON:
        return _json({"projects": [{"name": project} for project in projects]})
    return _html("packages", [f'<a href="{quote(one)}/">{html.escape(one)}</a>' for one in projects])


def project_page(project: str, files: Sequence[ShelfFile], media: str) -> bytes:
    """The page of one project's files."""
    if media == JSON:
        versions = sorted({file.version for file in files}, key=Version)
        return _json({"name": project, "versions": versions, "files": [_document(file) for file in files]})
    return _html(project, [_anchor(file) for file in files])


def file_path(file: ShelfFile) -> str:
    """Where the index serves a file."""
    return f"/files/{file.sha256}/{quote(file.filename)}"


def _document(file: ShelfFile) -> dict[str, object]:
    document: dict[str, object] = {
        "filename": file.filename,
        "url": f"../..{file_path(file)}",
        "hashes": {"sha256": file.sha256},
        "size": file.size,
        "upload-time": datetime.fromtimestamp(file.taken_at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }
    if file.requires_python:
        document["requires-python"] = file.requires_python
    if file.kind == "wheel":
        document["core-metadata"] = {"sha256": hashlib.sha256(file.metadata).hexdigest()}
    return document


def _anchor(file: ShelfFile) -> str:
    attributes = f' data-requires-python="{html.escape(file.requires_python)}"' if file.requires_python else ""
    if file.kind == "wheel":
        digest = hashlib.sha256(file.metadata).hexdigest()
        # Under both names: PEP 658's, which clients read first, and PEP 714's.
        attributes += f' data-dist-info-metadata="sha256={digest}" data-core-metadata="sha256={digest}"'
    return f'<a href="../..{file_path(file)}#sha256={file.sha256}"{attributes}>{html.escape(file.filename)}</a>'


def _json(document: dict[str, object]) -> bytes:
    return json.dumps({"meta": {"api-version": _VERSION}} | document).encode()


def _html(title: str, anchors: Sequence[str]) -> bytes:
    meta = f'<meta name="pypi:repository-version" content="{_VERSION}">'
    body = "<br>\n".join(anchors)
    return f"<!DOCTYPE html>\n<html><head>{meta}<title>{title}</title></head><body>\n{body}\n</body></html>\n".encode()
