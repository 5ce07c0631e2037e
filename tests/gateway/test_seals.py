"""What was approved does not change: every way of changing an approved version's files is refused, to everybody."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from tests.gateway.conftest import Running

pytestmark = pytest.mark.platform
_API = "/api/2.0/mlflow/"
_FILES = "/api/2.0/mlflow-artifacts/artifacts/"


def post(http: httpx.Client, path: str, **body: object) -> dict[str, Any]:
    answer = http.post(_API + path, json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def make(http: httpx.Client, name: str) -> dict[str, str]:
    """A run and a logged model of the caller's, each with a file, and a version of each."""
    experiment = post(http, "experiments/create", name=name)["experiment_id"]
    run = post(http, "runs/create", experiment_id=experiment)["run"]["info"]["run_id"]
    model = post(http, "logged-models", experiment_id=experiment, name="m", source_run_id=run)
    logged = model["model"]["info"]["model_id"]
    made = {"experiment": experiment, "run": run, "logged": logged, "name": name}
    made["run_files"] = f"{_FILES}{experiment}/{run}/artifacts"
    made["logged_files"] = f"{_FILES}{experiment}/models/{logged}/artifacts"
    for folder in (made["run_files"], made["logged_files"]):
        assert http.put(f"{folder}/model/weights.bin", content=b"approved").status_code == 200
    post(http, "registered-models/create", name=name)
    source = f"mlflow-artifacts:/{experiment}/{run}/artifacts/model"
    post(http, "model-versions/create", name=name, source=source, run_id=run)
    post(http, "model-versions/create", name=name, source=f"models:/{logged}", model_id=logged)
    return made


def approve(running: Running, name: str, version: str) -> httpx.Response:
    with running.http("abe") as http:
        body = {"name": name, "version": version, "stage": "Production"}
        return http.post(_API + "model-versions/transition-stage", json=body)


@pytest.fixture(scope="module")
def approved(running: Running) -> dict[str, str]:
    with running.http("ada") as http:
        made = make(http, "sealed")
    for version in ("1", "2"):
        answer = approve(running, "sealed", version)
        assert answer.status_code == 200, answer.text
    return made


_CHANGES = [
    ("PUT", "{run_files}/model/weights.bin", None),
    ("PUT", "{run_files}/beside.bin", None),
    ("DELETE", "{run_files}/model/weights.bin", {}),
    ("POST", _API + "runs/delete", {"run_id": "{run}"}),
    ("POST", _API + "runs/outputs", {"run_id": "{run}", "models": []}),
    ("POST", _API + "runs/log-model", {"run_id": "{run}", "model_json": "{}"}),
    ("PUT", "{logged_files}/model/weights.bin", None),
    ("DELETE", "{logged_files}/model/weights.bin", {}),
    ("PATCH", _API + "logged-models/{logged}", {"status": "LOGGED_MODEL_READY"}),
    ("DELETE", _API + "logged-models/{logged}", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), _CHANGES)
@pytest.mark.parametrize("who", ["ada", "alan"])
def test_what_was_approved_does_not_change(
    running: Running, approved: dict[str, str], who: str, method: str, path: str, body: dict[str, object] | None
) -> None:
    with running.http(who) as http:
        target = path.format(**approved)
        if body is None:
            answer = http.request(method, target, content=b"evil")
        else:
            filled = {key: approved["run"] if value == "{run}" else value for key, value in body.items()}
            answer = http.request(method, target, json=filled)
        assert answer.status_code == 403, answer.text
        assert "which was approved as it is" in answer.json()["faults"][0]["reason"]
        for folder in ("run_files", "logged_files"):
            assert http.get(f"{approved[folder]}/model/weights.bin").content == b"approved"
    record = next(one for one in running.records(5) if one["principal"] == who and one["method"] == method)
    assert (record["decision"], record["rule"]) == ("DENY", "approved versions do not change")


