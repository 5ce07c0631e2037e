import math

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import norm

from cloister.monitoring.metrics import (
    Binned,
    bin_names,
    bin_numbers,
    chi_squared_probability,
    jensen_shannon_distance,
    kolmogorov_smirnov_probability,
    noise_of,
    normalized_wasserstein_distance,
    population_stability_index,
)


def counts(reference: list[float], production: list[float]) -> Binned:
    return Binned(np.array(reference, dtype=float), np.array(production, dtype=float))


@pytest.mark.parametrize(
    ("binned", "distance"),
    [
        (counts([10, 20, 30], [1, 2, 3]), 0.0),
        (counts([10, 0], [0, 7]), 1.0),
        # By hand: p = (1/2, 1/2), q = (1, 0), m = (3/4, 1/4); (KL(p,m) + KL(q,m)) / 2 in bits.
        (counts([5, 5], [8, 0]), math.sqrt((math.log2(2 / 3) / 2 + math.log2(2) / 2 + math.log2(4 / 3)) / 2)),
    ],
)
def test_jensen_shannon_distance_by_hand(binned: Binned, distance: float) -> None:
    assert jensen_shannon_distance(binned) == pytest.approx(distance, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_jensen_shannon_distance_is_that_of_scipy(seed: int) -> None:
    random = np.random.default_rng(seed)
    binned = Binned(random.integers(0, 50, 12).astype(float), random.integers(1, 50, 12).astype(float))
    expected = jensenshannon(binned.reference, binned.production, base=2)
    assert jensen_shannon_distance(binned) == pytest.approx(float(expected), abs=1e-9)


@pytest.mark.parametrize(
    ("binned", "index"),
    [
        (counts([10, 30], [20, 60]), 0.0),
        # By hand: (0.5 - 0.2) ln(0.5 / 0.2) + (0.5 - 0.8) ln(0.5 / 0.8).
        (counts([50, 50], [20, 80]), 0.3 * math.log(2.5) + 0.3 * math.log(1.6)),
        # An empty bin counts as half a row: p = (0.5, 0.5), q = (0.5/10.5, 10/10.5).
        (
            counts([5, 5], [0, 10]),
            (0.5 - 0.5 / 10.5) * math.log(0.5 / (0.5 / 10.5)) + (0.5 - 10 / 10.5) * math.log(0.5 / (10 / 10.5)),
        ),
    ],
)
def test_population_stability_index_by_hand(binned: Binned, index: float) -> None:
    assert population_stability_index(binned) == pytest.approx(index, abs=1e-12)


@pytest.mark.parametrize(
    ("reference", "production", "distance"),
    [
        ([0.0, 2.0], [0.0, 2.0], 0.0),
        ([0.0, 2.0], [3.0, 5.0], 3.0),  # moved by 3, standard deviation 1
        ([0.0, 20.0], [3.0, 23.0], 0.3),
        ([7.0, 7.0], [9.0, 9.0], 2.0),  # the reference does not vary: in units of the feature
    ],
)
def test_wasserstein_distance_in_standard_deviations(
    reference: list[float], production: list[float], distance: float
) -> None:
    assert normalized_wasserstein_distance(np.array(reference), np.array(production)) == pytest.approx(distance)


def test_probabilities_of_the_tests() -> None:
    grid = norm.ppf(np.linspace(0.005, 0.995, 100))
    assert kolmogorov_smirnov_probability(grid, grid) == pytest.approx(1.0)
    assert kolmogorov_smirnov_probability(grid, grid + 1) < 1e-6
    assert chi_squared_probability(counts([50, 50], [5, 5])) == pytest.approx(1.0)
    # By hand: the table 30 20 / 20 30 has chi-squared 4 with one degree of freedom.
    assert chi_squared_probability(counts([30, 20], [20, 30])) == pytest.approx(0.0455, abs=1e-4)
    assert chi_squared_probability(counts([50, 0, 0], [10, 0, 0])) == 1.0


@pytest.mark.parametrize(
    ("reference", "production", "bins"),
    [
        (list(range(1000)), list(range(1000)), 10),
        (list(range(1000)), list(range(60)), 4),  # few rows, few bins
        (list(range(200)), list(range(200)), 8),
        ([0.0, 1.0] * 300, [0.0, 1.0] * 300, 2),
        ([0.0, 1.0] * 300, [0.0, 0.5, 1.0] * 300, 3),  # what lies between two values is a bin of its own
        ([5.0] * 300, [5.0] * 300, 1),
        ([5.0] * 300, [4.0, 5.0, 6.0] * 300, 3),
    ],
)
def test_bins_follow_the_reference(reference: list[float], production: list[float], bins: int) -> None:
    binned = bin_numbers(np.array(reference, dtype=float), np.array(production, dtype=float))
    assert (binned.bins, binned.reference.sum(), binned.production.sum()) == (bins, len(reference), len(production))


def test_values_beyond_the_reference_are_counted() -> None:
    binned = bin_numbers(np.arange(1000.0), np.full(50, 1e9))
    assert binned.production[-1] == 50


def test_names_that_the_reference_does_not_know_count_together() -> None:
    binned = bin_names(np.array(["a", "a", "b"], dtype=object), np.array(["b", "x", "y"], dtype=object))
    assert (binned.reference.tolist(), binned.production.tolist()) == ([2, 1, 0], [0, 1, 2])


@pytest.mark.parametrize("rows", [30, 100, 1000])
def test_noise_is_what_equal_distributions_stay_below(rows: int) -> None:
    """Of 300 pairs of samples, one in a hundred may pass the bound for chance 0.01; twelve would be a wrong bound."""
    random = np.random.default_rng(20261122)
    passed = {"stability": 0, "jensen_shannon": 0}
    for _ in range(300):
        binned = bin_numbers(random.normal(size=400), random.normal(size=rows))
        noise = noise_of(binned, 0.01)
        passed["stability"] += population_stability_index(binned) > noise.stability
        passed["jensen_shannon"] += jensen_shannon_distance(binned) > noise.jensen_shannon
    assert max(passed.values()) < 12, passed
