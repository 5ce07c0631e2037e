"""The published catalogues of guidance, and the ids of their rows: each has to be answered by a control of ours."""

import re
from dataclasses import dataclass
from functools import cache

from cloister.facts.tables import read_table

_RANGE = re.compile(r"(.*\D)(\d+)\.\.(\d+)")


@dataclass(frozen=True, slots=True)
class PublishedCatalogue:
    """A catalogue with the ids of its rows, and the page that it stands on."""

    name: str
    ids: tuple[str, ...]
    page: str


@dataclass(frozen=True, slots=True)
class _Row:
    catalogue: str
    ids: str
    page: str


@cache
def published_catalogues() -> tuple[PublishedCatalogue, ...]:
    """Every catalogue, in the order of the table."""
    return tuple(
        PublishedCatalogue(row.catalogue, tuple(one for word in row.ids.split() for one in _spelt_out(word)), row.page)
        for row in read_table("published_catalogues", _Row)
    )


def _spelt_out(word: str) -> tuple[str, ...]:
    """`S2-1..3` is S2-01, S2-02 and S2-03; all numbers of a range of two digits have two."""
    match = _RANGE.fullmatch(word)
    if not match:
        return (word,)
    prefix, first, last = match.groups()
    width = len(last) if prefix.endswith("-") and prefix[0] == "S" else 1
    return tuple(f"{prefix}{number:0{width}}" for number in range(int(first), int(last) + 1))
