"""How far two samples lie apart: pure functions over arrays, each with what chance alone would produce.

Numbers are put into bins at quantiles of the reference, fewer of them where rows are few. With B bins, n reference and
m production rows of one and the same distribution, sum((p - q)^2 / p) is about (1/n + 1/m) * chi-squared(B - 1), so
PSI is about that, and the Jensen-Shannon divergence (in bits) that over 8 ln 2: the noise that `noise_of` gives.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_FEWEST_BINS, _MOST_BINS = 4, 10
_ROWS_A_BIN = 25
_MOST_CATEGORIES = 50


@dataclass(frozen=True, slots=True)
class Binned:
    """Two samples counted over the same bins."""

    reference: Floats
    production: Floats

    @property
    def bins(self) -> int:
        """How many bins hold anything."""
        return int(np.count_nonzero(self.reference + self.production))


def bin_numbers(reference: Floats, production: Floats) -> Binned:
    """Counts over bins at the reference's quantiles; values beyond its range count in the outer bins."""
    wanted = min(_MOST_BINS, max(_FEWEST_BINS, min(len(reference), len(production)) // _ROWS_A_BIN))
    distinct = np.unique(reference)
    if len(distinct) <= wanted:
        # Few distinct values, as of a count or a flag: each is a bin, and so is what lies between two of them.
        inner = np.unique(np.concatenate([distinct, np.nextafter(distinct, math.inf)]))
    else:
        inner = np.unique(np.quantile(reference, np.linspace(0, 1, wanted + 1)))[1:-1]
    return Binned(_counts(reference, inner), _counts(production, inner))


def _counts(values: Floats, inner: Floats) -> Floats:
    places = np.searchsorted(inner, values, side="right")
    return np.bincount(places, minlength=len(inner) + 1).astype(np.float64)


def bin_names(reference: NDArray[np.object_], production: NDArray[np.object_]) -> Binned:
    """Counts of each name; beyond the fifty most frequent of the reference, names count together."""
    names, counts = np.unique(reference.astype(str), return_counts=True)
    kept = [str(name) for name in names[np.argsort(-counts, kind="stable")][:_MOST_CATEGORIES]]
    return Binned(_name_counts(reference, kept), _name_counts(production, kept))


def _name_counts(values: NDArray[np.object_], kept: list[str]) -> Floats:
    place = {name: index for index, name in enumerate(kept)}
    counts = np.zeros(len(kept) + 1)
    for value in values.astype(str):
        counts[place.get(str(value), len(kept))] += 1
    return counts


def jensen_shannon_distance(binned: Binned) -> float:
    """The square root of the Jensen-Shannon divergence in bits: 0 for equal shares, 1 for nothing in common."""
    p, q = binned.reference / binned.reference.sum(), binned.production / binned.production.sum()
    middle = (p + q) / 2
    divergence = (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2
    return math.sqrt(min(1.0, max(0.0, divergence)))


def _relative_entropy(p: Floats, q: Floats) -> float:
    held = p > 0
    return float(np.sum(p[held] * np.log2(p[held] / q[held])))


def population_stability_index(binned: Binned) -> float:
    """sum((p - q) ln(p / q)); an empty bin counts as half a row, so that the index stays finite."""
    p, q = _smoothed(binned.reference), _smoothed(binned.production)
    return float(np.sum((p - q) * np.log(p / q)))


def _smoothed(counts: Floats) -> Floats:
    filled = np.where(counts > 0, counts, 0.5)
    return np.asarray(filled / filled.sum(), dtype=np.float64)


def normalized_wasserstein_distance(reference: Floats, production: Floats) -> float:
    """The Wasserstein distance in standard deviations of the reference; of its unit where it does not vary."""
    from scipy.stats import wasserstein_distance  # noqa: PLC0415 - a second to import, and few commands need it

    spread = float(np.std(reference))
    return float(wasserstein_distance(reference, production)) / (spread if spread > 0 else 1.0)


def kolmogorov_smirnov_probability(reference: Floats, production: Floats) -> float:
    """The probability of samples that differ at least so much, were they of one distribution (two-sided)."""
    from scipy.stats import ks_2samp  # noqa: PLC0415 - as above

    return float(ks_2samp(reference, production, method="auto").pvalue)


def chi_squared_probability(binned: Binned) -> float:
    """The probability of counts that differ at least so much, were they of one distribution (Pearson's test)."""
    from scipy.stats import chi2_contingency  # noqa: PLC0415 - as above

    table = np.array([binned.reference, binned.production])
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2:  # noqa: PLR2004 - one name only: the samples cannot differ
        return 1.0
    outcome: Any = chi2_contingency(table, correction=False)
    return float(outcome.pvalue)


@dataclass(frozen=True, slots=True)
class Noise:
    """What the two binned distances stay below by chance alone, with the given confidence."""

    stability: float
    jensen_shannon: float


def noise_of(binned: Binned, chance: float) -> Noise:
    """The bounds that samples of one distribution pass only with probability `chance`."""
    from scipy.stats import chi2  # noqa: PLC0415 - as above

    rows = 1 / binned.reference.sum() + 1 / binned.production.sum()
    stability = float(rows * chi2.ppf(1 - chance, max(1, binned.bins - 1)))
    return Noise(stability, math.sqrt(stability / (8 * math.log(2))))
