"""Sizes of virtual machines as computes name them: how many cores and how much memory one has."""

from dataclasses import dataclass
from functools import cache

from cloister.facts.tables import read_table


@dataclass(frozen=True, slots=True)
class _Row:
    size: str
    vcpus: str
    gib: str
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class Size:
    """What a machine of a size has."""

    cores: int
    memory_bytes: int


@cache
def size_of(name: str) -> Size | None:
    """The size of that name, in whatever letters; None where it is not known."""
    wanted = name.upper()
    for row in read_table("compute_sizes", _Row):
        if row.size == wanted:
            return Size(int(row.vcpus), int(float(row.gib) * 2**30))
    return None
