"""A search space as the unit cube: each point of the cube is one choice of values. Pure.

Azure ML defines what each type of dimension draws:
https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters, "Define the search space" (read
2026-11). Each is drawn here through the inverse of its distribution function, so that the same code serves independent
draws, the evenly spread ones of a Sobol sequence, and a search that thinks in coordinates.
"""

import json
import math
from collections.abc import Iterator, Sequence
from statistics import NormalDist

from cloister.jobs.planning.plan import Branch, Dimension

Scalar = str | int | float | bool
Value = Scalar | dict[str, "Value"]
# What a trial is run with: the value of each dimension, in the order of the space.
Values = tuple[tuple[str, Value], ...]

# A normal variable has no value at the cube's faces.
_LEAST = 2.0**-53


def coordinates(space: Sequence[Dimension]) -> int:
    """How many coordinates a point has: one for each dimension, those inside of branches as well."""
    inner = (value for dimension in space for value in dimension.values if isinstance(value, Branch))
    return len(space) + sum(coordinates(branch.dimensions) for branch in inner)


def values_at(space: Sequence[Dimension], point: Sequence[float], log_base: float | None = None) -> Values:
    """The values at a point, whose coordinates lie from 0 (inclusive) to 1."""
    left = iter(point)
    return tuple((dimension.name, _value(dimension, left, log_base)) for dimension in space)


def text(value: Value) -> str:
    """The value as it stands in a command line: as Azure writes literals, a branch as JSON on one line."""
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _value(dimension: Dimension, point: Iterator[float], log_base: float | None) -> Value:
    """The dimension's value; it takes its coordinates, and those of all its branches, whichever is chosen."""
    at = next(point)
    match dimension.kind:
        case "choice":
            chosen = min(int(at * len(dimension.values)), len(dimension.values) - 1)
            return [_chosen(value, point, log_base) for value in dimension.values][chosen]
        case "randint":
            upper = dimension.upper or 1
            return min(int(at * upper), upper - 1)
        case _:
            return quantised(_real(dimension, at, log_base), dimension.q)


def _chosen(value: Scalar | Branch, point: Iterator[float], log_base: float | None) -> Value:
    if isinstance(value, Branch):
        return {inner.name: _value(inner, point, log_base) for inner in value.dimensions}
    return value


def _real(dimension: Dimension, at: float, log_base: float | None) -> float:
    """The real number that the dimension's distribution reaches with probability `at`."""
    if "uniform" in dimension.kind:
        low, high = dimension.min_value or 0.0, dimension.max_value or 0.0
        drawn = low + (high - low) * at
    else:
        normal = NormalDist(dimension.mu or 0.0, dimension.sigma or 1.0)
        drawn = normal.inv_cdf(min(max(at, _LEAST), 1 - _LEAST))
    if "log" not in dimension.kind:
        return drawn
    return math.exp(drawn) if log_base is None else math.pow(log_base, drawn)


def quantised(drawn: float, q: float | None) -> float:
    """`round(drawn / q) * q`, whole where q is: scripts read a batch size as an integer."""
    if q is None:
        return drawn
    steps = round(drawn / q)
    return steps * int(q) if float(q).is_integer() else steps * q
