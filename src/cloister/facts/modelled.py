"""What Cloister models, approximates, reads in two ways, and does not model: one row each, as the page tells it."""

from dataclasses import dataclass
from functools import cache

from cloister.facts.tables import read_table


@dataclass(frozen=True, slots=True)
class Modelled:
    """One row. `status` is modelled, two readings, approximated or not modelled.

    `sections` are the kinds of resources of the inventory that the row is about, `behaviours` the names of the facts
    that stand behind it; both are separated by spaces.
    """

    status: str
    part: str
    what: str
    sections: str
    behaviours: str


@cache
def modelled() -> tuple[Modelled, ...]:
    """All rows, in the order of the page."""
    return read_table("modelled", Modelled)
