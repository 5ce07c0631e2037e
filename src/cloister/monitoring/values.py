"""What a monitor watches, and what came of it: frozen values in the words of Azure Machine Learning's monitors.

A result is OK, BREACHED or UNDECIDED. UNDECIDED means that the rows do not allow an answer: too few of them, or a value
above its threshold that chance alone may well produce at that number of rows. It is never counted as OK.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from cloister.errors import Fault, SpecError

# Below this many rows no drift statistic says anything that its noise does not drown.
MINIMUM_ROWS = 30


class Outcome(StrEnum):
    """What a metric, a signal or a whole run came to."""

    OK = "ok"
    BREACHED = "breached"
    UNDECIDED = "undecided"


class SignalType(StrEnum):
    """The signals that are computed."""

    DATA_DRIFT = "data_drift"
    PREDICTION_DRIFT = "prediction_drift"
    DATA_QUALITY = "data_quality"


class FeatureType(StrEnum):
    """How a feature's values are compared: as numbers, or as names."""

    NUMERICAL = "numerical"
    CATEGORICAL = "categorical"


class Metric(StrEnum):
    """The metrics, by the names that thresholds have in a monitor's YAML."""

    JENSEN_SHANNON = "jensen_shannon_distance"
    STABILITY = "population_stability_index"
    WASSERSTEIN = "normalized_wasserstein_distance"
    KOLMOGOROV_SMIRNOV = "two_sample_kolmogorov_smirnov_test"
    CHI_SQUARED = "pearsons_chi_squared_test"
    NULL_RATE = "null_value_rate"
    TYPE_ERROR_RATE = "data_type_error_rate"
    OUT_OF_BOUNDS_RATE = "out_of_bounds_rate"


# Tests give a probability, which is the smaller the more the data differ: they breach below their threshold.
BREACHED_BELOW = frozenset({Metric.KOLMOGOROV_SMIRNOV, Metric.CHI_SQUARED})
_DRIFT = {
    FeatureType.NUMERICAL: frozenset(
        {Metric.JENSEN_SHANNON, Metric.STABILITY, Metric.WASSERSTEIN, Metric.KOLMOGOROV_SMIRNOV}
    ),
    FeatureType.CATEGORICAL: frozenset({Metric.JENSEN_SHANNON, Metric.STABILITY, Metric.CHI_SQUARED}),
}
_QUALITY = frozenset({Metric.NULL_RATE, Metric.TYPE_ERROR_RATE, Metric.OUT_OF_BOUNDS_RATE})


def metrics_of(signal: SignalType, feature: FeatureType) -> frozenset[Metric]:
    """The metrics that a signal has for features of a type."""
    return _QUALITY if signal is SignalType.DATA_QUALITY else _DRIFT[feature]


@dataclass(frozen=True, slots=True)
class Threshold:
    """The bound of one metric for features of one type. The bound itself still holds."""

    feature_type: FeatureType
    metric: Metric
    bound: float

    def is_breached(self, value: float) -> bool:
        """Whether a value is on the wrong side."""
        return value < self.bound if self.metric in BREACHED_BELOW else value > self.bound


