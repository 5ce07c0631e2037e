"""The built-in definitions of Azure Policy for Azure Machine Learning."""

from dataclasses import dataclass
from functools import cache

from cloister.facts.tables import read_table

UNSTATED = "-"
"""In a row: the definition has no default effect, or takes no parameter without which it means nothing."""


@dataclass(frozen=True, slots=True)
class MachineLearningPolicy:
    """One definition. `parameter` is the one without which an assignment of it says nothing."""

    id: str
    title: str
    default_effect: str
    parameter: str
    source: str
    read: str


@cache
def machine_learning_policies() -> dict[str, MachineLearningPolicy]:
    """Every definition by its id."""
    return {row.id: row for row in read_table("machine_learning_policies", MachineLearningPolicy)}
