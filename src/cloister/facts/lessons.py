"""Known-bad environments: what each is called, why it is so, and the ways out with cost and effect.

Texts hold words in braces, which whoever recognises a lesson fills in; `{azure-firewall}` and the like are prices.
"""

from dataclasses import dataclass
from functools import cache

from cloister.facts.tables import read_table

_HOURS_A_MONTH = 730


@dataclass(frozen=True, slots=True)
class LessonFact:
    """A known-bad environment: its everyday name, its direct cause, and the rule of an organisation behind it."""

    lesson: str
    name: str
    cause: str
    root: str
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class WayFact:
    """A way out of a lesson."""

    lesson: str
    way: str
    title: str
    cost: str
    effect: str
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class Price:
    """A list price in USD; `per_gb` is empty where nothing is charged by volume."""

    item: str
    name: str
    per_hour: str
    per_gb: str
    source: str
    read: str

    @property
    def words(self) -> str:
        """The price of a month of 730 hours, as a sentence has it."""
        month = f"{self.name}, about {round(float(self.per_hour) * _HOURS_A_MONTH)} USD a month"
        return f"{month} and {self.per_gb} USD a GB" if self.per_gb else month


@cache
def lesson_facts() -> dict[str, LessonFact]:
    """The lessons by id."""
    return {row.lesson: row for row in read_table("lessons", LessonFact)}


@cache
def way_facts() -> dict[tuple[str, str], WayFact]:
    """The ways out by lesson and way."""
    return {(row.lesson, row.way): row for row in read_table("lesson_ways", WayFact)}


@cache
def prices() -> dict[str, str]:
    """The prices in words, by item."""
    return {row.item: row.words for row in read_table("prices", Price)}
