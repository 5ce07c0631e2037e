"""Words that findings share."""

from collections.abc import Iterable, Sequence

from cloister.origin import Origin

_FEW = 3


def stated(origin: Origin, field: str, value: str) -> str:
    """How an attribute came to its value: as its author wrote it, or by a default."""
    if origin.states(field):
        return f"{field} is {value}"
    return f"{field} is not stated, and {value} is its default"


def listed(names: Iterable[str]) -> str:
    """Names as a sentence has them: `a`, `a and b`, `a, b and c`."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def few(names: Sequence[str]) -> str:
    """The first names and how many more there are, where there are many."""
    return listed([*names[:_FEW], f"{len(names) - _FEW} more"] if len(names) > _FEW + 1 else names)
