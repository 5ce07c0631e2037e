from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cloister.errors import SpecError
from cloister.monitoring import schedule
from cloister.monitoring.schema import read_monitor
from cloister.monitoring.values import FeatureType, Metric, SignalType, Target, Threshold, Window
from cloister.triggers import Cron, Recurrence

EXAMPLE = Path(__file__).parents[2] / "examples" / "breast-cancer" / "endpoint" / "monitor.yml"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HEAD = "name: watch\ntrigger: {type: cron, expression: '15 3 * * *'}\ncreate_monitor:\n"
TARGET = "  monitoring_target: {ml_task: classification, endpoint_deployment_id: 'azureml:churn:blue'}\n"
DRIFT = (
    "  monitoring_signals:\n    inputs:\n      type: data_drift\n"
    "      reference_data: {input_data: {path: train.csv}, target_column_name: left}\n"
)


def read(folder: Path, text: str) -> schedule.Monitor:
    path = folder / "monitor.yml"
    path.write_text(text, encoding="utf-8")
    return read_monitor(path, NOW)[0]


def test_the_example_reads_as_it_is_meant_and_survives_its_json_form() -> None:
    monitor, notes = read_monitor(EXAMPLE, NOW)
    assert (monitor.name, monitor.target) == ("breast-cancer-drift", Target("breast-cancer", "blue"))
    assert monitor.trigger == Recurrence("day", 1, NOW, hours=(3,), minutes=(15,))
    assert [(one.name, one.type) for one in monitor.signals] == [
        ("inputs", SignalType.DATA_DRIFT),
        ("predictions", SignalType.PREDICTION_DRIFT),
        ("quality", SignalType.DATA_QUALITY),
    ]
    assert monitor.references == {str(EXAMPLE.parent / "reference.csv")}
    assert [(note.key, note.origin.line) for note in notes] == [("create_monitor.compute", 12)]
    assert schedule.build(schedule.MONITOR, schedule.MONITOR.dump_json(monitor)) == monitor


