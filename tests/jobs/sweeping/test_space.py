"""What is drawn from a search space, by type of dimension."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cloister.jobs.planning.plan import Branch, Dimension, Sweep
from cloister.jobs.sweeping import grid
from cloister.jobs.sweeping.random_search import drawn
from cloister.jobs.sweeping.space import coordinates, text, values_at

POINTS = st.floats(0, 1)
BOUNDS = st.tuples(st.floats(-50, 50), st.floats(-50, 50)).map(sorted)
Q = st.sampled_from([0.1, 0.5, 1.0, 2.0, 16.0])


def sweep(*space: Dimension, **settings: object) -> Sweep:
    made: dict[str, object] = {"algorithm": "random", "metric": "m", "goal": "minimize", "space": space}
    return Sweep(**made | {"max_total_trials": 100, "max_concurrent_trials": 4} | settings)  # type: ignore[arg-type]  # the fields by name


def value(dimension: Dimension, *point: float) -> object:
    return values_at([dimension], point)[0][1]


@pytest.mark.parametrize(
    ("dimension", "at", "expected"),
    [
        (Dimension("d", "choice", values=("a", "b", "c")), 0.0, "a"),
        (Dimension("d", "choice", values=("a", "b", "c")), 0.34, "b"),
        (Dimension("d", "choice", values=("a", "b", "c")), 1.0, "c"),
        (Dimension("d", "randint", upper=3), 0.99, 2),
        (Dimension("d", "randint", upper=3), 1.0, 2),
        (Dimension("d", "uniform", min_value=2, max_value=4), 0.25, 2.5),
        (Dimension("d", "quniform", min_value=0, max_value=100, q=16), 0.5, 48),
        (Dimension("d", "quniform", min_value=0, max_value=1, q=0.25), 0.55, 0.5),
        (Dimension("d", "loguniform", min_value=0, max_value=2), 0.5, math.e),
        (Dimension("d", "qloguniform", min_value=0, max_value=2, q=1), 0.5, 3),
        (Dimension("d", "normal", mu=10, sigma=3), 0.5, 10.0),
        (Dimension("d", "qnormal", mu=10, sigma=3, q=4), 0.5, 8),
        (Dimension("d", "lognormal", mu=1, sigma=3), 0.5, math.e),
        (Dimension("d", "qlognormal", mu=1, sigma=3, q=2), 0.5, 2),
    ],
)
def test_each_type_is_drawn_as_azure_defines_it(dimension: Dimension, at: float, expected: object) -> None:
    assert (value(dimension, at), type(value(dimension, at))) == (pytest.approx(expected), type(expected))


@pytest.mark.parametrize(
    ("chosen", "written"),
    [
        ("hello world", "hello world"),
        (16, "16"),
        (0.1, "0.1"),
        (1e-05, "1e-05"),
        (True, "True"),
        ({"layers": 2, "rate": 0.5, "on": True}, '{"layers": 2, "rate": 0.5, "on": true}'),
    ],
)
def test_values_stand_in_the_command_as_azure_writes_literals(chosen: object, written: str) -> None:
    assert text(chosen) == written  # type: ignore[arg-type]  # the table's values are of several types


def test_a_value_that_is_a_mapping_is_a_space_of_its_own() -> None:
    rate = Dimension("rate", "uniform", min_value=0, max_value=1)
    deep = Branch((Dimension("kind", "choice", values=("deep",)), rate))
    space = [Dimension("model", "choice", values=("flat", deep)), Dimension("seed", "randint", upper=10)]
    assert coordinates(space) == 4
    assert values_at(space, [0.1, 0.5, 0.3, 0.95]) == (("model", "flat"), ("seed", 9))
    assert values_at(space, [0.9, 0.5, 0.3, 0.95]) == (("model", {"kind": "deep", "rate": 0.3}), ("seed", 9))


@given(BOUNDS, POINTS)
def test_uniform_values_keep_their_bounds(bounds: list[float], at: float) -> None:
    low, high = bounds
    found = value(Dimension("d", "uniform", min_value=low, max_value=high), at)
    assert isinstance(found, float)
    assert low - 1e-9 <= found <= high + 1e-9


@given(
    st.sampled_from(["quniform", "qloguniform"]), st.tuples(st.floats(-5, 5), st.floats(-5, 5)).map(sorted), Q, POINTS
)
def test_quantised_values_are_multiples_and_no_farther_out_than_half_a_step(
    kind: str, bounds: list[float], q: float, at: float
) -> None:
    found = value(Dimension("d", kind, min_value=bounds[0], max_value=bounds[1], q=q), at)  # type: ignore[arg-type]  # two of its words
    assert isinstance(found, int | float)
    assert found / q == pytest.approx(round(found / q), abs=1e-6)
    low, high = bounds if kind == "quniform" else map(math.exp, bounds)
    assert low - q / 2 - 1e-9 <= found <= high + q / 2 + 1e-9


@pytest.mark.parametrize("rule", ["random", "sobol"])
@pytest.mark.parametrize(
    ("dimension", "distribution"),
    [
        (Dimension("d", "uniform", min_value=2, max_value=5), stats.uniform(2, 3)),
        (Dimension("d", "loguniform", min_value=-3, max_value=1), stats.loguniform(math.exp(-3), math.exp(1))),
        (Dimension("d", "normal", mu=10, sigma=3), stats.norm(10, 3)),
        (Dimension("d", "lognormal", mu=1, sigma=0.5), stats.lognorm(0.5, scale=math.e)),
    ],
)
def test_draws_are_distributed_as_named(dimension: Dimension, distribution: stats.rv_continuous, rule: str) -> None:
    """A test of Kolmogorov and Smirnov, with a seed that is written down."""
    asked = sweep(dimension, rule=rule)
    numbers = np.array([drawn(asked, 5, n)[0][1] for n in range(256)], float)
    assert stats.kstest(numbers, distribution.cdf).pvalue > 0.05


def test_an_exponent_has_the_base_that_the_author_gives() -> None:
    asked = sweep(Dimension("d", "loguniform", min_value=-3, max_value=-3), log_base=10.0)
    assert drawn(asked, 1, 0)[0][1] == pytest.approx(0.001)


@given(st.integers(0, 2**32 - 1), st.integers(0, 500))
def test_a_draw_follows_from_seed_and_number_and_differs_by_each(seed: int, number: int) -> None:
    asked = sweep(Dimension("d", "uniform", min_value=0, max_value=1))
    assert drawn(asked, seed, number) == drawn(asked, seed, number)
    assert drawn(asked, seed, number) != drawn(asked, seed, number + 1)
    assert drawn(asked, seed, number) != drawn(asked, seed + 1, number)


def test_a_sobol_sequence_spreads_more_evenly_than_independent_draws() -> None:
    space = tuple(Dimension(name, "uniform", min_value=0, max_value=1) for name in "ab")

    def discrepancy(rule: str) -> float:
        points = np.array([[v for _, v in drawn(sweep(*space, rule=rule), 3, n)] for n in range(64)], float)
        return float(stats.qmc.discrepancy(points))

    assert discrepancy("sobol") < discrepancy("random") / 2


def test_a_sobol_sequence_is_taken_point_by_point_from_its_first() -> None:
    asked = sweep(Dimension("d", "uniform", min_value=0, max_value=1), rule="sobol")
    whole = stats.qmc.Sobol(1, rng=3).random(4).ravel().tolist()
    assert [drawn(asked, 3, number)[0][1] for number in range(4)] == whole


CHOICES = st.lists(st.lists(st.integers(0, 99), min_size=1, max_size=4, unique=True), min_size=1, max_size=4)


@given(CHOICES)
@settings(max_examples=50)
def test_a_grid_holds_every_combination_once(choices: list[list[int]]) -> None:
    space = [Dimension(f"d{n}", "choice", values=tuple(values)) for n, values in enumerate(choices)]
    found = [grid.combination(space, number) for number in range(grid.size(space))]
    assert len(set(found)) == math.prod(len(values) for values in choices)
    assert grid.combination(space, grid.size(space)) is None


def test_a_grid_changes_its_last_dimension_first_and_goes_into_branches() -> None:
    inner = Branch((Dimension("x", "choice", values=(1, 2)),))
    space = [Dimension("a", "choice", values=("p", inner)), Dimension("b", "choice", values=(True, False))]
    assert grid.size(space) == 6
    assert [grid.combination(space, n) for n in range(6)] == [
        (("a", "p"), ("b", True)),
        (("a", "p"), ("b", False)),
        (("a", {"x": 1}), ("b", True)),
        (("a", {"x": 1}), ("b", False)),
        (("a", {"x": 2}), ("b", True)),
        (("a", {"x": 2}), ("b", False)),
    ]


def test_a_grid_too_large_for_any_memory_has_each_combination_at_once() -> None:
    branch = Branch(tuple(Dimension(f"d{n}", "choice", values=tuple(range(100))) for n in range(20)))
    space = [Dimension("a", "choice", values=(branch, "last"))]
    assert grid.size(space) == 100**20 + 1
    assert grid.combination(space, 100**20) == (("a", "last"),)
    assert grid.combination(space, 9_907)[0][1] == {f"d{n}": {18: 99, 19: 7}.get(n, 0) for n in range(20)}  # type: ignore[index]  # there is one


def test_draws_stay_what_they_are_from_release_to_release() -> None:
    """A sweep that is resumed under a later release goes on as it would have."""
    asked = sweep(Dimension("d", "uniform", min_value=0, max_value=1), Dimension("n", "randint", upper=100))
    assert drawn(asked, 7, 3) == (("d", 0.04321881789228821), ("n", 41))
