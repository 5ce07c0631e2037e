"""Which records are asked for: the newest first, or all of them in order; both page by page, without limit."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Engine, Select, or_, select

from cloister.gateway.tables import AUDIT, OUTCOMES

_PAGE: Final = 1000
_ESCAPE: Final = "\\"
# What is decided by the record alone: nothing comes of it later.
_WITHOUT_OUTCOME: Final = frozenset({"cloister:LogIn"})


@dataclass(frozen=True, slots=True)
class Search:
    """Which records are asked for; an empty text means any, `*` in action and resource stands for anything.

    Times are as they stand in the record; `since` is part of what is asked for, `until` is not. `before` and `after`
    are numbers of records that are not part of it (0: none).
    """

    principal: str = ""
    action: str = ""
    resource: str = ""
    decision: str = ""
    request_id: str = ""
    since: str = ""
    until: str = ""
    before: int = 0
    after: int = 0
    limit: int = 50


def search(engine: Engine, wanted: Search) -> list[dict[str, Any]]:
    """The records that match, newest first. The next page is what comes `before` the last of them."""
    query = _matching(wanted).order_by(AUDIT.c.number.desc()).limit(wanted.limit)
    with engine.connect() as connection:
        return [_shown(dict(row)) for row in connection.execute(query).mappings()]


def every(engine: Engine, wanted: Search) -> Iterator[dict[str, Any]]:
    """All records that match, oldest first, read in pages; its limit does not count."""
    after = wanted.after
    while True:
        query = _matching(replace(wanted, after=after)).order_by(AUDIT.c.number).limit(_PAGE)
        with engine.connect() as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        yield from (_shown(row) for row in rows)
        if len(rows) < _PAGE:
            return
        after = rows[-1]["number"]


def joined() -> Select[tuple[Any, ...]]:
    """Every record beside its outcome."""
    columns = (*AUDIT.c, OUTCOMES.c.status, OUTCOMES.c.digest.label("outcome_digest"))
    return select(*columns).select_from(AUDIT.outerjoin(OUTCOMES))


def _matching(wanted: Search) -> Select[tuple[Any, ...]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.principal:
        conditions.append((AUDIT.c.principal == wanted.principal) | (AUDIT.c.on_behalf_of == wanted.principal))
    if wanted.action:
        conditions.append(AUDIT.c.action.like(_pattern(wanted.action), escape=_ESCAPE))
    if wanted.resource:
        # A record names its resources in one text, with commas between them.
        pattern = _pattern(wanted.resource)
        alone = (pattern, f"{pattern}, %", f"%, {pattern}", f"%, {pattern}, %")
        conditions.append(or_(*(AUDIT.c.resource.like(one, escape=_ESCAPE) for one in alone)))
    if wanted.decision:
        conditions.append(AUDIT.c.decision == wanted.decision.upper())
    if wanted.request_id:
        conditions.append(AUDIT.c.request_id == wanted.request_id)
    if wanted.since:
        conditions.append(AUDIT.c.at >= wanted.since)
    if wanted.until:
        conditions.append(AUDIT.c.at < wanted.until)
    if wanted.before:
        conditions.append(AUDIT.c.number < wanted.before)
    if wanted.after:
        conditions.append(AUDIT.c.number > wanted.after)
    return joined().where(*conditions)


def _pattern(text: str) -> str:
    """A pattern of ours as one of SQL."""
    for letter in (_ESCAPE, "%", "_"):
        text = text.replace(letter, _ESCAPE + letter)
    return text.replace("*", "%")


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    del row["outcome_digest"]
    return row | {"outcome": _outcome(row)}


def _outcome(row: dict[str, Any]) -> str:
    """What came of it. Unknown: it is still on its way, or the gateway ended before it could tell."""
    if row["decision"] == "DENY":
        return "refused"
    if row["status"] is None:
        return "decided" if row["action"] in _WITHOUT_OUTCOME else "unknown"
    return "answered"
