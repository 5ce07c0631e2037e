"""The package index: PEP 503's paths over the catalogue, read-only, for whoever reaches its port.

It never asks anybody else while it answers: a name that a step asks for goes nowhere but into our own log.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Final
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from cloister.errors import SpecError
from cloister.jobs.packages import simple
from cloister.jobs.packages.allowing import allow_list
from cloister.jobs.packages.catalogue import Catalogue, catalogue
from cloister.jobs.packages.names import project_name
from cloister.jobs.packages.requests import PackageRequests
from cloister.jobs.packages.shelf import Shelf, ShelfFile

_LOG: Final = logging.getLogger(__name__)
_FRESH_SECONDS: Final = 0.3
_PIECE: Final = 1 << 18
_MOST_NOTED: Final = 200
_ALWAYS_ASK: Final = {"cache-control": "no-cache"}
_FOR_GOOD: Final = {"cache-control": "public, max-age=31536000, immutable"}


@dataclass(slots=True)
class Index:
    """The index over a shelf and the requests that allow what is on it."""

    shelf: Shelf
    requests: PackageRequests
    clock: Callable[[], float] = time.monotonic
    _read: Catalogue | None = None
    _read_at: float = 0.0
    _refused: dict[str, tuple[str, int]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def application(self) -> Starlette:
        """The application."""
        return Starlette(
            routes=[
                Route("/health", self._health),
                Route("/simple/", self._projects),
                Route("/simple/{project}", self._to_slash),
                Route("/simple/{project}/", self._project),
                Route("/files/{sha256}/{filename}", self._file),
            ]
        )

    def note_refused(self) -> None:
        """Put on record what was asked for in vain since the last time."""
        with self._lock:
            asked, self._refused = self._refused, {}
        if asked:
            self.requests.note_refused(asked)

    def _catalogue(self) -> Catalogue:
        with self._lock:
            if self._read is None or self.clock() - self._read_at > _FRESH_SECONDS:
                self._read = catalogue(allow_list(self.requests.allowed()), self.shelf.listed())
                self._read_at = self.clock()
            return self._read

    def _health(self, _: Request) -> Response:
        """Whether it can say what it serves: the database answers."""
        return PlainTextResponse(f"{len(self._catalogue().files)} files\n")

    def _projects(self, request: Request) -> Response:
        media = simple.media_type(request.headers.get("accept", ""))
        if media is None:
            return _unacceptable()
        return Response(simple.project_list(self._catalogue().projects, media), 200, _ALWAYS_ASK, media)

    def _to_slash(self, request: Request) -> Response:
        return RedirectResponse(f"{quote(request.path_params['project'])}/", 301)

    def _project(self, request: Request) -> Response:
        asked: str = request.path_params["project"]
        project = project_name(asked)
        if project is None:
            return PlainTextResponse("the name of no package\n", 404)
        if project != asked:
            return RedirectResponse(f"../{quote(project)}/", 301)
        media = simple.media_type(request.headers.get("accept", ""))
        if media is None:
            return _unacceptable()
        found = self._catalogue()
        files = found.of(project)
        if not files:
            missing = found.why_not(project)
            self._note(project, missing.reason)
            return PlainTextResponse(f"{project} {missing.reason}\nmend: {missing.mend}\n", 404)
        return Response(simple.project_page(project, files, media), 200, _ALWAYS_ASK, media)

    def _file(self, request: Request) -> Response:
        filename: str = request.path_params["filename"]
        wanted = filename.removesuffix(".metadata")
        file = self._catalogue().file(wanted, request.path_params["sha256"])
        if file is None or (wanted != filename and file.kind != "wheel"):
            return PlainTextResponse("there is no such file\n", 404)
        if wanted != filename:
            return Response(file.metadata, 200, _FOR_GOOD, "application/octet-stream")
        try:
            opened = self.shelf.open(file)
        except SpecError as error:
            _LOG.error("%s", error)
            self._note(file.project, f"{file.filename} {error.faults[0].reason}")
            return PlainTextResponse(f"{error}\n", 404)
        return _sent(opened, file, with_body=request.method != "HEAD")

    def _note(self, project: str, reason: str) -> None:
        with self._lock:
            if project in self._refused or len(self._refused) < _MOST_NOTED:
                self._refused[project] = (reason, self._refused.get(project, ("", 0))[1] + 1)


def _sent(opened: IO[bytes], file: ShelfFile, *, with_body: bool) -> Response:
    headers = {**_FOR_GOOD, "content-length": str(file.size)}
    if not with_body:
        opened.close()
        return Response(None, 200, headers, "application/octet-stream")
    return StreamingResponse(_pieces(opened), 200, headers, "application/octet-stream")


def _pieces(opened: IO[bytes]) -> Iterator[bytes]:
    with opened:
        while piece := opened.read(_PIECE):
            yield piece


def _unacceptable() -> Response:
    return PlainTextResponse(f"only {simple.JSON}, {simple.HTML} and {simple.PLAIN_HTML} are served\n", 406)
