"""What of ARM's resources goes where in a document: one row a type, and one row a property.

`arm_types.tsv`: `stands` says how resources of a type stand in a document: `top` under a section of their own;
`inner` in the block of the resource that they are part of, under the key `section`; `code` as
`sources/arm/mapping/kinds` says, and under `services:KIND` as a service of that kind; `part` in no place of their own,
because the resource around them reads them; `ignored` and `told` not at all, `why` giving the reason, or the
consequence that is told. Their order is that in which they claim places: what others are named after comes first.

`arm.tsv`: `how` is a transform of `sources/arm/mapping/transforms.py`; `code` where the kind's own code reads it;
`children:TYPE` where resources of another type stand in it; `ignored` and `told` as above. `absent` is what the API
takes where the property is not stated, as JSON in the document's words, where that is another value than the document's
own default; a version before it, `2026-02-01: true`, is that of the API from which on it counts.
"""

from dataclasses import dataclass
from functools import cache

from cloister.facts.tables import read_table

ANY = "*"
"""The type of properties that every resource may have."""


@dataclass(frozen=True, slots=True)
class ArmType:
    """A type of resource."""

    type: str
    stands: str
    section: str
    why: str
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class ArmProperty:
    """A property of resources of a type; what stands below it belongs to the row unless a longer path has its own."""

    type: str
    property: str
    attribute: str
    how: str
    absent: str
    why: str
    source: str
    read: str


@cache
def arm_types() -> dict[str, ArmType]:
    """Every type that is known, by its name in lower case, in the order in which they claim their places."""
    return {row.type.lower(): row for row in read_table("arm_types", ArmType)}


@cache
def arm_properties() -> dict[str, dict[str, ArmProperty]]:
    """The properties of every type, by type and path in lower case; those of any type are rows of each."""
    found: dict[str, dict[str, ArmProperty]] = {}
    for row in read_table("arm", ArmProperty):
        found.setdefault(row.type.lower(), {})[row.property.lower()] = row
    return found
