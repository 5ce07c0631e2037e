"""The keys that conditions of policies may look at, what they hold, and where the gateway has it from."""

from dataclasses import dataclass
from functools import cache
from typing import Final

from cloister.facts.tables import read_table

_ANY_NAME: Final = "/KEY"


@dataclass(frozen=True, slots=True)
class ConditionKey:
    """A key; one that ends in `/KEY` stands for as many as there are tags.

    `families` are the families of operators that can hold its value against something, `values` is one or several.
    `of` says what it tells of: the caller, the request, or the resource, in which the rows of a list differ.
    """

    key: str
    families: str
    values: str
    of: str
    meaning: str
    source: str
    read: str

    @property
    def stem(self) -> str:
        """The key up to the name of a tag."""
        return self.key.removesuffix("KEY") if self.key.endswith(_ANY_NAME) else self.key


@cache
def condition_keys() -> tuple[ConditionKey, ...]:
    """All keys."""
    return read_table("condition_keys", ConditionKey)


@cache
def find_condition_key(written: str) -> tuple[ConditionKey, str] | None:
    """A key that a policy writes, and its one spelling, or None where nobody knows it.

    Case does not matter (as in IAM), but in the name of a tag, where it does in MLflow.
    """
    name, slash, tag = written.partition("/")
    for row in condition_keys():
        if f"{name}{slash}".casefold() == row.stem.casefold() and bool(tag) == bool(slash):
            return row, row.stem + tag
    return None
