"""Grid search: every combination of the choices, once, the last dimension changing fastest. Pure.

A combination follows from its number alone: a small document can describe more of them than any memory holds.
"""

import math
from collections.abc import Sequence

from cloister.jobs.planning.plan import Branch, Dimension
from cloister.jobs.sweeping.space import Value, Values


def size(space: Sequence[Dimension]) -> int:
    """How many combinations there are."""
    return math.prod(_size(dimension) for dimension in space)


def combination(space: Sequence[Dimension], number: int) -> Values | None:
    """The combination with that number, from 0; None behind the last."""
    return _combination(space, number) if number < size(space) else None


def _combination(space: Sequence[Dimension], number: int) -> Values:
    chosen: list[tuple[str, Value]] = []
    for dimension in reversed(space):
        number, at = divmod(number, _size(dimension))
        chosen.append((dimension.name, _value(dimension, at)))
    return tuple(reversed(chosen))


def _value(dimension: Dimension, at: int) -> Value:
    """The choice's value with that number; of a branch every combination that is in it counts."""
    for value in dimension.values:
        ways = _ways(value)
        if at < ways:
            return dict(_combination(value.dimensions, at)) if isinstance(value, Branch) else value
        at -= ways
    message = f"{dimension.name} has no value {at}"
    raise IndexError(message)


def _size(dimension: Dimension) -> int:
    return sum(_ways(value) for value in dimension.values)


def _ways(value: str | float | Branch) -> int:
    return size(value.dimensions) if isinstance(value, Branch) else 1
