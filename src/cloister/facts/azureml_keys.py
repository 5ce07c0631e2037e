"""The keys of Azure ML's YAML, place by place, and what Cloister does with each.

A place is a kind of mapping: `command_job`, `resources`, `data`. The rows of a place are the fields of the official
SDK's schema for it; a test holds the two against each other.
"""

from dataclasses import dataclass
from functools import cache

from cloister.facts.tables import read_table


@dataclass(frozen=True, slots=True)
class AzureMlKey:
    """One key: `run` as it is, `note` (mapped, and what is told of it), or `refuse` (with the mend)."""

    place: str
    key: str
    use: str
    told: str
    source: str
    read: str


@cache
def azureml_keys() -> tuple[AzureMlKey, ...]:
    """Every key of every place."""
    return read_table("azureml_keys", AzureMlKey)
