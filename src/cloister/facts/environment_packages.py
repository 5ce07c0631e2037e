"""Packages of an author's environment that are replaced or left out, because they speak to Azure alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from cloister.facts.tables import read_table


@dataclass(frozen=True, slots=True)
class ReplacedPackage:
    """A package, what is installed in its place (nothing where empty), and why."""

    package: str
    instead: str
    reason: str
    source: str
    read: str


@cache
def replaced_packages() -> Mapping[str, ReplacedPackage]:
    """The packages by their normalised names."""
    return {row.package: row for row in read_table("environment_packages", ReplacedPackage)}
