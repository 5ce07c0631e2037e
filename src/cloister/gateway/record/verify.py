"""Whether the record is whole: each record follows from the one before, and those that were anchored are still there.

The chain alone shows what was changed, removed, put in between or moved. It cannot show that its end was cut off, or
that all of it was written anew by somebody who can write to the database. Anchors can: numbers and digests that were
kept elsewhere.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, select

from cloister.gateway.record.search import joined
from cloister.gateway.record.writing import GENESIS, outcome_digest, record_digest
from cloister.gateway.tables import AUDIT

_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Anchor:
    """A record as it once was the newest: its number and digest, and when that was noted."""

    number: int
    digest: str
    at: str


@dataclass(frozen=True, slots=True)
class Break:
    """The first place at which the record does not hold."""

    number: int
    reason: str


def verify_chain(engine: Engine, anchors: Iterable[Anchor] = ()) -> tuple[int, Break | None]:
    """How many records hold, and the first break."""
    anchored = {anchor.number: anchor for anchor in anchors}
    previous, number = GENESIS, 0
    for row in _all_rows(engine):
        number += 1
        reason = _fault(row, number, previous) or _not_as_anchored(row, anchored.get(number))
        if reason is not None:
            return number - 1, Break(number, _told(engine, reason, number, previous))
        previous = row["digest"]
    later = [anchor for anchor in anchored.values() if anchor.number > number]
    if later:
        last = max(later, key=lambda anchor: anchor.number)
        reason = f"records {number + 1} to {last.number} are missing: {last.number} was anchored at {last.at}"
        return number, Break(number + 1, reason)
    return number, None


def newest(engine: Engine) -> tuple[int, str]:
    """Number and digest of the newest record; those of none where there is none."""
    query = select(AUDIT.c.number, AUDIT.c.digest).order_by(AUDIT.c.number.desc()).limit(1)
    with engine.connect() as connection:
        row = connection.execute(query).first()
    return (row.number, row.digest) if row else (0, GENESIS)


def _fault(row: Mapping[str, Any], number: int, previous: str) -> str | None:
    """What is wrong with the row that stands where a record's number is due; None where nothing is."""
    content = {key: value for key, value in row.items() if key in _CONTENT}
    if row["number"] != number:
        return f"record {number} is missing; {row['number']} comes next"
    if row["previous"] != previous:
        return _DOES_NOT_FOLLOW
    if record_digest(number, previous, content) != row["digest"]:
        return f"record {number} was changed after it was written"
    if row["status"] is not None and outcome_digest(number, row["status"]) != row["outcome_digest"]:
        return f"the outcome of record {number} was changed after it was written"
    return None


def _not_as_anchored(row: Mapping[str, Any], anchor: Anchor | None) -> str | None:
    if anchor is None or anchor.digest == row["digest"]:
        return None
    return f"record {anchor.number} is not the one that was anchored at {anchor.at}: the record was written anew"


_DOES_NOT_FOLLOW: Final = "does not follow"
_CONTENT: Final = frozenset(column.name for column in AUDIT.c) - {"number", "previous", "digest"}


def _told(engine: Engine, reason: str, number: int, previous: str) -> str:
    """The reason in full; of a record that does not follow, where the one that does is found now."""
    if reason != _DOES_NOT_FOLLOW:
        return reason
    text = f"record {number} does not follow from record {number - 1}"
    with engine.connect() as connection:
        moved = connection.scalar(select(AUDIT.c.number).where(AUDIT.c.previous == previous).limit(1))
    return f"{text}; the one that did stands at {moved}" if moved else text


def _all_rows(engine: Engine) -> Iterator[dict[str, Any]]:
    """Every record in order, read in pages."""
    last = -1
    while True:
        with engine.connect() as connection:
            query = joined().where(AUDIT.c.number > last).order_by(AUDIT.c.number).limit(_PAGE)
            rows = [dict(row) for row in connection.execute(query).mappings()]
        yield from rows
        if len(rows) < _PAGE:
            return
        last = rows[-1]["number"]
