"""Signals over frames: drift of inputs, drift of predictions, quality of data. Pure; frames come in as arguments."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cloister.monitoring import metrics
from cloister.monitoring.values import (
    MINIMUM_ROWS,
    FeatureResult,
    FeatureType,
    Metric,
    Outcome,
    Signal,
    SignalResult,
    SignalType,
    Target,
    Threshold,
)

if TYPE_CHECKING:
    import pandas as pd

# The chance of one false alarm among all metrics of a signal, where production is as the reference.
_FALSE_ALARM = 0.01


@dataclass(frozen=True, slots=True)
class Rows:
    """Frames to compare: inputs by feature, and predictions; the reference's predictions are its target column."""

    inputs: "pd.DataFrame"
    predictions: "pd.Series[Any]"


def evaluate_signal(signal: Signal, target: Target, reference: "pd.DataFrame", production: Rows) -> SignalResult:
    """What the signal comes to; every feature that is asked for is told, also where it cannot be judged."""
    if signal.type is SignalType.PREDICTION_DRIFT:
        results = list(_prediction_drift(signal, target, reference, production))
        count = len(production.predictions)
    else:
        results = list(_over_features(signal, reference, production.inputs))
        count = len(production.inputs)
    note = "" if count else "no scored batch lies in the window; is data_collector on in the deployment?"
    return SignalResult(signal.name, signal.type, len(reference), count, tuple(results), note)


def important_features(reference: "pd.DataFrame", target: str, count: int) -> tuple[str, ...]:
    """The features whose ranks go with the target's ranks most (absolute Spearman correlation), strongest first."""
    aims = reference[target]
    numbers = aims if _is_numeric(aims) else aims.astype("category").cat.codes
    strength = {}
    for name in reference.columns.drop(target):
        column = reference[name]
        ranked = column if _is_numeric(column) else column.astype("category").cat.codes
        found = float(ranked.rank().corr(numbers.rank()))
        strength[str(name)] = 0.0 if np.isnan(found) else abs(found)
    return tuple(sorted(strength, key=lambda name: (-strength[name], name))[:count])


def _over_features(signal: Signal, reference: "pd.DataFrame", production: "pd.DataFrame") -> Iterator[FeatureResult]:
    names = _features(signal, reference)
    bounds = max(1, len(names) * len(signal.thresholds))
    for name in names:
        if name not in reference.columns:
            yield from _unjudged(signal, name, FeatureType.NUMERICAL, "the reference has no such column")
            continue
        kind = signal.type_overrides.get(name, _type_of(reference[name]))
        if name not in production.columns:
            yield from _unjudged(signal, name, kind, "the scored batches have no such column")
            continue
        known, seen = reference[name], production[name]
        for threshold in _of_type(signal, kind):
            if signal.type is SignalType.DATA_QUALITY:
                yield _quality(name, known, seen, threshold)
            else:
                yield _drift(name, known, seen, threshold, _FALSE_ALARM / bounds)


def _prediction_drift(
    signal: Signal, target: Target, reference: "pd.DataFrame", production: Rows
) -> Iterator[FeatureResult]:
    name = "prediction"
    kind = FeatureType.CATEGORICAL if target.predicts_classes else FeatureType.NUMERICAL
    if signal.reference.target not in reference.columns:
        yield from _unjudged(signal, name, kind, f'the reference has no column "{signal.reference.target}"')
        return
    chosen = _of_type(signal, kind)
    for threshold in chosen:
        known = reference[signal.reference.target]
        yield _drift(name, known, production.predictions, threshold, _FALSE_ALARM / len(chosen))


def _features(signal: Signal, reference: "pd.DataFrame") -> tuple[str, ...]:
    if signal.features:
        return signal.features
    if signal.top and signal.reference.target in reference.columns:
        return important_features(reference, signal.reference.target, signal.top)
    return tuple(str(name) for name in reference.columns if name != signal.reference.target)


def _of_type(signal: Signal, kind: FeatureType) -> list[Threshold]:
    return [threshold for threshold in signal.thresholds if threshold.feature_type is kind]


def _type_of(column: "pd.Series[Any]") -> FeatureType:
    return FeatureType.NUMERICAL if _is_numeric(column) else FeatureType.CATEGORICAL


def _is_numeric(column: "pd.Series[Any]") -> bool:
    return column.dtype.kind in "iuf"


def _unjudged(signal: Signal, name: str, kind: FeatureType, note: str) -> Iterator[FeatureResult]:
    for one in _of_type(signal, kind):
        yield FeatureResult(name, kind, one.metric, None, one.bound, Outcome.UNDECIDED, note)


