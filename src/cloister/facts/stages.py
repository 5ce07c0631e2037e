"""Which findings fail a check in which stage of an environment: our own choice, which `--fail-on` overrides."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from cloister.facts.tables import read_table


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. `counts` are severities, and `undecided`, separated by spaces; `why` is the reason for the choice."""

    stage: str
    counts: str
    why: str


@cache
def stages() -> Mapping[str, Stage]:
    """The stages by name, the loosest first."""
    return {row.stage: row for row in read_table("stages", Stage)}
