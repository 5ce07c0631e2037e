"""Grid search: every combination of the choices, once, the last dimension changing fastest. Pure."""

import math
from collections.abc import Iterator, Sequence
from itertools import islice, product

from cloister.jobs.planning.plan import Branch, Dimension
from cloister.jobs.sweeping.space import Value, Values


def size(space: Sequence[Dimension]) -> int:
    """How many combinations there are."""
    return math.prod(sum(_ways(value) for value in dimension.values) for dimension in space)


def combination(space: Sequence[Dimension], number: int) -> Values | None:
    """The combination with that number, from 0; None behind the last."""
    return next(islice(_combinations(space), number, None), None)


def _combinations(space: Sequence[Dimension]) -> Iterator[Values]:
    names = [dimension.name for dimension in space]
    for chosen in product(*(tuple(_values(dimension)) for dimension in space)):
        yield tuple(zip(names, chosen, strict=True))


def _values(dimension: Dimension) -> Iterator[Value]:
    """The values of a choice in their order; of a branch every combination that is in it."""
    for value in dimension.values:
        if isinstance(value, Branch):
            yield from (dict(inner) for inner in _combinations(value.dimensions))
        else:
            yield value


def _ways(value: str | float | Branch) -> int:
    return size(value.dimensions) if isinstance(value, Branch) else 1
