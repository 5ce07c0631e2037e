"""Azure's built-in roles, those that matter to a machine-learning platform, with their patterns as Azure states them.

Patterns of one kind are separated by spaces. A role that is not here exists all the same; what it allows is unknown.
"""

from dataclasses import dataclass
from functools import cache

from cloister.facts.tables import read_table


@dataclass(frozen=True, slots=True)
class AzureRole:
    """A built-in role with its identifier, which is the same in every subscription."""

    name: str
    id: str
    actions: str
    not_actions: str
    data_actions: str
    not_data_actions: str
    source: str
    read: str


@cache
def azure_roles() -> tuple[AzureRole, ...]:
    """The built-in roles, by category."""
    return read_table("azure_roles", AzureRole)
