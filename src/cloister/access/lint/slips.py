"""A slip in a document: what it is, where, why it matters, and how it is mended; the words are a table of facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from cloister.facts.tables import read_table

Weight = Literal["breaks", "idle", "wide", "note"]
# Notes tell of what may well be meant; the others are findings.
FINDINGS: Final[frozenset[Weight]] = frozenset({"breaks", "idle", "wide"})


@dataclass(frozen=True, slots=True)
class KnownSlip:
    """A slip that is known. It breaks the document, says less than is believed (idle), or grants more (wide)."""

    slip: str
    weight: Weight
    reason: str
    mend: str
    source: str
    read: str


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Line and column of a text, both from one."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


Places = Mapping[str, Place]


@dataclass(frozen=True, slots=True, order=True)
class Slip:
    """One slip. `at` is the JSON pointer of what it is about."""

    place: Place
    kind: str
    weight: Weight
    at: str
    reason: str
    mend: str


@cache
def known_slips() -> Mapping[str, KnownSlip]:
    """Every slip that is looked for, by its name."""
    return {row.slip: row for row in read_table("policy_slips", KnownSlip)}


def slip(kind: str, at: str, place: Place, /, **words: str) -> Slip:
    """A slip of a kind with the words of its row."""
    row = known_slips()[kind]
    return Slip(place, kind, row.weight, at, row.reason.format(**words), row.mend.format(**words))


def nearest_place(places: Places, at: str) -> Place:
    """The place of a JSON pointer, or of the nearest thing around it that stands in the text."""
    while at and at not in places:
        at = at.rpartition("/")[0]
    return places.get(at, Place(1, 1))