def test_what_is_not_written_has_the_sdks_defaults(tmp_path: Path) -> None:
    monitor = read(tmp_path, HEAD + TARGET + DRIFT)
    signal = monitor.signals[0]
    assert monitor.trigger == Cron("15 3 * * *")
    assert signal.reference.file == str(tmp_path / "train.csv")
    assert (signal.window, signal.features, signal.top, signal.alerts) == (Window(timedelta(days=1)), (), 0, True)
    assert signal.thresholds == (
        Threshold(FeatureType.NUMERICAL, Metric.WASSERSTEIN, 0.1),
        Threshold(FeatureType.CATEGORICAL, Metric.JENSEN_SHANNON, 0.1),
    )


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (
            "name: watch\ntrigger: {type: cron, expression: '15 3 * * *'}\n",
            [(1, 'key "create_monitor"', "is missing", "add `create_monitor:`")],
        ),
        (
            HEAD + TARGET,
            [(3, 'monitor "watch"', "watches nothing", "add create_monitor.monitoring_signals")],
        ),
        (
            HEAD + "  monitoring_target: {ml_task: classification}\n" + DRIFT,
            [
                (
                    4,
                    'endpoint_deployment_id ""',
                    "names no deployment",
                    "write azureml:ENDPOINT:DEPLOYMENT",
                )
            ],
        ),
        (
            HEAD + TARGET + DRIFT.replace("data_drift", "feature_attribution_drift"),
            [
                (
                    6,
                    'signal type "feature_attribution_drift"',
                    "is not computed here",
                    "use data_drift, prediction_drift, data_quality",
                )
            ],
        ),
        (
            HEAD + TARGET + DRIFT.replace("train.csv", "azureml:train:1"),
            [
                (
                    6,
                    "reference_data",
                    '"azureml:train:1" is no local CSV or Parquet file',
                    "name a .csv or .parquet file, beside this one or by its full path",
                )
            ],
        ),
        (
            HEAD + TARGET + DRIFT + "      metric_thresholds: {numerical: {jensen_shanon_distance: 0.1}}\n",
            [
                (
                    6,
                    'metric "jensen_shanon_distance"',
                    "is unknown",
                    (
                        "use one of data_type_error_rate, jensen_shannon_distance, normalized_wasserstein_distance, "
                        "null_value_rate, out_of_bounds_rate, pearsons_chi_squared_test, population_stability_index, "
                        "two_sample_kolmogorov_smirnov_test"
                    ),
                )
            ],
        ),
        (
            HEAD + TARGET + DRIFT + "      metric_treshold: {}\n",
            [
                (
                    9,
                    'key "create_monitor.monitoring_signals.inputs.metric_treshold"',
                    "is unknown here",
                    "did you mean `metric_thresholds`?",
                )
            ],
        ),
        (
            HEAD.replace("15 3 * * *", "15 3") + TARGET + DRIFT,
            [
                (
                    2,
                    'cron expression "15 3"',
                    "has 2 fields, and needs 5",
                    "write minute, hour, day of month, month, day of week: 15 3 * * *",
                )
            ],
        ),
        (
            HEAD + TARGET + DRIFT + "      production_data: {data_window: {lookback_window_size: 7d}}\n",
            [(6, 'duration "7d"', "is no ISO 8601 duration", "write P7D, PT1H or PT30M")],
        ),
        (
            HEAD.replace("'15 3 * * *'", "'15 3 * * *', time_zone: Pacific Time") + TARGET + DRIFT,
            [
                (
                    2,
                    'time zone "Pacific Time"',
                    "does not exist",
                    'write "Europe/Berlin", or "W. Europe Standard Time"',
                )
            ],
        ),
        (
            HEAD.replace("'15 3 * * *'", "'15 3 * * *', start_time: 2026-11-23, end_time: 2026-11-22") + TARGET + DRIFT,
            [
                (
                    2,
                    "trigger",
                    "ends at 2026-11-22T00:00:00+00:00, which is not after its start",
                    "give a later end_time",
                )
            ],
        ),
        (
            HEAD + TARGET + DRIFT + "create_job: azureml:nightly\n",
            [
                (
                    9,
                    'key "create_job"',
                    "stands beside create_monitor, and a schedule makes one of them",
                    "write two schedules",
                )
            ],
        ),
    ],
)
def test_monitors_that_are_refused(tmp_path: Path, text: str, faults: list[tuple[int, str, str, str]]) -> None:
    with pytest.raises(SpecError) as caught:
        read(tmp_path, text)
    assert [
        (one.origin.line if one.origin else 0, one.thing, one.reason, one.mend) for one in caught.value.faults
    ] == faults


TIMES = [
    (
        "a zone by its name in Windows, which ends",
        "{type: cron, expression: '0 3 * * *', time_zone: W. Europe Standard Time, end_time: '2026-11-24T03:00:00'}",
        ["2026-11-23T02:00:00+00:00", "2026-11-24T02:00:00+00:00"],
    ),
    (
        "an expression that counts from its start on",
        "{type: cron, expression: '0 3 * * *', start_time: 2026-11-25T00:00:00, end_time: 2026-11-26}",
        ["2026-11-25T03:00:00+00:00"],
    ),
    ("at once", "{type: recurrence, frequency: day, interval: 1, end_time: 2026-11-23}", ["2026-11-22T12:00:00+00:00"]),
    ("over", "{type: recurrence, frequency: day, interval: 1, end_time: 2026-11-22}", []),
]


@pytest.mark.parametrize(("trigger", "due"), [row[1:] for row in TIMES], ids=[row[0] for row in TIMES])
def test_a_monitor_is_due_as_a_schedule_of_jobs_is(tmp_path: Path, trigger: str, due: list[str]) -> None:
    head = HEAD.replace("{type: cron, expression: '15 3 * * *'}", trigger)
    timing = read(tmp_path, head + TARGET + DRIFT).timing
    times = [timing.first_due(NOW)]
    while times[-1] is not None:
        times.append(timing.next_due(times[-1]))
    assert [one.isoformat() for one in times if one is not None] == due
