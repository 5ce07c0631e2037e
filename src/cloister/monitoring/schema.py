"""Azure Machine Learning v2 YAML of monitor schedules, read into values and notes.

The keys are those of `azure-ai-ml` 1.35.2 (`MonitorScheduleSchema`). Where a signal names no thresholds, the SDK's
defaults hold: 0.1 for the normalised Wasserstein distance of numbers and the Jensen-Shannon distance of names, 0 for
the rates of data quality. Signals and keys that are not computed here are refused or noted, never passed over.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictInt

from cloister.documents import Document, read_document
from cloister.errors import CloisterError, Fault, SpecError
from cloister.monitoring.schedule import Monitor
from cloister.monitoring.values import (
    FeatureType,
    Metric,
    Reference,
    Signal,
    SignalType,
    Target,
    Threshold,
    Window,
)
from cloister.origin import Origin
from cloister.timing import WrittenTrigger
from cloister.triggers import Frequency

_DURATION = re.compile(r"P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?")
_DEPLOYMENT = re.compile(r"(?:azureml:)?(?P<endpoint>[-a-zA-Z0-9]+):(?P<deployment>[-a-zA-Z0-9]+)")
_NAME = re.compile(r"[a-zA-Z0-9][-\w]{0,254}")
_DRIFT_DEFAULTS = (
    Threshold(FeatureType.NUMERICAL, Metric.WASSERSTEIN, 0.1),
    Threshold(FeatureType.CATEGORICAL, Metric.JENSEN_SHANNON, 0.1),
)
_QUALITY_DEFAULTS = tuple(
    Threshold(kind, metric, 0.0)
    for kind in FeatureType
    for metric in (Metric.NULL_RATE, Metric.TYPE_ERROR_RATE, Metric.OUT_OF_BOUNDS_RATE)
)


@dataclass(frozen=True, slots=True)
class Note:
    """A key that was written and does not act here, and what holds instead."""

    key: str
    text: str
    origin: Origin

    def __str__(self) -> str:
        return f"{self.key}: {self.text} ({self.origin})"


def _lowered(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _listed(value: object) -> object:
    return [value] if isinstance(value, int | str) else value


def _words(value: object) -> object:
    return [_lowered(one) for one in value] if isinstance(value, list) else [_lowered(value)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class _Pattern(_Shape):
    hours: Annotated[list[int], BeforeValidator(_listed)]
    minutes: Annotated[list[int], BeforeValidator(_listed)]
    week_days: Annotated[list[str], BeforeValidator(_words)] = []
    month_days: Annotated[list[int], BeforeValidator(_listed)] = []


class _Trigger(_Shape):
    type: Annotated[Literal["cron", "recurrence"], BeforeValidator(_lowered)]
    expression: str | None = None
    frequency: Annotated[Frequency | None, BeforeValidator(_lowered)] = None
    interval: StrictInt | None = None
    schedule: _Pattern | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    time_zone: str = "UTC"


class _Input(_Shape):
    path: str | None = None
    type: Literal["uri_file", "uri_folder", "mltable"] = "uri_file"
    mode: str | None = None


class _Window(_Shape):
    lookback_window_size: str | None = None
    lookback_window_offset: str | None = None
    window_start: str | None = None
    window_end: str | None = None


class _Data(_Shape):
    input_data: _Input | None = None
    data_context: str | None = None
    pre_processing_component: str | None = None
    target_column_name: str | None = None
    data_window: _Window = _Window()
    data_column_names: dict[str, str] = {}


class _Thresholds(_Shape):
    numerical: dict[str, float] = {}
    categorical: dict[str, float] = {}
    data_type: str | None = None
    threshold: float | None = None


class _Filter(_Shape):
    top_n_feature_importance: StrictInt


class _Signal(_Shape):
    type: Annotated[str, BeforeValidator(_lowered)]
    production_data: _Data = _Data()
    reference_data: _Data | None = None
    features: _Filter | str | list[str] = "all_features"
    feature_type_override: dict[str, Annotated[FeatureType, BeforeValidator(_lowered)]] = {}
    metric_thresholds: _Thresholds = _Thresholds()
    alert_enabled: bool = True
    properties: dict[str, Any] | None = None
    data_segment: dict[str, Any] | None = None


class _Target(_Shape):
    ml_task: Annotated[str | None, BeforeValidator(_lowered)] = None
    endpoint_deployment_id: str | None = None
    model_id: str | None = None


class _Definition(_Shape):
    compute: dict[str, Any] | None = None
    monitoring_target: _Target = _Target()
    monitoring_signals: dict[str, _Signal] = {}
    alert_notification: str | dict[str, Any] | None = None


class _Schedule(_Shape):
    schema_url: str | None = Field(None, alias="$schema")
    name: str = ""
    display_name: str | None = None
    description: str = ""
    tags: dict[str, str] = {}
    properties: dict[str, Any] | None = None
    trigger: _Trigger
    create_monitor: _Definition | None = None
    create_job: Any = None


_NOTES = {
    "display_name": "the name is what is shown",
    "properties": "kept nowhere; the platform has no properties beside tags",
    "create_monitor.compute": "signals are computed on this machine; there is no Spark",
    "create_monitor.monitoring_target.model_id": "the deployment named in endpoint_deployment_id is watched",
    "create_monitor.alert_notification": "alerts are stored and listed (cloister schedule show); no message is sent",
}


def read_monitor(path: Path, now: datetime) -> tuple[Monitor, tuple[Note, ...]]:
    """The monitor that a YAML file describes, and what of it does not act here. Raises SpecError with all faults.

    Reference files keep the path that they have from here. `now` is when recurrences without a start begin.
    """
    document = read_document(path, _Schedule)
    shape = document.content
    faults: list[Fault] = list(_faults_of_whole(document))
    timing = _built(document, faults, ("trigger",), lambda: _written(shape.trigger).timing(now))
    if shape.create_monitor is None:
        raise SpecError(faults)
    definition = shape.create_monitor
    target = _built(
        document,
        faults,
        ("create_monitor", "monitoring_target"),
        lambda: _target(definition.monitoring_target),
    )
    signals = []
    for name, signal in definition.monitoring_signals.items():
        key = ("create_monitor", "monitoring_signals", name)
        signals.append(_built(document, faults, key, lambda n=name, s=signal: _signal(n, s, path.parent)))
    if faults or timing is None or target is None:
        raise SpecError(faults)
    monitor = _built(
        document,
        faults,
        ("create_monitor",),
        lambda: Monitor(
            shape.name,
            timing.trigger,
            target,
            tuple(signals),
            shape.description,
            dict(shape.tags),
            timing.start,
            timing.end,
            timing.zone,
            timing.at_once,
        ),
    )
    if faults or monitor is None:
        raise SpecError(faults)
    return monitor, tuple(_notes(document))


def _faults_of_whole(document: Document[_Schedule]) -> Iterator[Fault]:
    shape = document.content
    if not _NAME.fullmatch(shape.name):
        reason = "is no name of letters, digits, hyphens and underscores"
        yield Fault(f'name "{shape.name}"', reason, "add `name:`", document.origin("name"))
    if shape.create_job is not None:
        reason = "stands beside create_monitor, and a schedule makes one of them"
        yield Fault('key "create_job"', reason, "write two schedules", document.origin("create_job"))
    elif shape.create_monitor is None:
        yield Fault('key "create_monitor"', "is missing", "add `create_monitor:`", document.origin("name"))


def _written(shape: _Trigger) -> WrittenTrigger:
    pattern = shape.schedule or _Pattern(hours=[], minutes=[])
    return WrittenTrigger(
        type=shape.type,
        expression=shape.expression or "",
        frequency=shape.frequency,
        interval=shape.interval,
        hours=pattern.hours,
        minutes=pattern.minutes,
        week_days=pattern.week_days,
        month_days=pattern.month_days,
        start_time=shape.start_time,
        end_time=shape.end_time,
        time_zone=shape.time_zone,
    )


def _target(shape: _Target) -> Target:
    written = shape.endpoint_deployment_id or ""
    match = _DEPLOYMENT.fullmatch(written)
    if match is None:
        thing = f'endpoint_deployment_id "{written}"'
        raise SpecError(Fault(thing, "names no deployment", "write azureml:ENDPOINT:DEPLOYMENT"))
    if shape.ml_task not in (None, "classification", "regression"):
        thing = f'ml_task "{shape.ml_task}"'
        raise SpecError(Fault(thing, "is not watched here", "write classification or regression"))
    return Target(match["endpoint"], match["deployment"], predicts_classes=shape.ml_task != "regression")


def _signal(name: str, shape: _Signal, folder: Path) -> Signal:
    try:
        kind = SignalType(shape.type)
    except ValueError as error:
        known = ", ".join(SignalType)
        raise SpecError(Fault(f'signal type "{shape.type}"', "is not computed here", f"use {known}")) from error
    faults = list(_faults_of_signal(shape))
    if faults:
        raise SpecError(faults)
    data = shape.reference_data or _Data()
    given = data.input_data.path if data.input_data else None
    file = str((folder / str(given)).resolve()) if given else ""
    target = data.target_column_name or data.data_column_names.get("target_column") or ""
    return Signal(
        name=name,
        type=kind,
        reference=Reference(file, target),
        thresholds=_thresholds(kind, shape.metric_thresholds),
        window=_window(shape.production_data.data_window),
        features=_feature_names(shape.features),
        top=shape.features.top_n_feature_importance if isinstance(shape.features, _Filter) else 0,
        type_overrides=dict(shape.feature_type_override),
        alerts=shape.alert_enabled,
    )


def _faults_of_signal(shape: _Signal) -> Iterator[Fault]:
    data = shape.reference_data
    path = data.input_data.path if data and data.input_data else None
    if path is None:
        reason = "nothing is named to compare production with"
        yield Fault("reference_data", reason, "name a CSV or Parquet file: reference_data.input_data.path")
    elif ":" in path or not path.endswith((".csv", ".parquet")):
        reason = f'"{path}" is no local CSV or Parquet file'
        yield Fault("reference_data", reason, "name a .csv or .parquet file, beside this one or by its full path")
    if shape.production_data.input_data is not None:
        reason = "names data of its own; the deployment's scored batches are watched"
        yield Fault("production_data", reason, "remove input_data")
    for source in (shape.production_data, shape.reference_data or _Data()):
        if source.pre_processing_component:
            reason = "components do not run in monitors here"
            yield Fault("pre_processing_component", reason, "prepare the file before, and remove the key")
        if source.data_window.window_start or source.data_window.window_end:
            yield Fault("data_window", "a fixed window is not supported", "write lookback_window_size")
    if shape.data_segment:
        yield Fault("data_segment", "segments are not watched apart here", "remove the key")
    if isinstance(shape.features, str) and shape.features != "all_features":
        yield Fault(f'features "{shape.features}"', "is no choice", "write all_features, or a list of names")


def _feature_names(written: _Filter | str | list[str]) -> tuple[str, ...]:
    return tuple(written) if isinstance(written, list) else ()


def _thresholds(kind: SignalType, shape: _Thresholds) -> tuple[Threshold, ...]:
    if shape.threshold is not None or shape.data_type is not None:
        mend = "write metric_thresholds.numerical or .categorical with the metric's name"
        raise SpecError(Fault("metric_thresholds", "one threshold for unnamed metrics is not supported", mend))
    found = []
    for feature, written in ((FeatureType.NUMERICAL, shape.numerical), (FeatureType.CATEGORICAL, shape.categorical)):
        for name, bound in written.items():
            if name not in list(Metric):
                known = ", ".join(sorted(Metric))
                raise SpecError(Fault(f'metric "{name}"', "is unknown", f"use one of {known}"))
            found.append(Threshold(feature, Metric(name), bound))
    return tuple(found) or (_QUALITY_DEFAULTS if kind is SignalType.DATA_QUALITY else _DRIFT_DEFAULTS)


def _window(shape: _Window) -> Window:
    size, offset = shape.lookback_window_size, shape.lookback_window_offset
    return Window(_duration(size) if size else Window().size, _duration(offset) if offset else Window().offset)


def _duration(text: str) -> timedelta:
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groupdict().values()):
        if text in ("P0D", "PT0S"):
            return timedelta(0)
        raise SpecError(Fault(f'duration "{text}"', "is no ISO 8601 duration", "write P7D, PT1H or PT30M"))
    return timedelta(**{unit: int(count) for unit, count in match.groupdict().items() if count})


def _notes(document: Document[_Schedule]) -> Iterator[Note]:
    for key, text in _NOTES.items():
        path = tuple(key.split("."))
        if path in document.places:
            yield Note(key, text, document.origin(*path))


def _built(document: Document[Any], faults: list[Fault], key: tuple[str, ...], build: Any) -> Any:  # noqa: ANN401 - any value
    """What `build` makes; its faults are collected with the place of `key`, and then there is no value."""
    try:
        return build()
    except CloisterError as error:
        faults += [Fault(one.thing, one.reason, one.mend, document.origin(*key)) for one in error.faults]
    return None
