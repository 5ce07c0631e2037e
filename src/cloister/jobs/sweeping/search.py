"""Which values a sweep tries next. Pure."""

import hashlib
from collections.abc import Sequence

from cloister.jobs.planning.plan import Sweep
from cloister.jobs.sweeping import bayesian, grid, random_search
from cloister.jobs.sweeping.history import Tried
from cloister.jobs.sweeping.space import Values


def next_values(sweep: Sweep, seed: int, number: int, tried: Sequence[Tried]) -> Values | None:
    """The values of the trial with that number, from 0; None where there is nothing left to try.

    `tried` are the trials before it, in the order of their numbers. The same arguments always give the same values.
    """
    match sweep.algorithm:
        case "random":
            return random_search.drawn(sweep, seed, number)
        case "grid":
            return grid.combination(sweep.space, number)
        case "bayesian":
            return bayesian.proposed(sweep, seed, number, tried)


def seed_of(sweep: Sweep, job: str, step: str) -> int:
    """The seed that the author gave, or one that follows from the names: a sweep that is resumed goes on the same."""
    if sweep.seed is not None:
        return sweep.seed
    return int.from_bytes(hashlib.sha256(f"{job}/{step}".encode()).digest()[:4])
