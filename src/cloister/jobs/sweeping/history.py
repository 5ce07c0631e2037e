"""What the trials of a sweep came to. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cloister.jobs.planning.plan import Sweep
from cloister.jobs.sweeping.space import Values


@dataclass(frozen=True, slots=True)
class Tried:
    """One trial: its values, its score, larger being better, and whether it still runs."""

    values: Values
    score: float | None
    running: bool = False


def score(sweep: Sweep, metric: float) -> float:
    """The metric as a score, where larger is better; what is no number is worse than any."""
    if math.isnan(metric):
        return -math.inf
    return metric if sweep.goal == "maximize" else -metric


def best_metric(sweep: Sweep, reported: Sequence[float]) -> float | None:
    """The best of the values that a trial reported, as Azure ML compares trials; None where there is none."""
    return max(reported, key=lambda metric: score(sweep, metric), default=None)
