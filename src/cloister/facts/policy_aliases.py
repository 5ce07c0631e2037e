"""Aliases in service endpoint policies of which a page says whose accounts they hold; no page lists those accounts."""

from dataclasses import dataclass
from functools import cache

from cloister.facts.tables import read_table


@dataclass(frozen=True, slots=True)
class PolicyAlias:
    """One alias. `account` stands in a question for all that it holds; `holds` says whose they are."""

    alias: str
    account: str
    holds: str
    source: str
    read: str


@cache
def policy_aliases() -> tuple[PolicyAlias, ...]:
    """The aliases that are known."""
    return tuple(read_table("policy_aliases", PolicyAlias))
