"""What an inventory states that no verdict on a way reads: told where it could matter, listed where it could not."""

from dataclasses import dataclass
from functools import cache

from cloister.facts.tables import read_table


@dataclass(frozen=True, slots=True)
class Undecided:
    """One attribute, by the way to it from the inventory.

    `what` is not known about ways where the attribute is set (`when` is "set") or has the value that `when` states.
    Where `when` is "never" the attribute has nothing to do with ways, and `what` says with what it has.
    """

    section: str
    attribute: str
    when: str
    what: str


@cache
def undecided() -> tuple[Undecided, ...]:
    """All rows, those that are told first."""
    return read_table("undecided", Undecided)