def _drift(
    name: str, reference: "pd.Series[Any]", production: "pd.Series[Any]", threshold: Threshold, chance: float
) -> FeatureResult:
    """One metric; a breach counts only where chance alone does not explain it."""
    if threshold.feature_type is FeatureType.NUMERICAL:
        known, seen = _numbers(reference), _numbers(production)
    else:
        known, seen = _names(reference), _names(production)
    if min(len(known), len(seen)) < MINIMUM_ROWS:
        note = f"{len(seen)} of {len(production)} values can be compared with {len(known)}; {MINIMUM_ROWS} are needed"
        return _result(name, threshold, None, Outcome.UNDECIDED, note)
    binned = metrics.bin_numbers(known, seen) if known.dtype.kind == "f" else metrics.bin_names(known, seen)
    value = _measure(threshold.metric, known, seen, binned)
    if not threshold.is_breached(value):
        return _result(name, threshold, value, Outcome.OK)
    if note := _chance_explains(threshold.metric, value, binned, known, seen, chance):
        return _result(name, threshold, value, Outcome.UNDECIDED, note)
    return _result(name, threshold, value, Outcome.BREACHED)


def _measure(metric: Metric, known: NDArray[Any], seen: NDArray[Any], binned: metrics.Binned) -> float:
    match metric:
        case Metric.JENSEN_SHANNON:
            return metrics.jensen_shannon_distance(binned)
        case Metric.STABILITY:
            return metrics.population_stability_index(binned)
        case Metric.WASSERSTEIN:
            return metrics.normalized_wasserstein_distance(known, seen)
        case Metric.KOLMOGOROV_SMIRNOV:
            return metrics.kolmogorov_smirnov_probability(known, seen)
        case _:
            return metrics.chi_squared_probability(binned)


def _chance_explains(
    metric: Metric, value: float, binned: metrics.Binned, known: NDArray[Any], seen: NDArray[Any], chance: float
) -> str:
    """Why a value above its threshold proves nothing at this number of rows, or nothing where it does.

    A test's threshold is a probability already, so there is nothing to add to it.
    """
    if metric in (Metric.KOLMOGOROV_SMIRNOV, Metric.CHI_SQUARED):
        return ""
    if metric is Metric.WASSERSTEIN:
        is_noise = metrics.kolmogorov_smirnov_probability(known, seen) >= chance
    else:
        noise = metrics.noise_of(binned, chance)
        is_noise = value <= (noise.stability if metric is Metric.STABILITY else noise.jensen_shannon)
    return f"{len(seen)} rows are too few to tell such a difference from chance" if is_noise else ""


def _quality(
    name: str, reference: "pd.Series[Any]", production: "pd.Series[Any]", threshold: Threshold
) -> FeatureResult:
    if len(production) < MINIMUM_ROWS:
        note = f"{len(production)} rows were scored; {MINIMUM_ROWS} are needed"
        return _result(name, threshold, None, Outcome.UNDECIDED, note)
    is_numeric = threshold.feature_type is FeatureType.NUMERICAL
    present = production[production.notna()]
    if threshold.metric is Metric.NULL_RATE:
        rate = 1 - len(present) / len(production)
    elif threshold.metric is Metric.TYPE_ERROR_RATE:
        rate = 1 - len(_numbers(present)) / len(production) - _null_rate(production) if is_numeric else 0.0
    else:
        rate = _outside(reference, present, is_numeric=is_numeric) / len(production)
    value = max(0.0, round(rate, 12))
    return _result(name, threshold, value, Outcome.BREACHED if threshold.is_breached(value) else Outcome.OK)


def _null_rate(column: "pd.Series[Any]") -> float:
    return float(column.isna().mean())


def _outside(reference: "pd.Series[Any]", present: "pd.Series[Any]", *, is_numeric: bool) -> int:
    """How many values lie outside of the reference's range, or are names that it does not have."""
    if is_numeric:
        known, seen = _numbers(reference), _numbers(present)
        return 0 if not len(known) else int(np.count_nonzero((seen < known.min()) | (seen > known.max())))
    return int((~present.astype(str).isin(set(reference.dropna().astype(str)))).sum())


def _numbers(column: "pd.Series[Any]") -> NDArray[Any]:
    """The values that are finite numbers; truth values and texts that look like numbers are none."""
    if column.dtype.kind in "iuf":
        values: NDArray[np.float64] = column.to_numpy(dtype=np.float64)
    else:
        kept = [one for one in column if isinstance(one, int | float | np.number) and not isinstance(one, bool)]
        values = np.array(kept, dtype=np.float64)
    finite: NDArray[np.float64] = values[np.isfinite(values)]
    return finite


def _names(column: "pd.Series[Any]") -> NDArray[Any]:
    """The values as names; 1 and 1.0 are the same name, as JSON and CSV write one for the other."""
    return np.array([_name(one) for one in column[column.notna()]], dtype=object)


def _name(value: object) -> str:
    return str(int(value)) if isinstance(value, float | np.floating) and float(value).is_integer() else str(value)


def _result(name: str, threshold: Threshold, value: float | None, outcome: Outcome, note: str = "") -> FeatureResult:
    return FeatureResult(name, threshold.feature_type, threshold.metric, value, threshold.bound, outcome, note)
