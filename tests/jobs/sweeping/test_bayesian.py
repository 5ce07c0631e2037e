"""Bayesian search finds more than random search, and the same each time."""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from scipy import stats

from cloister.jobs.planning.plan import Dimension, Sweep
from cloister.jobs.sweeping import bayesian, grid
from cloister.jobs.sweeping.history import Tried
from cloister.jobs.sweeping.search import next_values, seed_of

X = Dimension("x", "uniform", min_value=-5, max_value=10)
Y = Dimension("y", "uniform", min_value=0, max_value=15)
KIND = Dimension("kind", "choice", values=("near", "far", "none"))
STEP = Dimension("step", "quniform", min_value=1, max_value=64, q=1)
COUNT = Dimension("count", "randint", upper=40)


def sweep(*space: Dimension, total: int = 20) -> Sweep:
    return Sweep("bayesian", "m", "maximize", space, max_total_trials=total, max_concurrent_trials=1)


def branin(x: float, y: float) -> float:
    """Three equal optima in a valley (Dixon and Szego, 1978), the negative of it."""
    valley = y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6
    return -(valley**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10)


def peak(x: float, kind: str) -> float:
    return {"near": 1.0, "far": 0.3, "none": 0.0}[kind] * math.exp(-((x - 2.0) ** 2))


def steps(step: float, count: int) -> float:
    return -abs(step - 37) / 64 - abs(count - 11) / 40


FUNCTIONS: list[tuple[tuple[Dimension, ...], Callable[..., float]]] = [
    ((X, Y), branin),
    ((X, KIND), peak),
    ((STEP, COUNT), steps),
]


def best_found(asked: Sweep, function: Callable[..., float], seed: int) -> float:
    tried: list[Tried] = []
    for number in range(asked.max_total_trials):
        values = next_values(asked, seed, number, tried)
        assert values is not None
        tried.append(Tried(values, function(**dict(values))))
    return max(trial.score or 0.0 for trial in tried)


def test_it_finds_more_than_random_search_in_as_many_trials() -> None:
    """Wilcoxon's signed-rank test over pairs of the same function and seed."""
    pairs = [
        (
            best_found(sweep(*space), function, seed),
            best_found(replace(sweep(*space), algorithm="random"), function, seed),
        )
        for space, function in FUNCTIONS
        for seed in range(3)
    ]
    found = stats.wilcoxon([bayesian - drawn for bayesian, drawn in pairs], alternative="greater")
    assert found.pvalue < 0.02, pairs


HISTORY = [Tried((("x", float(x)), ("kind", "near")), -abs(x - 2.0)) for x in range(-4, 9)]


def test_the_same_seed_and_history_give_the_same_proposal() -> None:
    asked = sweep(X, KIND)
    assert next_values(asked, 3, 13, HISTORY) == next_values(asked, 3, 13, HISTORY)
    assert next_values(asked, 3, 13, HISTORY) != next_values(asked, 4, 13, HISTORY)


def test_trials_that_run_side_by_side_are_kept_apart() -> None:
    """A running trial counts as one that came to the best value, so there is nothing more to gain beside it."""
    first = next_values(sweep(X, KIND), 3, 13, HISTORY)
    assert first is not None
    second = next_values(sweep(X, KIND), 3, 13, [*HISTORY, Tried(first, None, running=True)])
    assert second is not None
    gap = abs(dict(first)["x"] - dict(second)["x"])  # type: ignore[operator]  # both are numbers
    assert gap > 0.05 or dict(first)["kind"] != dict(second)["kind"]


def test_failed_trials_are_kept_away_from() -> None:
    asked = sweep(X, total=40)
    failed = [Tried((("x", -5 + n * 0.5),), None) for n in range(16)]
    worked = [Tried((("x", 4 + n * 0.5),), float(-n)) for n in range(8)]
    values = next_values(asked, 3, 24, [*failed, *worked])
    assert values is not None
    assert dict(values)["x"] > 2.0  # type: ignore[operator]  # a number


def test_a_finite_space_is_tried_whole_and_nothing_twice() -> None:
    asked = sweep(KIND, Dimension("n", "choice", values=(1, 2, 4, True)))
    tried: list[Tried] = []
    while (values := next_values(asked, 9, len(tried), tried)) is not None:
        tried.append(Tried(values, float(len(tried))))
    assert len({repr(trial.values) for trial in tried}) == len(tried) == grid.size(asked.space) == 12


def test_where_the_first_points_meet_nothing_is_tried_twice() -> None:
    """Of two values, three points that are spread evenly hit one twice."""
    asked = sweep(Dimension("c", "choice", values=("a", "b")))
    tried: list[Tried] = []
    while (values := next_values(asked, 1, len(tried), tried)) is not None and len(tried) < 3:
        tried.append(Tried(values, None, running=True))
    assert sorted(str(dict(trial.values)["c"]) for trial in tried) == ["a", "b"]


def test_what_is_not_known_counts_as_best_where_it_runs_and_as_worst_where_it_failed() -> None:
    known = [Tried((("x", 0.0),), score) for score in (1.0, -3.0, -math.inf)]
    tried = [*known, Tried((("x", 1.0),), None, running=True), Tried((("x", 2.0),), None)]
    assert bayesian.supposed(tried).tolist() == [1.0, -3.0, -3.0, 1.0, -3.0]


def test_without_any_result_it_goes_on_spreading() -> None:
    asked = sweep(X, Y)
    tried = [Tried((("x", float(n)), ("y", 1.0)), None, running=True) for n in range(8)]
    assert next_values(asked, 3, 8, tried) is not None


def test_metrics_that_are_no_numbers_do_no_harm() -> None:
    values = next_values(sweep(X, KIND), 3, 14, [*HISTORY, Tried((("x", 2.5), ("kind", "far")), -math.inf)])
    assert values is not None


@pytest.mark.parametrize(("given", "expected"), [(17, 17), (None, 1)])
def test_a_seed_that_is_not_given_follows_from_the_names(given: int | None, expected: int) -> None:
    asked = replace(sweep(X), seed=given)
    found = seed_of(asked, "job", "step")
    assert found == expected if given else found == seed_of(asked, "job", "step") != seed_of(asked, "job", "other")
