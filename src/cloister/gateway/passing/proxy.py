"""The way of one request to MLflow: authenticate, read once, judge, record, pass on, look at the answer."""

import os
from collections.abc import AsyncIterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import anyio.to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import RedirectResponse
from starlette.types import Receive, Scope, Send

from cloister.access.principals import Principal
from cloister.errors import CloisterError, Fault, RefusedError, SourceError, SpecError
from cloister.gateway import faults
from cloister.gateway.approvals.asking_for import refused_move
from cloister.gateway.approvals.moves import move_of
from cloister.gateway.faults import StoreFullError, UnauthenticatedError, UnknownRouteError
from cloister.gateway.guard import RequestFacts, refusal
from cloister.gateway.lists import graphql_rows
from cloister.gateway.lists.leaving_out import without
from cloister.gateway.lists.showing import Lists
from cloister.gateway.lists.versions import readable
from cloister.gateway.mlflow.authorship import authored
from cloister.gateway.mlflow.base_path import below_stage
from cloister.gateway.mlflow.canonical import Canonical, check_path
from cloister.gateway.mlflow.following import CHANGES, Change, follow
from cloister.gateway.mlflow.reading import read_request
from cloister.gateway.mlflow.routes import find, why_refused
from cloister.gateway.passing.forwarding import (
    BrokenOffError,
    Incoming,
    content_length,
    drain,
    pass_back,
    request_headers,
    send_bytes,
    send_json,
    stream_body,
)
from cloister.gateway.passing.upstream import Upstream
from cloister.gateway.rights.asking import Asker
from cloister.gateway.rights.judging import MOVES, Judge, Judged
from cloister.gateway.rights.seals import sealed

_VERSIONS: Final = "versions"
_LOGIN: Final = "/cloister/login"
# A store with less room than this cannot have taken what it was given.
_FULL_BYTES: Final = 1024 * 1024
_OK: Final = 200
_SERVER_ERROR: Final = 500
# On record where the caller went away before the answer (a status of nginx, not of HTTP).
_GONE: Final = 499


