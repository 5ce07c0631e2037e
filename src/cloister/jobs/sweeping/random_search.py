"""Random search: the nth trial's values follow from the seed and n alone, so nothing has to be remembered. Pure."""

import random
from collections.abc import Callable

from cloister.jobs.planning.plan import Sweep
from cloister.jobs.sweeping.space import Values, coordinates, values_at


def drawn(sweep: Sweep, seed: int, number: int) -> Values:
    """The values of the trial with that number, from 0: drawn independently, or the next of a Sobol sequence."""
    point = _POINTS[sweep.rule](coordinates(sweep.space), seed, number)
    return values_at(sweep.space, point, sweep.log_base)


def _independent(count: int, seed: int, number: int) -> tuple[float, ...]:
    # A draw of our own for each trial. Nothing here has to be hard to guess.
    source = random.Random(f"{seed}/{number}")  # noqa: S311
    return tuple(source.random() for _ in range(count))


def sobol_point(count: int, seed: int, number: int) -> tuple[float, ...]:
    """The point of a scrambled Sobol sequence with that number, from 0."""
    from scipy.stats.qmc import Sobol  # noqa: PLC0415 - it takes a second to load, and few sweeps ask for it

    sequence = Sobol(count, rng=seed % 2**64)
    if number:
        sequence.fast_forward(number)
    return tuple(float(at) for at in sequence.random(1)[0])


_POINTS: dict[str, Callable[[int, int, int], tuple[float, ...]]] = {"random": _independent, "sobol": sobol_point}
