"""What a reader makes of its input: a cloister document, what the input does not tell, and what has no counterpart."""

from dataclasses import dataclass

from cloister.inventory.gaps import NotUnderstood
from cloister.origin import Origin
from cloister.sources.written import Path, Written


@dataclass(frozen=True, slots=True)
class Missing:
    """A value of the document that the input has but does not tell: known after apply, a function nobody can evaluate.

    `path` is where it would stand in the document, such as `("networks", "ml", "subnets", "compute", "prefix")`; the
    document leaves it out. `what` says in one clause why it is not known.
    """

    path: Path
    what: str
    place: Origin


@dataclass(frozen=True, slots=True)
class Translated:
    """A document with the place of every value, and what could not be put into it."""

    tree: Written
    missing: tuple[Missing, ...] = ()
    not_understood: tuple[NotUnderstood, ...] = ()
