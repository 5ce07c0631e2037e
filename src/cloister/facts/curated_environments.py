"""The environments that ship with Cloister, and which of them stand for those that Microsoft publishes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from cloister.facts.tables import read_table


@dataclass(frozen=True, slots=True)
class CuratedEnvironment:
    """One environment; those that are built have a lock that ships, the others are the platform's own Python.

    `instead` is the one that is taken where the files of the lock are not here; empty where none will do.
    """

    name: str
    is_built: str
    instead: str
    holds: str
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class PublishedEnvironment:
    """The names of Microsoft's environments that a pattern fits, without `AzureML-`, in small letters."""

    pattern: str
    curated: str
    note: str
    source: str
    read: str


@cache
def curated_environments() -> Mapping[str, CuratedEnvironment]:
    """The environments by name."""
    return {row.name: row for row in read_table("curated_environments", CuratedEnvironment)}


@cache
def published_environments() -> tuple[PublishedEnvironment, ...]:
    """The patterns, the first that fits counts."""
    return read_table("published_environments", PublishedEnvironment)