@dataclass(frozen=True, slots=True)
class Proxy:
    """The ASGI application of everything that is not under `/cloister/`."""

    judge: Judge
    upstream: Upstream
    lists: Lists
    largest_json_bytes: int
    # Whether a move that is refused is asked for at once, where whoever tried may ask.
    asks_for_refused_moves: bool = False
    # MLflow's artifact folder, where it is one: to tell a full disk from other failures.
    artifacts: Path | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        facts = RequestFacts.of(scope)
        incoming = Incoming(receive, scope["headers"])
        try:
            await self._serve(scope, incoming, send, facts)
        except (ConnectionAbortedError, BrokenOffError):
            return  # there is nobody to answer, or the answer has begun: the server closes the connection
        except CloisterError as error:
            await drain(incoming)
            await self._tell(error, scope, incoming, send, facts)
        except SQLAlchemyError as error:
            await drain(incoming)
            await self._tell(faults.store_fault(error), scope, incoming, send, facts)

    async def _serve(self, scope: Scope, receive: Incoming, send: Send, facts: RequestFacts) -> None:
        principal: Principal | None = None
        action = "-"
        try:
            identified = await self.judge.guard.authenticate(scope)
            if identified.body_sha256 is not None:
                receive.hold_to(identified.body_sha256)
            principal = identified.principal
            asker = await self.judge.guard.asker(identified, facts)
            path = check_path(scope.get("raw_path") or scope["path"].encode())
            match = find(facts.method, below_stage(path, self.judge.stage))
            if match is None:
                raise _unknown(facts.method, path)
            action = match.route.action
            asker = self.judge.calling(asker, match)
            request = await read_request(match, scope, receive, self.largest_json_bytes)
            request = authored(request, asker)
            judged = await self.judge.judge(asker, request)
        except (RefusedError, SpecError, SourceError) as error:
            await self.judge.guard.record_refusal(error, facts, principal, action)
            raise
        decided = await self.judge.guard.record(judged.verdict, principal, action, judged.subject, facts)
        if not decided.allowed:
            raise await self._refusal(asker, request, judged, facts)
        status = _GONE
        try:
            async with self.judge.writes.under_way(judged.written):
                await self._check_seals(judged)
                status = await self._pass_on(asker, request, judged, scope, receive, send, facts)
        except CloisterError as error:
            status = faults.status_of(error)
            raise
        finally:
            self.judge.guard.audit.outcome(decided.number, status)

    async def _refusal(self, asker: Asker, request: Canonical, judged: Judged, facts: RequestFacts) -> RefusedError:
        if request.route.action not in MOVES:
            return judged.refusal
        asks = self.asks_for_refused_moves
        return await refused_move(self.judge, asker, move_of(request), judged, facts, asks=asks)

    async def _check_seals(self, judged: Judged) -> None:
        """Raise RefusedError where an approval sealed one of the parts that are to be written into since we judged."""
        for part in judged.written:
            version = await anyio.to_thread.run_sync(self.judge.seals.of, part)
            if version is not None:
                raise refusal(sealed(judged.subject, version), judged.subject)

    async def _pass_on(
        self,
        asker: Asker,
        request: Canonical,
        judged: Judged,
        scope: Scope,
        receive: Incoming,
        send: Send,
        facts: RequestFacts,
    ) -> int:
        """The status that MLflow answered with, after the answer went back."""
        route = request.route
        kind, _, what = route.answer.partition(":")
        extra = {"x-request-id": facts.request_id}
        is_narrowed = kind == "graphql" and bool(judged.filtered or judged.left_out)
        if judged.filtered and not is_narrowed:
            await send_json(await self.lists.answer(request, what, asker), send, extra)
            return _OK
        if kind == "touched":
            await self._record_makers(judged, asker.principal, what)
        if is_narrowed:
            request = graphql_rows.narrowed(request, judged.left_out)
        elif judged.left_out:
            request = without(request, judged.left_out)
        content: bytes | AsyncIterable[bytes] = request.body or b""
        if route.body == "stream":
            content = stream_body(receive)
        sent = self.judge.guard.clock()
        # An answer that is looked into comes uncompressed.
        reads = "json" if kind == _VERSIONS else route.body
        headers = [*request_headers(scope, body=reads), *request.headers]
        answer = await self.upstream.send(route.method, request.target, headers, content)
        if route.body == "stream" and answer.status >= _SERVER_ERROR:
            answer.close()
            raise self._store_fault(answer.status, request, scope)
        if is_narrowed:
            body = await graphql_rows.shown(await answer.read(), self.lists.rows, asker)
            await send_bytes(answer, body, send, extra)
        elif answer.is_success and kind == _VERSIONS:
            await send_bytes(answer, await readable(await answer.read(), self.lists.rows, asker), send, extra)
        elif answer.is_success and kind in CHANGES:
            body = await answer.read()
            await follow(Change(request, judged, asker.principal, sent, body), self.judge)
            await send_bytes(answer, body, send, extra)
        else:
            await pass_back(answer, kind, receive, send, extra)
        return answer.status

    async def _record_makers(self, judged: Judged, principal: Principal, kind: str) -> None:
        """Whoever writes a file into a run has a part in it; recorded before the file is, so that none goes unseen.

        A `kind` narrows it to the resources of that kind.
        """
        for resource in judged.resources:
            if resource.made is not None and kind in ("", resource.made[0]):
                await anyio.to_thread.run_sync(self.judge.makers.add, *resource.made, principal.persons)

    def _store_fault(self, status: int, request: Canonical, scope: Scope) -> SourceError:
        """What went wrong with an upload. MLflow has removed its part by now, so the file's size is compared."""
        if self.artifacts is not None:
            free = _free_bytes(self.artifacts / (request.one("artifact_path") or ""))
            if free < max(_FULL_BYTES, content_length(scope["headers"])):
                mend = "make room on its disk; nothing of the file was kept, upload it again"
                return StoreFullError(Fault("artifact store", f"is full: {free // 1024} KiB are free", mend))
        reason = f"could not store the file (status {status}); nothing of it was kept"
        return SourceError(Fault("MLflow", reason, "look into logs/mlflow.log of the platform's home, then try again"))

    async def _tell(
        self, error: CloisterError, scope: Scope, receive: Incoming, send: Send, facts: RequestFacts
    ) -> None:
        """Answer with the error; a browser that nobody is logged in with is sent to the login page instead."""
        headers = {"x-request-id": facts.request_id, "x-content-type-options": "nosniff"}
        if receive.held:
            # What comes next on the connection could be the body that was held back, or a request.
            headers["connection"] = "close"
        if isinstance(error, UnauthenticatedError) and _is_navigation(scope):
            response = RedirectResponse(f"{_LOGIN}?next={quote(scope['path'])}", 303, headers)
            await response(scope, receive, send)
            return
        await faults.answer(error, headers)(scope, receive, send)


def _free_bytes(path: Path) -> int:
    """The room on the disk that a file was to lie on: that of its nearest folder that exists."""
    while not path.exists():
        path = path.parent
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize


def _is_navigation(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    return scope["method"] == "GET" and b"text/html" in headers.get(b"accept", b"")


def _unknown(method: str, path: str) -> UnknownRouteError:
    reason = why_refused(method, path)
    return UnknownRouteError(Fault(f"{method} {path}", reason, "see which routes are served: docs/gateway.md"))
