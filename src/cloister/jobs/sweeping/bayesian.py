"""Bayesian search: a Gaussian process over what was tried, and the point where most improvement is expected. Pure.

The first trials are spread evenly. Then each proposal maximises the expected improvement (Jones, Schonlau and Welch,
1998) over candidates: points all over the space, and some near the best trials. A trial that still runs counts as if it
had come to the best value so far, the "constant liar" of Ginsbourger, Le Riche and Carraro (2010), which keeps trials
that run side by side apart. One that failed counts as the worst.

The same seed and history always give the same proposal. scikit-learn is loaded when the first one is asked for.
"""

import math
import random
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cloister.jobs.planning.plan import Dimension, Sweep
from cloister.jobs.sweeping import grid
from cloister.jobs.sweeping.history import Tried
from cloister.jobs.sweeping.random_search import sobol_point
from cloister.jobs.sweeping.space import Value, Values, coordinates, values_at

if TYPE_CHECKING:
    import numpy as np

# The process learns from so many trials at most; its cost grows with the cube of their number.
_MOST_LEARNT = 200
_EVERYWHERE, _NEAR_BEST, _BEST = 512, 256, 3
# A finite space that is no larger is searched whole, so that nothing is tried twice.
_SMALL_SPACE = 2048


def proposed(sweep: Sweep, seed: int, number: int, tried: Sequence[Tried]) -> Values | None:
    """The values of the trial with that number, from 0; None where a finite space has nothing left to try.

    `tried` are the trials before it, in the order of their numbers.
    """
    known = {_key(trial.values) for trial in tried}
    if number < 2 * coordinates(sweep.space) + 1 or not any(trial.score is not None for trial in tried):
        point = sobol_point(coordinates(sweep.space), seed, number)
        first = values_at(sweep.space, point)
        if _key(first) not in known:
            return first
    candidates = [values for values in _candidates(sweep, seed, number, tried) if _key(values) not in known]
    if not candidates:
        return None
    if not any(trial.score is not None for trial in tried):
        return candidates[0]
    return candidates[_most_promising(sweep, seed, tried, candidates)]


def _candidates(sweep: Sweep, seed: int, number: int, tried: Sequence[Tried]) -> Iterator[Values]:
    """Every combination of a small finite space; of others points all over it, and around the best trials."""
    if all(dimension.kind == "choice" for dimension in sweep.space) and grid.size(sweep.space) <= _SMALL_SPACE:
        for position in range(grid.size(sweep.space)):
            if (combination := grid.combination(sweep.space, position)) is not None:
                yield combination
        return
    source = random.Random(f"{seed}/{number}/candidates")  # noqa: S311 - nothing here has to be hard to guess
    count = coordinates(sweep.space)
    yield from (values_at(sweep.space, [source.random() for _ in range(count)]) for _ in range(_EVERYWHERE))
    best = sorted((t for t in tried if t.score is not None), key=lambda t: t.score or 0.0, reverse=True)[:_BEST]
    for trial in best:
        centre = [_coordinate(d, v) for d, (_, v) in zip(sweep.space, trial.values, strict=True)]
        for _ in range(_NEAR_BEST // _BEST):
            width = 10 ** source.uniform(-3, -0.5)
            yield values_at(sweep.space, [_moved(at, width, source) for at in centre])


def _moved(at: float, width: float, source: random.Random) -> float:
    return min(max(source.gauss(at, width), 0.0), 1.0)


def _most_promising(sweep: Sweep, seed: int, tried: Sequence[Tried], candidates: Sequence[Values]) -> int:
    """Which of the candidates has the largest expected improvement."""
    import numpy as np  # noqa: PLC0415 - lazy, as scikit-learn
    from scipy.stats import norm  # noqa: PLC0415
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415
    from sklearn.gaussian_process import GaussianProcessRegressor  # noqa: PLC0415
    from sklearn.gaussian_process.kernels import Matern, WhiteKernel  # noqa: PLC0415
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    learnt = tried[-_MOST_LEARNT:]
    places = np.array([_features(sweep.space, trial.values) for trial in learnt])
    scores = supposed(learnt)
    kernel = Matern(length_scale=[0.5] * places.shape[1], length_scale_bounds=(0.05, 20.0), nu=2.5)
    kernel += WhiteKernel(noise_level=1e-3, noise_level_bounds=(1e-6, 1.0))
    process = GaussianProcessRegressor(kernel, normalize_y=True, random_state=seed % 2**32)
    # On one thread: the matrices are small, and other threads of the machine are for trials.
    with warnings.catch_warnings(), threadpool_limits(1):
        # A length scale at its bound: the dimension matters not at all, or the history is short.
        warnings.simplefilter("ignore", ConvergenceWarning)
        process.fit(places, scores)
        expected, deviation = process.predict([_features(sweep.space, c) for c in candidates], return_std=True)
    deviation = np.maximum(deviation, 1e-12)
    gain = expected - scores.max()
    improvement = gain * norm.cdf(gain / deviation) + deviation * norm.pdf(gain / deviation)
    return int(np.argmax(improvement))


def supposed(tried: Sequence[Tried]) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """The scores, larger being better; of running trials the best one, of those without one the worst."""
    import numpy as np  # noqa: PLC0415

    known = [trial.score for trial in tried if trial.score is not None and math.isfinite(trial.score)]
    best, worst = (max(known), min(known)) if known else (0.0, 0.0)

    def of(trial: Tried) -> float:
        if trial.score is not None and math.isfinite(trial.score):
            return trial.score
        return best if trial.running else worst

    return np.array([of(trial) for trial in tried])


def _features(space: Sequence[Dimension], values: Values) -> list[float]:
    """The trial as the process sees it: numbers from 0 to 1, and one of them for each value of a choice."""
    seen: list[float] = []
    for dimension, (_, value) in zip(space, values, strict=True):
        if dimension.kind == "choice":
            seen += [1.0 if given == value and type(given) is type(value) else 0.0 for given in dimension.values]
        else:
            seen.append(_coordinate(dimension, value))
    return seen


def _coordinate(dimension: Dimension, value: Value) -> float:
    """Where in the unit cube the value lies; `space.values_at` leads back to it."""
    if dimension.kind == "choice":
        place = next(n for n, given in enumerate(dimension.values) if given == value and type(given) is type(value))
        return (place + 0.5) / len(dimension.values)
    number = float(value) if isinstance(value, int | float) else 0.0
    if dimension.kind == "randint":
        return (number + 0.5) / (dimension.upper or 1)
    low, high = dimension.min_value or 0.0, dimension.max_value or 0.0
    return min(max((number - low) / (high - low), 0.0), 1.0) if high > low else 0.5


def _key(values: Values) -> str:
    return repr(values)