@pytest.mark.parametrize("path", ["{experiment}", "{experiment}/{run}", "{experiment}/models/{logged}"])
def test_nor_do_the_folders_around_it(running: Running, approved: dict[str, str], path: str) -> None:
    with running.http("ada") as http:
        answer = http.request("DELETE", _FILES + path.format(**approved), json={})
        assert answer.status_code == 400, answer.text
        assert http.get(f"{approved['run_files']}/model/weights.bin").content == b"approved"


def test_what_does_not_touch_files_goes_on(running: Running, approved: dict[str, str]) -> None:
    with running.http("ada") as http:
        post(http, "runs/set-tag", run_id=approved["run"], key="k", value="v")
        post(http, "runs/update", run_id=approved["run"], status="FINISHED")


def test_a_refused_approval_seals_nothing(running: Running) -> None:
    with running.http("ada") as http:
        made = make(http, "unsealed")
        body = {"name": "unsealed", "version": "1", "stage": "Production"}
        assert http.post(_API + "model-versions/transition-stage", json=body).status_code == 403
        body["stage"] = "Staging"
        assert http.post(_API + "model-versions/transition-stage", json=body).status_code == 200
        assert http.put(f"{made['run_files']}/model/weights.bin", content=b"better").status_code == 200


def test_a_file_on_its_way_holds_the_approval_up(running: Running) -> None:
    with running.http("ada") as http:
        made = make(http, "on-its-way")
    host, _, port = running.url.removeprefix("http://").partition(":")
    head = (
        f"PUT {made['run_files']}/model/weights.bin HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n"
        f"Authorization: Bearer {running.token('ada')}\r\nContent-Length: 8\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(head.encode() + b"swap")
        time.sleep(0.5)
        held = approve(running, "on-its-way", "1")
        connection.sendall(b"ped!")
        assert b" 200 " in connection.recv(4096).split(b"\r\n", 1)[0]
    assert held.status_code == 403, held.text
    assert "a file is being written into the run" in held.json()["faults"][0]["reason"]
    assert approve(running, "on-its-way", "1").status_code == 200


def test_no_logged_model_takes_the_place_of_what_was_approved(running: Running) -> None:
    """Of `runs:/RUN/NAME` MLflow's client takes files of the logged models that call themselves the run's."""
    with running.http("ada") as http:
        experiment = post(http, "experiments/create", name="in place")["experiment_id"]
        run = post(http, "runs/create", experiment_id=experiment)["run"]["info"]["run_id"]
        logged = {"experiment_id": experiment, "name": "data", "source_run_id": run}
        before = post(http, "logged-models", **logged)["model"]["info"]["model_id"]
        files = f"{_FILES}{experiment}/models/{before}/artifacts/weights.bin"
        assert http.put(files, content=b"before").status_code == 200
        post(http, "registered-models/create", name="in place")
        post(http, "model-versions/create", name="in place", source=f"runs:/{run}/data", run_id=run)
        assert approve(running, "in place", "1").status_code == 200
        changes = [
            http.put(files, content=b"after"),
            http.post(_API + "logged-models", json=logged),
            http.delete(f"{_API}logged-models/{before}"),
        ]
        assert [change.status_code for change in changes] == [403] * 3
        assert all("was approved as it is" in change.text for change in changes)
        # A logged model of no run goes on being made.
        post(http, "logged-models", experiment_id=experiment, name="data")


def test_who_makes_a_logged_model_of_a_run_may_write_into_the_run(running: Running) -> None:
    with running.http("mia") as http:
        experiment = post(http, "experiments/create", name="mia's own place")["experiment_id"]
        run = post(http, "runs/create", experiment_id=experiment)["run"]["info"]["run_id"]
    with running.http("max") as http:
        own = post(http, "experiments/create", name="max's own place")["experiment_id"]
        body = {"experiment_id": own, "name": "m", "source_run_id": run}
        answer = http.post(_API + "logged-models", json=body)
    assert answer.status_code == 403
    assert "mlflow:LogOutputs" in answer.text or "no such thing" in answer.text
