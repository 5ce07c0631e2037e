"""Searches over named experiments: what the caller may not see is left out, as if it were not there."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from tests.gateway.conftest import Running

pytestmark = pytest.mark.platform
_V2 = "/api/2.0/mlflow/"
_V3 = "/api/3.0/mlflow/"


def _v2_traces(http: httpx.Client, ids: list[str]) -> httpx.Response:
    return http.get(f"{_V2}traces", params={"experiment_ids": ids, "max_results": 100})


def _locations(http: httpx.Client, ids: list[str]) -> httpx.Response:
    locations = [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": identity}} for identity in ids]
    return http.post(f"{_V3}traces/search", json={"locations": locations})


def _posted(path: str, **more: object) -> Callable[[httpx.Client, list[str]], httpx.Response]:
    return lambda http, ids: http.post(path, json={"experiment_ids": ids, **more})


_SEARCHES = [
    pytest.param(_posted(f"{_V2}runs/search"), id="runs"),
    pytest.param(_posted(f"{_V2}logged-models/search"), id="logged models"),
    pytest.param(_locations, id="traces"),
    pytest.param(_v2_traces, id="traces of version 2"),
    pytest.param(_posted("/ajax-api/2.0/mlflow/experiments/search-datasets"), id="datasets"),
    pytest.param(
        _posted(
            f"{_V3}traces/metrics",
            view_type="TRACES",
            metric_name="trace_count",
            aggregations=[{"aggregation_type": "COUNT"}],
        ),
        id="metrics of traces",
    ),
    pytest.param(
        _posted(
            f"{_V3}traces/calculate-filter-correlation",
            filter_string1="trace.status = 'OK'",
            filter_string2="trace.status = 'ERROR'",
        ),
        id="correlation of traces",
    ),
]


@pytest.fixture(scope="module")
def experiments(running: Running) -> Iterator[dict[str, str]]:
    """An experiment that nick may see and one that he may not, each with a run, a model, a trace and a data set."""
    found: dict[str, str] = {}
    with running.http("ada") as http:
        for name in ("open-part", "shut-part"):
            made = http.post(f"{_V2}experiments/create", json={"name": f"{name}-{uuid.uuid4().hex[:8]}"}).json()
            experiment = found[name] = made["experiment_id"]
            run = http.post(f"{_V2}runs/create", json={"experiment_id": experiment}).json()["run"]["info"]["run_id"]
            data = {"name": name, "digest": "d", "source_type": "local", "source": "s"}
            inputs = {"run_id": run, "datasets": [{"dataset": data, "tags": []}]}
            http.post(f"{_V2}runs/log-inputs", json=inputs).raise_for_status()
            http.post(f"{_V2}logged-models", json={"experiment_id": experiment, "name": name}).raise_for_status()
            location = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}
            info = {
                "trace_id": f"tr-{uuid.uuid4().hex}",
                "trace_location": location,
                "request_time": "2026-11-26T00:00:00Z",
                "state": "OK",
            }
            http.post(f"{_V3}traces", json={"trace": {"trace_info": info}}).raise_for_status()
    yield found
    with running.http("ada") as http:
        for identity in found.values():
            http.post(f"{_V2}experiments/delete", json={"experiment_id": identity})


@pytest.mark.parametrize("search", _SEARCHES)
def test_the_rest_is_searched_as_if_the_hidden_one_were_not_there(
    running: Running, experiments: dict[str, str], search: Callable[[httpx.Client, list[str]], httpx.Response]
) -> None:
    shown, hidden = experiments["open-part"], experiments["shut-part"]
    with running.http("ada") as http:
        whole = search(http, [shown, hidden])
        expected = search(http, [shown])
    assert whole.status_code == expected.status_code == 200, (whole.text, expected.text)
    assert whole.json() != expected.json()
    with running.http("nick") as http:
        assert search(http, [shown, hidden]).json() == expected.json()
        record = running.last_record()
        assert search(http, [hidden, shown, "424242", "abc"]).json() == expected.json()
        refused = [search(http, [hidden]), search(http, ["424242"]), search(http, ["abc"])]
    assert record["decision"] == "ALLOW"
    assert "shut-part" in str(record["resource"])
    assert "shut-part" in str(record["reason"])
    told = [re.sub(rf"\b(424242|abc|{hidden})\b", "N", answer.json()["message"]) for answer in refused]
    assert [answer.status_code for answer in refused] == [403, 403, 403]
    assert told[0] == told[1] == told[2]
