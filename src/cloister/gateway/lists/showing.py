"""Answers to a search of everything, for somebody who may see some of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from cloister.errors import Fault, SourceError, SpecError
from cloister.gateway.lists.clauses import Clause
from cloister.gateway.lists.listings import LISTINGS, Listing
from cloister.gateway.lists.order import Row, order_of, sort_key
from cloister.gateway.lists.pages import Page, Sight, read_page
from cloister.gateway.lists.rows import Rows, is_named, not_owned, resource_of
from cloister.gateway.lists.search import Search, read_search
from cloister.gateway.lists.tokens import PageTokens
from cloister.gateway.mlflow.answered import read_answer, unreadable
from cloister.gateway.mlflow.canonical import Canonical
from cloister.gateway.mlflow.prompts import kinds_of
from cloister.gateway.passing.upstream import Upstream
from cloister.gateway.rights.asking import Asker

_SERVER_ERROR: Final = 500
_HEADERS: Final = ((b"accept", b"application/json"), (b"content-type", b"application/json"))


@dataclass(frozen=True, slots=True)
class Lists:
    """Answers searches with what the caller may see."""

    upstream: Upstream
    tokens: PageTokens
    rows: Rows

    async def answer(self, request: Canonical, rows: str, asker: Asker) -> bytes:
        """MLflow's answer, had it held nothing but what the caller may see.

        Raises SpecError on a search that MLflow does not take, SourceError where it does not answer.
        """
        listing = LISTINGS[rows]
        search = read_search(request, listing)
        order = order_of(listing, search.order_by)
        sight = await self._sight(asker, request.route.action, listing)
        bound_to = _bound_to(asker, request.route.action, listing, sight, search)
        positions = (0,) * len(sight.clauses)
        if search.page_token:
            positions = self.tokens.open(search.page_token, bound_to)

        async def fetch(clause: Clause, token: str, count: int) -> tuple[Sequence[Row], bool]:
            return await self._fetch(request, listing, search, clause, token, min(count, listing.most_rows))

        page = await read_page(sight, sort_key(order), positions, search.max_results, fetch)
        if listing.kind == "registered-model":
            page = Page(tuple(await self.rows.with_versions_shown(page.rows, asker)), page.positions)
        return self._written(page, listing, bound_to)

    async def _fetch(
        self, request: Canonical, listing: Listing, search: Search, clause: Clause, token: str, count: int
    ) -> tuple[Sequence[Row], bool]:
        """Rows of one query, and whether there are more."""
        asked: dict[str, object] = {**search.kept, "max_results": count}
        if text := clause.joined(search.filter):
            asked[listing.filter_field] = text
        if search.order_by:
            asked["order_by"] = search.order_by
        if token:
            asked["page_token"] = token
        path, body = request.target.partition("?")[0], b""
        if request.route.body == "json":
            body = json.dumps(asked).encode()
        else:
            path = f"{path}?{urlencode(asked, doseq=True, quote_via=quote)}"
        answer = await self.upstream.send(request.route.method, path, _HEADERS, body)
        document = read_answer(await answer.read())
        if answer.is_success:
            return _rows(document, listing), bool(document.get("next_page_token"))
        raise _refused(answer.status, document, clause)

    async def _sight(self, asker: Asker, action: str, listing: Listing) -> Sight:
        async def shows(rows: Sequence[Row]) -> Sequence[bool]:
            return await self.rows.shown(rows, listing, action, asker)

        return Sight(
            clauses=await self.rows.found_by(listing, action, asker),
            identity=lambda row: str(row.get("experiment_id", "")),
            name=lambda row: resource_of(row, listing).partition("/")[2],
            shows=shows,
        )

    def _written(self, page: Page, listing: Listing, bound_to: object) -> bytes:
        document: dict[str, object] = {}
        if page.rows:
            document[listing.rows] = page.rows
        if page.positions is not None:
            document["next_page_token"] = self.tokens.seal(page.positions, bound_to)
        return json.dumps(document, separators=(",", ":")).encode()


def _bound_to(asker: Asker, action: str, listing: Listing, sight: Sight, search: Search) -> object:
    """All that a page token holds for; a search of somebody else, or under other policies, is another search."""
    # What somebody owns may grow between two pages, as any list may.
    seen = [asker.visible(action, kind, not_owned(listing.kind)) for kind in kinds_of(listing.kind)]
    queries = [*([one.allow, one.deny] for one in seen), len(sight.clauses)]
    principal = asker.principal
    return [principal.kind, str(principal), action, queries, search.filter, search.order_by, dict(search.kept)]


def _rows(document: Mapping[str, object], listing: Listing) -> list[Row]:
    rows = document.get(listing.rows, [])
    if not isinstance(rows, list) or not all(is_named(row, listing) for row in rows):
        raise unreadable()
    return rows


def _refused(status: int, document: Mapping[str, object], clause: Clause) -> SpecError | SourceError:
    """MLflow's refusal, in words about what the caller sent."""
    message = str(document.get("message", "")).replace(clause.joined("x").removesuffix("x"), "")
    if status < _SERVER_ERROR:
        return SpecError(Fault("search", f"is not taken by MLflow: {message}", "see MLflow's search syntax"))
    return SourceError(Fault("MLflow", f"answered a search with status {status}", "look into logs/mlflow.log"))
