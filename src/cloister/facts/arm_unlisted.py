"""Parts of resources that lists of resources leave out: lists of their own print them, so they are not absent."""

from dataclasses import dataclass
from functools import cache

from cloister.facts.tables import read_table


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A part of resources of a type.

    `attributes` are those that hang on the part, `-` where it would be a resource of its own here; `unless` is what the
    resource itself says where it has no such part, as `property=value`; `printed` is the command that prints it.
    """

    type: str
    part: str
    attributes: str
    unless: str
    printed: str
    source: str
    read: str


@cache
def unlisted() -> tuple[Unlisted, ...]:
    """Every part that Resource Graph's table of resources and `az resource list` leave out."""
    return read_table("arm_unlisted", Unlisted)
