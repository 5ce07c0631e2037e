"""What other checkers of attributes ask of the parts that a closed environment is built of.

`answered` names controls of ours that make the claim and do not have the id among their aliases; `why_not` says in a
clause why no control does.
"""

from dataclasses import dataclass
from functools import cache

from cloister.facts.tables import read_table


@dataclass(frozen=True, slots=True)
class OtherCheck:
    """One check of another tool, by its id there."""

    tool: str
    family: str
    id: str
    answered: str
    why_not: str
    source: str
    read: str


@cache
def other_checks() -> tuple[OtherCheck, ...]:
    """All checks, by tool and family."""
    return read_table("other_checkers", OtherCheck)
