"""A page of what the caller may see: several queries to MLflow, merged in its own order, each row decided on.

Every query stands for patterns of the caller's policies, so MLflow is not asked for what is hidden. A row that several
queries find belongs to the first whose patterns match it. Where policies say more than a filter can (denies, conditions
on the row), rows are left out and more are fetched, in growing numbers, up to a bound: then the page is short, and its
token goes on from there.
"""

import base64
import json
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from cloister.gateway.lists.clauses import Clause
from cloister.gateway.lists.order import Row

# How often a page may ask MLflow, beyond once for each of its queries.
_REFILLS: Final = 12
_LARGEST_FETCH: Final = 1_000

# One query to MLflow: the filter's clause, from which row on (MLflow's token), how many rows.
Fetch = Callable[[Clause, str, int], Awaitable[tuple[Sequence[Row], bool]]]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows that may be seen, and where each query stands if there is more to see."""

    rows: tuple[Row, ...]
    positions: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Sight:
    """What of a list somebody may see: its queries, what a row is found by, and the decision on rows."""

    clauses: tuple[Clause, ...]
    name: Callable[[Row], str]
    identity: Callable[[Row], str]
    shows: Callable[[Sequence[Row]], Awaitable[Sequence[bool]]]


async def read_page(
    sight: Sight, place: Callable[[Row], object], positions: Sequence[int], wanted: int, fetch: Fetch
) -> Page:
    """The next rows that may be seen, full to `wanted` where there are that many."""
    queries = [
        _Query(index, clause, position, wanted + 1)
        for index, (clause, position) in enumerate(zip(sight.clauses, positions, strict=True))
    ]
    reading = _Reading(sight, queries, fetch, len(queries) + _REFILLS)
    rows: list[Row] = []
    while True:
        known = [await reading.is_known(query) for query in queries]
        ahead = [query for query in queries if query.ahead]
        if not all(known):
            return Page(tuple(rows), tuple(query.position for query in queries))
        if not ahead:
            return Page(tuple(rows), None)
        if len(rows) == wanted:
            return Page(tuple(rows), tuple(query.position for query in queries))
        first = min(ahead, key=lambda query: place(query.ahead[0].row))  # type: ignore[arg-type,return-value]
        rows.append(first.take())


@dataclass(frozen=True, slots=True)
class _Fetched:
    row: Row
    shown: bool


@dataclass(slots=True)
class _Query:
    """One query: how many of its rows were dealt with, and those that were fetched beyond."""

    index: int
    clause: Clause
    position: int
    size: int
    ahead: deque[_Fetched] = field(default_factory=deque)
    ended: bool = False

    def take(self) -> Row:
        self.position += 1
        return self.ahead.popleft().row


@dataclass(slots=True)
class _Reading:
    sight: Sight
    queries: Sequence[_Query]
    fetch: Fetch
    left: int

    async def is_known(self, query: _Query) -> bool:
        """Whether the query's next row that may be seen is at hand, or it is sure that there is none."""
        while True:
            while query.ahead and not query.ahead[0].shown:
                query.take()
            if query.ahead or query.ended:
                return True
            if not self.left:
                return False
            self.left -= 1
            rows, more = await self.fetch(query.clause, _token(query.position), query.size)
            query.ahead.extend(await self._decided(query, rows))
            query.ended = not more
            query.size = max(query.size, min(2 * query.size, _LARGEST_FETCH))

    async def _decided(self, query: _Query, rows: Sequence[Row]) -> list[_Fetched]:
        """The rows, with those marked that this query shows: they are its own, and may be seen."""
        own = [row for row in rows if self._owner(row) == query.index]
        shown = iter(await self.sight.shows(own))
        return [_Fetched(row, self._owner(row) == query.index and next(shown)) for row in rows]

    def _owner(self, row: Row) -> int | None:
        name, identity = self.sight.name(row), self.sight.identity(row)
        return next((query.index for query in self.queries if query.clause.finds(name, identity)), None)


def _token(position: int) -> str:
    """MLflow's token for a position (utils/search_utils.py, create_page_token); none for the beginning."""
    return base64.b64encode(json.dumps({"offset": position}).encode()).decode() if position else ""
