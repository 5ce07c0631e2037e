"""The environment variables that scripts written for other platforms read, and which value stands in each."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from cloister.facts.tables import read_table

Family = Literal["pytorch", "mpi", "tensorflow", "azureml", "sagemaker"]


@dataclass(frozen=True, slots=True)
class StepVariable:
    """A variable, and the name of its value; whoever makes the values knows the names.

    A variable with `{name}` or `{NAME}` is there for each of several, the latter in capitals.
    """

    family: str
    variable: str
    value: str
    source: str
    read: str


@cache
def step_variables(family: Family) -> dict[str, str]:
    """The variables of the family, each with the name of its value."""
    rows = read_table("step_variables", StepVariable)
    return {row.variable: row.value for row in rows if row.family == family}


@cache
def every_step_variable() -> tuple[StepVariable, ...]:
    """All rows, each with its source."""
    return read_table("step_variables", StepVariable)
