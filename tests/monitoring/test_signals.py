from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from cloister.errors import SpecError
from cloister.monitoring.signals import Rows, evaluate_signal, important_features
from cloister.monitoring.values import (
    FeatureType,
    Metric,
    Outcome,
    Reference,
    Signal,
    SignalType,
    Target,
    Threshold,
    Window,
)

NUMBERS, NAMES = FeatureType.NUMERICAL, FeatureType.CATEGORICAL
TARGET = Target("churn", "blue")
# The thresholds that a site would set for a few hundred rows, and the tests' probabilities.
DRIFT = (
    Threshold(NUMBERS, Metric.JENSEN_SHANNON, 0.2),
    Threshold(NUMBERS, Metric.STABILITY, 0.25),
    Threshold(NUMBERS, Metric.WASSERSTEIN, 0.3),
    Threshold(NUMBERS, Metric.KOLMOGOROV_SMIRNOV, 0.001),
    Threshold(NAMES, Metric.JENSEN_SHANNON, 0.2),
    Threshold(NAMES, Metric.STABILITY, 0.25),
    Threshold(NAMES, Metric.CHI_SQUARED, 0.001),
)
QUALITY = tuple(
    Threshold(kind, metric, 0.05)
    for kind in (NUMBERS, NAMES)
    for metric in (Metric.NULL_RATE, Metric.TYPE_ERROR_RATE, Metric.OUT_OF_BOUNDS_RATE)
)


def sample(rows: int, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": random.normal(50, 10, rows),
            "visits": random.poisson(3, rows),
            "plan": random.choice(["basic", "plus", "pro"], rows, p=[0.6, 0.3, 0.1]),
            "left": random.integers(0, 2, rows),
        }
    )


def signal(kind: SignalType, thresholds: tuple[Threshold, ...], **more: object) -> Signal:
    return Signal("watched", kind, Reference("r.csv", "left"), thresholds, **more)  # type: ignore[arg-type]  # by name


def rows(frame: pd.DataFrame) -> Rows:
    return Rows(frame.drop(columns="left"), frame["left"])


def outcomes(result: object) -> dict[tuple[str, str], str]:
    return {(one.feature, one.metric.value): one.outcome.value for one in result.features}  # type: ignore[attr-defined]  # a SignalResult


@pytest.mark.parametrize("seed", range(10))
def test_the_same_distribution_raises_nothing(seed: int) -> None:
    reference, production = sample(1000, seed), sample(500, seed + 1000)
    result = evaluate_signal(signal(SignalType.DATA_DRIFT, DRIFT), TARGET, reference, rows(production))
    assert set(outcomes(result).values()) == {"ok"}
    assert len(result.features) == 4 + 4 + 3


SHIFTS: list[tuple[str, Callable[[pd.DataFrame], pd.DataFrame], set[str]]] = [
    ("older by one standard deviation", lambda frame: frame.assign(age=frame["age"] + 10), {"age"}),
    ("three times as spread", lambda frame: frame.assign(age=(frame["age"] - 50) * 3 + 50), {"age"}),
    ("twice the visits", lambda frame: frame.assign(visits=frame["visits"] * 2), {"visits"}),
    ("another plan", lambda frame: frame.assign(plan="pro"), {"plan"}),
    ("a plan that was not there", lambda frame: frame.assign(plan=frame["plan"].replace("basic", "free")), {"plan"}),
    (
        "two at once",
        lambda frame: frame.assign(age=frame["age"] - 15, plan="plus"),
        {"age", "plan"},
    ),
]


@pytest.mark.parametrize(("_what", "shift", "features"), SHIFTS, ids=[row[0] for row in SHIFTS])
def test_a_shift_breaches_the_features_that_were_shifted_and_no_other(
    _what: str, shift: Callable[[pd.DataFrame], pd.DataFrame], features: set[str]
) -> None:
    result = evaluate_signal(signal(SignalType.DATA_DRIFT, DRIFT), TARGET, sample(1000, 1), rows(shift(sample(500, 2))))
    assert {one.feature for one in result.breached} == features
    assert result.outcome is Outcome.BREACHED


@pytest.mark.parametrize("count", [0, 1, 29])
def test_too_few_rows_are_undecided_never_ok(count: int) -> None:
    production = sample(100, 3).head(count)
    for kind, thresholds in ((SignalType.DATA_DRIFT, DRIFT), (SignalType.DATA_QUALITY, QUALITY)):
        result = evaluate_signal(signal(kind, thresholds), TARGET, sample(1000, 1), rows(production))
        assert set(outcomes(result).values()) == {"undecided"}
        assert result.outcome is Outcome.UNDECIDED
        assert all(one.value is None and "30 are needed" in one.note for one in result.features)
        assert bool(result.note) == (count == 0)


def test_what_chance_explains_is_undecided_and_says_so() -> None:
    """A threshold far below the noise of 40 rows: the value is above it, and proves nothing."""
    strict = (Threshold(NUMBERS, Metric.JENSEN_SHANNON, 0.001), Threshold(NUMBERS, Metric.WASSERSTEIN, 0.001))
    result = evaluate_signal(
        signal(SignalType.DATA_DRIFT, strict, features=("age",)), TARGET, sample(400, 4), rows(sample(40, 5))
    )
    assert [(one.outcome, one.note) for one in result.features] == [
        (Outcome.UNDECIDED, "40 rows are too few to tell such a difference from chance")
    ] * 2