@dataclass(frozen=True, slots=True)
class Reference:
    """What production is compared with: a stored file, and the name of its target column, if it has one."""

    file: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """Which batches count: those of the time `size` that ends `offset` before the run."""

    size: timedelta = timedelta(days=1)
    offset: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        if self.size <= timedelta(0) or self.offset < timedelta(0):
            raise SpecError(
                Fault("data window", f"{self.size} from {self.offset} ago is empty", "write a positive lookback window")
            )

    def of(self, now: datetime) -> tuple[datetime, datetime]:
        """From when (exclusive) to when (inclusive)."""
        return now - self.offset - self.size, now - self.offset


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal of a monitor.

    `features` empty means all; `top` above 0 keeps that many, those that go with the target most.
    """

    name: str
    type: SignalType
    reference: Reference
    thresholds: tuple[Threshold, ...]
    window: Window = field(default_factory=Window)
    features: tuple[str, ...] = ()
    top: int = 0
    type_overrides: dict[str, FeatureType] = field(default_factory=dict)
    alerts: bool = True

    def __post_init__(self) -> None:
        if faults := list(self._faults()):
            raise SpecError(faults)

    def _faults(self) -> list[Fault]:
        thing = f'signal "{self.name}"'
        faults = [
            Fault(
                thing, f"{one.metric} is no metric of {self.type} for {one.feature_type} features", _choices(self, one)
            )
            for one in self.thresholds
            if one.metric not in metrics_of(self.type, one.feature_type)
        ]
        faults += [
            Fault(thing, f"the threshold {one.bound:g} of {one.metric} is out of bounds", "write a number from 0 up")
            for one in self.thresholds
            if not one.bound >= 0
        ]
        if not self.thresholds:
            faults.append(Fault(thing, "has no threshold", "add metric_thresholds"))
        if self.type is SignalType.PREDICTION_DRIFT and not self.reference.target:
            mend = "name it: reference_data.target_column_name"
            faults.append(Fault(thing, "predictions are compared with the reference's target, which has no name", mend))
        if self.top and not self.reference.target:
            mend = "name it: reference_data.target_column_name"
            faults.append(Fault(thing, "top_n_feature_importance needs the reference's target column", mend))
        return faults


def _choices(signal: Signal, threshold: Threshold) -> str:
    return "use " + ", ".join(sorted(metrics_of(signal.type, threshold.feature_type)))


@dataclass(frozen=True, slots=True)
class Target:
    """The deployment whose scored batches are watched, and whether its predictions are classes."""

    endpoint: str
    deployment: str
    predicts_classes: bool = True


@dataclass(frozen=True, slots=True)
class FeatureResult:
    """One metric of one feature: its value (None where there is none), its threshold, and what that means."""

    feature: str
    feature_type: FeatureType
    metric: Metric
    value: float | None
    bound: float
    outcome: Outcome
    note: str = ""


@dataclass(frozen=True, slots=True)
class SignalResult:
    """What a signal came to: BREACHED if one metric is, else UNDECIDED if one is, else OK; with every value."""

    name: str
    type: SignalType
    reference_rows: int
    production_rows: int
    features: tuple[FeatureResult, ...]
    note: str = ""

    @property
    def outcome(self) -> Outcome:
        """The worst of its metrics; without any there is nothing that could be called OK."""
        return worst(tuple(one.outcome for one in self.features))

    @property
    def breached(self) -> tuple[FeatureResult, ...]:
        """The metrics on the wrong side of their thresholds."""
        return tuple(one for one in self.features if one.outcome is Outcome.BREACHED)


@dataclass(frozen=True, slots=True)
class MonitorRun:
    """One evaluation of a monitor: when, over which batches, and what each signal came to."""

    monitor: str
    target: Target
    at: datetime
    since: datetime
    unreadable_lines: int
    signals: tuple[SignalResult, ...]

    @property
    def outcome(self) -> Outcome:
        """The worst of its signals."""
        return worst(tuple(signal.outcome for signal in self.signals))


@dataclass(frozen=True, slots=True)
class Alert:
    """One breached signal of one run: what somebody has to look at."""

    monitor: str
    endpoint: str
    deployment: str
    signal: str
    at: datetime
    features: tuple[FeatureResult, ...]


def worst(outcomes: tuple[Outcome, ...]) -> Outcome:
    """BREACHED before UNDECIDED before OK; UNDECIDED where there is none."""
    for outcome in (Outcome.BREACHED, Outcome.UNDECIDED, Outcome.OK):
        if outcome in outcomes:
            return outcome
    return Outcome.UNDECIDED


def alerts_of(run: MonitorRun, silent: frozenset[str] = frozenset()) -> tuple[Alert, ...]:
    """One alert for each breached signal, except those whose alerts are switched off."""
    return tuple(
        Alert(run.monitor, run.target.endpoint, run.target.deployment, signal.name, run.at, signal.breached)
        for signal in run.signals
        if signal.breached and signal.name not in silent
    )
