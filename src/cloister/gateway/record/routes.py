"""`/cloister/v1/audit`: the record is searched, exported, verified and anchored."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from cloister.errors import Fault, SpecError
from cloister.gateway.guard import Guard
from cloister.gateway.mlflow.canonical import ambiguous, read_json
from cloister.gateway.passing.forwarding import check_json_type, read_body
from cloister.gateway.record import ocsf
from cloister.gateway.record.anchors import read_anchors, sign_anchor
from cloister.gateway.record.search import Search, every, search
from cloister.gateway.record.verify import newest, verify_chain

_MOST_RECORDS: Final = 10_000
# A year of anchors, one a minute, is 150 MB; a file of a month fits.
_LARGEST_ANCHORS: Final = 16 * 1024 * 1024
_TEXTS: Final = ("principal", "action", "resource", "request_id")
_FORMS: Final[Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]]] = {"json": dict, "ocsf": ocsf.event}


class AuditRoutes:
    """The control API's routes of the record."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def routes(self) -> list[Route]:
        """What the platform mounts."""
        return [
            Route("/cloister/v1/audit", self.search, methods=["GET"]),
            Route("/cloister/v1/audit/export", self.export, methods=["GET"]),
            Route("/cloister/v1/audit/verify", self.verify, methods=["GET"]),
            Route("/cloister/v1/audit/verify", self.verify_anchored, methods=["POST"]),
            Route("/cloister/v1/audit/anchor", self.anchor, methods=["GET"]),
        ]

    async def search(self, request: Request) -> Response:
        """The records that match, newest first, and what the next page comes before: {"records": [...], "next"}."""
        await self._guard.require(request.scope, "cloister:ReadAudit", "audit")
        wanted = _search(dict(request.query_params))
        records = await anyio.to_thread.run_sync(search, self._guard.engine, wanted)
        following = records[-1]["number"] if len(records) == wanted.limit else None
        return JSONResponse({"records": records, "next": following})

    async def export(self, request: Request) -> Response:
        """Every record that matches, oldest first, one JSON object a line, up to the newest at this moment."""
        await self._guard.require(request.scope, "cloister:ReadAudit", "audit")
        query = dict(request.query_params)
        form = query.pop("format", "json")
        if form not in _FORMS:
            raise SpecError(Fault(f'format "{form}"', "is not known", f"use {' or '.join(_FORMS)}"))
        wanted = _search(query)
        last, _ = await anyio.to_thread.run_sync(newest, self._guard.engine)
        before = min(wanted.before or last + 1, last + 1)
        lines = self._lines(wanted, before, _FORMS[form])
        return StreamingResponse(lines, media_type="application/x-ndjson")

    def _lines(
        self, wanted: Search, before: int, shown: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    ) -> Iterator[bytes]:
        for record in every(self._guard.engine, wanted):
            if record["number"] >= before:
                return
            yield json.dumps(shown(record), separators=(",", ":")).encode() + b"\n"

    async def verify(self, request: Request) -> Response:
        """How many records hold, and the first break: {"records", "break": {"number", "reason"} | null}."""
        await self._guard.require(request.scope, "cloister:ReadAudit", "audit")
        return await self._verified("")

    async def verify_anchored(self, request: Request) -> Response:
        """The same, held against anchors as well: {"anchors": the lines of their file}."""
        await self._guard.require(request.scope, "cloister:ReadAudit", "audit")
        check_json_type(request.scope["headers"])
        document = read_json(await read_body(request.receive, _LARGEST_ANCHORS), empty_is_object=False)
        anchors = document.get("anchors")
        if not isinstance(anchors, str):
            raise ambiguous(thing="anchors", reason="is no text")
        return await self._verified(anchors)

    async def anchor(self, request: Request) -> Response:
        """The newest record's number and digest, signed: {"anchor": ...}. Keep the line elsewhere."""
        await self._guard.require(request.scope, "cloister:ReadAudit", "audit")
        number, digest = await anyio.to_thread.run_sync(newest, self._guard.engine)
        line = sign_anchor(number, digest, self._guard.key, now=self._guard.clock())
        return JSONResponse({"number": number, "digest": digest, "anchor": line})

    async def _verified(self, lines: str) -> Response:
        anchors = read_anchors(lines, self._guard.key)
        count, broken = await anyio.to_thread.run_sync(verify_chain, self._guard.engine, anchors)
        shown = {"number": broken.number, "reason": broken.reason} if broken else None
        return JSONResponse({"records": count, "anchors": len(anchors), "break": shown})


def _search(query: Mapping[str, str]) -> Search:
    known = (*_TEXTS, "decision", "since", "until", "before", "after", "limit")
    mend = f"use {', '.join(known)}"
    if unknown := [Fault(f'query key "{key}"', "is not known", mend) for key in query if key not in known]:
        raise SpecError(unknown)
    decision = query.get("decision", "").upper()
    if decision not in ("", "ALLOW", "DENY"):
        raise SpecError(Fault(f'decision "{decision}"', "is no decision", "use allow or deny"))
    return Search(
        **{key: query.get(key, "") for key in _TEXTS},
        decision=decision,
        since=_moment("since", query),
        until=_moment("until", query),
        before=_number("before", query, default=0, largest=None),
        after=_number("after", query, default=0, largest=None),
        limit=_number("limit", query, default=50, largest=_MOST_RECORDS),
    )


def _number(name: str, query: Mapping[str, str], *, default: int, largest: int | None) -> int:
    text = query.get(name, str(default))
    smallest = 1 if name in query else default
    if not (text.isascii() and text.isdecimal()) or int(text) < smallest or (largest and int(text) > largest):
        raise SpecError(Fault(f'{name} "{text}"', "is no number in bounds", f"use 1 to {largest or 'the newest'}"))
    return int(text)


def _moment(name: str, query: Mapping[str, str]) -> str:
    """The time as it stands in the record. A time without a zone is UTC."""
    text = query.get(name, "")
    if not text:
        return ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        fault = Fault(f'{name} "{text}"', "is no date or time", "write it as 2026-11-22 or 2026-11-22T04:00:00Z")
        raise SpecError(fault) from error
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