@pytest.mark.parametrize(
    ("change", "breached"),
    [
        (lambda frame: frame, set[tuple[str, str]]()),
        (
            lambda frame: frame.assign(age=frame["age"].where(frame.index >= 50)),
            {("age", "null_value_rate")},
        ),
        (
            lambda frame: frame.assign(age=frame["age"].astype(object).where(frame.index >= 50, "old")),
            {("age", "data_type_error_rate")},
        ),
        (
            lambda frame: frame.assign(age=frame["age"].where(frame.index >= 50, 1e6)),
            {("age", "out_of_bounds_rate")},
        ),
        (
            lambda frame: frame.assign(plan=frame["plan"].where(frame.index >= 50, "free")),
            {("plan", "out_of_bounds_rate")},
        ),
        (
            lambda frame: frame.assign(plan=frame["plan"].where(frame.index >= 50)),
            {("plan", "null_value_rate")},
        ),
    ],
)
def test_data_quality(change: Callable[[pd.DataFrame], pd.DataFrame], breached: set[tuple[str, str]]) -> None:
    result = evaluate_signal(
        signal(SignalType.DATA_QUALITY, QUALITY), TARGET, sample(2000, 1), rows(change(sample(500, 2)))
    )
    assert {(one.feature, one.metric.value) for one in result.breached} == breached
    assert all(one.value == pytest.approx(0.1) for one in result.breached)


@pytest.mark.parametrize(
    ("predictions", "predicts_classes", "outcome"),
    [
        (lambda random: random.integers(0, 2, 500), True, Outcome.OK),
        # JSON may write a class as 1.0 where the reference has 1: the same class.
        (lambda random: random.integers(0, 2, 500).astype(float), True, Outcome.OK),
        (lambda random: (random.random(500) < 0.9).astype(int), True, Outcome.BREACHED),
        (lambda _random: np.ones(500, dtype=int), True, Outcome.BREACHED),
        (lambda random: random.integers(0, 2, 500), False, Outcome.OK),
        (lambda random: random.integers(0, 2, 500) + 5, False, Outcome.BREACHED),
        (lambda _random: np.ones(5, dtype=int), True, Outcome.UNDECIDED),
    ],
)
def test_prediction_drift(
    predictions: Callable[[np.random.Generator], np.ndarray], predicts_classes: bool, outcome: Outcome
) -> None:
    made = pd.Series(predictions(np.random.default_rng(9)))
    result = evaluate_signal(
        signal(SignalType.PREDICTION_DRIFT, DRIFT),
        Target("churn", "blue", predicts_classes=predicts_classes),
        sample(1000, 1),
        Rows(pd.DataFrame(), made),
    )
    assert (result.outcome, {one.feature for one in result.features}) == (outcome, {"prediction"})


def test_features_that_cannot_be_compared_are_told() -> None:
    chosen = signal(SignalType.DATA_DRIFT, DRIFT[:1], features=("age", "height", "visits"))
    production = rows(sample(500, 2).drop(columns="visits"))
    result = evaluate_signal(chosen, TARGET, sample(1000, 1), production)
    assert [(one.feature, one.outcome.value, one.note) for one in result.features] == [
        ("age", "ok", ""),
        ("height", "undecided", "the reference has no such column"),
        ("visits", "undecided", "the scored batches have no such column"),
    ]
    assert result.outcome is Outcome.UNDECIDED


def test_a_type_can_be_overridden() -> None:
    chosen = signal(SignalType.DATA_DRIFT, DRIFT, features=("visits",), type_overrides={"visits": NAMES})
    result = evaluate_signal(chosen, TARGET, sample(1000, 1), rows(sample(500, 2)))
    assert [one.metric for one in result.features] == [
        Metric.JENSEN_SHANNON,
        Metric.STABILITY,
        Metric.CHI_SQUARED,
    ]


def test_the_most_important_features_are_those_that_go_with_the_target() -> None:
    frame = sample(1000, 1)
    frame["left"] = (frame["age"] > 55).astype(int)
    frame["noise"] = np.random.default_rng(1).random(1000)
    assert important_features(frame, "left", 1) == ("age",)
    result = evaluate_signal(signal(SignalType.DATA_DRIFT, DRIFT, top=1), TARGET, frame, rows(sample(500, 2)))
    assert {one.feature for one in result.features} == {"age"}


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda: signal(SignalType.DATA_DRIFT, ()), "has no threshold"),
        (lambda: signal(SignalType.DATA_DRIFT, QUALITY[:1]), "null_value_rate is no metric of data_drift"),
        (lambda: signal(SignalType.DATA_QUALITY, DRIFT[:1]), "jensen_shannon_distance is no metric of data_quality"),
        (
            lambda: signal(SignalType.DATA_DRIFT, (Threshold(NAMES, Metric.WASSERSTEIN, 0.1),)),
            "normalized_wasserstein_distance is no metric of data_drift for categorical features",
        ),
        (lambda: signal(SignalType.DATA_DRIFT, (Threshold(NUMBERS, Metric.STABILITY, -1),)), "the threshold -1 of"),
        (
            lambda: signal(SignalType.DATA_DRIFT, (Threshold(NUMBERS, Metric.STABILITY, float("nan")),)),
            "the threshold nan of",
        ),
        (lambda: Signal("s", SignalType.PREDICTION_DRIFT, Reference("r.csv"), DRIFT), "predictions are compared"),
        (lambda: Signal("s", SignalType.DATA_DRIFT, Reference("r.csv"), DRIFT, top=3), "top_n_feature_importance"),
        (lambda: Window(timedelta(0)), "0:00:00 from 0:00:00 ago is empty"),
    ],
)
def test_signals_that_cannot_exist(build: Callable[[], object], reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        build()
    assert caught.value.faults[0].reason.startswith(reason)
