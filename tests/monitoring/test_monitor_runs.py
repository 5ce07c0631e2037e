"""Monitors in the database, and evaluated by their own process on files as serving leaves them."""

import asyncio
import base64
import json
import os
import signal as signals
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.requests import Request

from cloister.errors import Fault, RefusedError
from cloister.monitoring.config import MonitoringConfig
from cloister.monitoring.control import Control
from cloister.monitoring.errors import NotFoundError
from cloister.monitoring.evaluate import evaluate
from cloister.monitoring.references import store, stored_name
from cloister.monitoring.schedule import MONITOR, Monitor
from cloister.monitoring.service import MonitorService, RunState
from cloister.monitoring.values import (
    FeatureType,
    Metric,
    Outcome,
    Reference,
    Signal,
    SignalType,
    Target,
    Threshold,
)
from cloister.store import migrate, open_store
from cloister.triggers import Recurrence

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def sample(rows: int, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame({"age": random.normal(50, 10, rows), "left": random.integers(0, 2, rows)})


def write_batches(folder: Path, frame: pd.DataFrame, at: datetime, torn: str = "") -> None:
    """The frame as scored batches of ten rows each, in the form of serving's files."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{at.date()}-0001.jsonl").open("a", encoding="utf-8") as file:
        for start in range(0, len(frame), 10):
            part = frame.iloc[start : start + 10]
            inputs = {"columns": ["age"], "data": part[["age"]].to_numpy().tolist()}
            line = {"time": at.isoformat(), "mirrored": False, "inputs": inputs, "outputs": part["left"].tolist()}
            file.write(json.dumps(line) + "\n")
        file.write(torn)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_store(f"sqlite:///{tmp_path / 'cloister.db'}")
    migrate(engine, "monitoring")
    yield engine
    engine.dispose()


@pytest.fixture
def monitor(tmp_path: Path) -> Monitor:
    """A monitor of `age` whose reference is stored."""
    content = sample(1000, 1).to_csv(index=False).encode()
    name = stored_name(content, ".csv")
    store(tmp_path / "references", name, content)
    threshold = Threshold(FeatureType.NUMERICAL, Metric.JENSEN_SHANNON, 0.2)
    drift = Signal("inputs", SignalType.DATA_DRIFT, Reference(name, "left"), (threshold,))
    return Monitor("watch", Recurrence("day", 1, NOW, hours=(13,), minutes=(0,)), Target("churn", "blue"), (drift,))


@pytest.mark.parametrize(
    ("frame", "at", "outcome", "rows"),
    [
        (sample(200, 2), NOW, Outcome.OK, 200),
        (sample(200, 2) + 20, NOW, Outcome.BREACHED, 200),
        (sample(20, 2) + 20, NOW, Outcome.UNDECIDED, 20),
        (sample(200, 2), NOW - timedelta(days=2), Outcome.UNDECIDED, 0),
        (sample(200, 2), NOW + timedelta(seconds=1), Outcome.UNDECIDED, 0),
    ],
)
def test_a_window_of_batches_is_evaluated(
    tmp_path: Path, monitor: Monitor, frame: pd.DataFrame, at: datetime, outcome: Outcome, rows: int
) -> None:
    write_batches(tmp_path / "collected" / "churn" / "blue", frame, at, torn='{"time": "2026')
    run = evaluate(monitor, tmp_path / "collected", tmp_path / "references", NOW)
    assert (run.outcome, run.signals[0].production_rows, run.signals[0].reference_rows) == (outcome, rows, 1000)
    assert run.unreadable_lines == (1 if at.date() in (NOW.date(), NOW.date() - timedelta(days=1)) else 0)


def test_a_run_goes_its_way_and_raises_its_alerts(tmp_path: Path, engine: Engine, monitor: Monitor) -> None:
    moment = [NOW]
    service = MonitorService(engine, lambda: moment[0])
    silent = replace(monitor.signals[0], name="silent", alerts=False)
    created = service.create(replace(monitor, signals=(*monitor.signals, silent)), "ada")
    assert (created.is_enabled, created.next_due) == (True, "2026-11-22T13:00:00.000+00:00")
    assert service.request_due() == 0
    moment[0] = NOW + timedelta(hours=5)
    # Five hours late, and asked for twice: one run.
    assert (service.request_due(), service.request_due()) == (1, 0)
    taken = service.take()
    assert taken is not None
    assert (taken.state, taken.requested_by, service.take()) == (RunState.RUNNING, "schedule", None)
    # Its process dies: the next one asks for it anew.
    assert service.give_back() == 1
    again = service.take()
    assert again is not None
    assert again.id == taken.id
    write_batches(tmp_path / "collected" / "churn" / "blue", sample(200, 2) + 20, NOW)
    result = evaluate(created.monitor, tmp_path / "collected", tmp_path / "references", NOW)
    raised = service.complete(again.id, result)
    assert [(one.endpoint, one.deployment, one.signal, one.at) for one in raised] == [("churn", "blue", "inputs", NOW)]
    assert [feature.feature for feature in raised[0].features] == ["age"]
    shown = MonitorService(engine).show("watch")
    assert (shown.alerts, shown.runs[0].state, shown.runs[0].outcome) == (raised, RunState.COMPLETED, "breached")
    assert service.show_run(again.id).result == result
    assert service.alerts() == service.alerts("watch") == raised
    assert service.alerts("other") == ()


def test_disabled_monitors_are_never_due_and_can_be_triggered(engine: Engine, monitor: Monitor) -> None:
    moment = [NOW]
    service = MonitorService(engine, lambda: moment[0])
    service.create(monitor, "ada")
    assert service.enable("watch", is_enabled=False).next_due == ""
    moment[0] = NOW + timedelta(days=3)
    assert service.request_due() == 0
    assert service.trigger("watch", "ada").state is RunState.REQUESTED
    assert service.enable("watch", is_enabled=True).next_due == "2026-11-25T13:00:00.000+00:00"
    # What has ended is due no more, also where it is made or enabled again.
    assert service.create(replace(monitor, end=moment[0]), "ada").next_due == ""
    assert service.enable("watch", is_enabled=True).next_due == ""
    service.delete("watch")
    with pytest.raises(NotFoundError, match="create one: cloister schedule create"):
        service.show("watch")
    assert service.take() is None


class Doorkeeper:
    """An authorizer that lets ada do everything and nobody else anything."""

    async def admit(self, request: Request, action: str, resource: str) -> str:
        if request.headers.get("x-user") != "ada":
            raise RefusedError(Fault(resource, f"{action} is not allowed", "ask ada"))
        return "ada"


class Client:
    """Asks an application in this process; what it raises is raised here."""

    def __init__(self, app: Starlette) -> None:
        self._app = app

    def ask(self, method: str, path: str, *, user: str = "ada", **more: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://platform") as client:
                return await client.request(method, path, headers={"x-user": user}, **more)

        return asyncio.run(asked())


def test_the_control_routes(tmp_path: Path, engine: Engine, monitor: Monitor) -> None:
    service = MonitorService(engine)
    routes = Control(service, Doorkeeper(), tmp_path / "kept").routes()
    content = (tmp_path / "references" / monitor.signals[0].reference.file).read_bytes()
    name = monitor.signals[0].reference.file
    body: dict[str, Any] = {
        "monitor": MONITOR.dump_python(monitor, mode="json"),
        "references": {name: base64.b64encode(content).decode()},
    }
    client = Client(Starlette(routes=routes))
    assert client.ask("PUT", "/schedules/watch", json={**body, "references": {}}).status_code == 502
    wrong = {"0" * 64 + ".csv": base64.b64encode(content).decode()}
    assert client.ask("PUT", "/schedules/watch", json={**body, "references": wrong}).status_code == 400
    assert client.ask("PUT", "/schedules/other", json=body).status_code == 400
    assert client.ask("PUT", "/schedules/watch", content="{").status_code == 400
    assert client.ask("GET", "/schedules").json() == []
    created = client.ask("PUT", "/schedules/watch", json=body)
    assert (created.status_code, created.json()["monitor"]["name"]) == (201, "watch")
    assert (tmp_path / "kept" / name).read_bytes() == content
    run = client.ask("POST", "/schedules/watch/trigger")
    assert (run.status_code, run.json()["state"]) == (202, "Requested")
    assert client.ask("GET", f"/schedules/watch/runs/{run.json()['id']}").json() == run.json()
    missing = client.ask("GET", "/schedules/watch/runs/99")
    assert (missing.status_code, missing.json()["faults"][0]["reason"]) == (404, "does not exist")
    assert client.ask("POST", "/schedules/watch/disable").json()["is_enabled"] is False
    assert client.ask("POST", "/schedules/watch/enable").json()["is_enabled"] is True
    assert client.ask("GET", "/alerts").json() == []
    assert client.ask("GET", "/schedules/nope").status_code == 404
    for method, path in (("GET", "/schedules"), ("PUT", "/schedules/watch"), ("POST", "/schedules/watch/trigger")):
        with pytest.raises(RefusedError):
            client.ask(method, path, user="eve", json=body)
    assert client.ask("DELETE", "/schedules/watch").status_code == 204
    assert client.ask("GET", "/schedules").json() == []


@pytest.mark.platform
def test_the_monitoring_process_evaluates_what_is_triggered(tmp_path: Path, engine: Engine, monitor: Monitor) -> None:
    service = MonitorService(engine)
    service.create(monitor, "ada")
    write_batches(tmp_path / "collected" / "churn" / "blue", sample(200, 2) + 20, datetime.now(UTC))
    broken = replace(monitor.signals[0], reference=Reference("0" * 64 + ".csv"))
    service.create(replace(monitor, name="broken", signals=(broken,)), "ada")
    config = MonitoringConfig(
        database_url=str(engine.url),
        collected=tmp_path / "collected",
        references=tmp_path / "references",
        parent=os.getpid(),
        poll_seconds=0.1,
    )
    file = tmp_path / "monitoring.json"
    file.write_text(config.model_dump_json(), encoding="utf-8")
    process = subprocess.Popen([sys.executable, "-m", "cloister.monitoring", "--config", str(file)])
    try:
        good, bad = service.trigger("watch", "ada"), service.trigger("broken", "ada")
        deadline = time.monotonic() + 90
        while service.show_run(bad.id).state in (RunState.REQUESTED, RunState.RUNNING):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        done, failed = service.show_run(good.id), service.show_run(bad.id)
    finally:
        process.send_signal(signals.SIGTERM)
        assert process.wait(30) == 0
    assert (done.state, done.outcome) == (RunState.COMPLETED, "breached")
    assert (failed.state, "is missing from the platform's home" in failed.reason) == (RunState.FAILED, True)
    assert [alert.signal for alert in service.alerts("watch")] == ["inputs"]
