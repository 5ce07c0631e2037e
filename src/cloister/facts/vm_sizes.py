"""Sizes of virtual machines: what they are good for, which serve models, and which are retired."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache

from cloister.facts.tables import read_table

_PREFIX = "STANDARD_"


@dataclass(frozen=True, slots=True)
class ServingSize:
    """A size that managed online endpoints take, by its quota's family.

    `reserve`: whether Azure Machine Learning keeps a fifth more of the quota, for upgrades.
    """

    size: str
    family: str
    vcpus: str
    reserve: str
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class RetiredSize:
    """Sizes that are retired, or announced to be from a day on; `pattern` is a regular expression on the name."""

    series: str
    pattern: str
    status: str
    day: str
    successor: str
    source: str
    read: str

    def gone(self, today: date) -> bool:
        """Whether nobody gets one any more: on the day that is meant, or on the day on which the row was read."""
        return self.status == "retired" or self.day <= max(today.isoformat(), self.read)


@dataclass(frozen=True, slots=True)
class _Family:
    pattern: str
    kind: str
    source: str
    read: str


@cache
def serving_sizes() -> dict[str, ServingSize]:
    """The sizes of managed online endpoints, by their names in capitals."""
    return {row.size: row for row in read_table("vm_sizes", ServingSize)}


@cache
def retirement_of(size: str) -> RetiredSize | None:
    """The row that a size is in, if it is retired or announced to be."""
    return next((row for row in read_table("retired_vm_sizes", RetiredSize) if _is(size, row.pattern)), None)


@cache
def kind_of_size(size: str) -> str | None:
    """general, compute, memory, storage or gpu; None where the name says nothing that is known."""
    return next((row.kind for row in read_table("vm_families", _Family) if _is(size, row.pattern)), None)


def _is(size: str, pattern: str) -> bool:
    name = size[len(_PREFIX) :] if size.upper().startswith(_PREFIX) else size
    return re.fullmatch(pattern, name, re.IGNORECASE) is not None
