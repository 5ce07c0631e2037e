"""The router and its workers as real processes, on models from a real MLflow server, asked over HTTP."""

import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from router_home import (  # type: ignore[import-not-found]  # as in conftest.py
    Platform,
    is_alive,
    wait_for,
)
from scipy.stats import binom
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cloister.serving.values import State

pytestmark = [pytest.mark.platform, pytest.mark.timeout(300)]

FRAME, CLASSES = load_breast_cancer(return_X_y=True, as_frame=True)
EXPECTED = make_pipeline(StandardScaler(), LogisticRegression()).fit(FRAME, CLASSES).predict(FRAME.head(20)).tolist()


def split(rows: int = 20) -> dict[str, Any]:
    return {"dataframe_split": json.loads(FRAME.head(rows).to_json(orient="split", index=False))}


@pytest.fixture(scope="module")
def platform(home: Platform) -> Platform:
    """The router with blue (version 1), which gets all requests, and green (version 2, which always says 1)."""
    home.start()
    for name, version in (("blue", "1"), ("green", "2")):
        status = home.deploy(name, version)
        assert (status.state, status.reason, status.version) == (State.SUCCEEDED, "", version)
    home.route(traffic={"blue": 100})
    return home


@pytest.fixture
def all_to_blue(platform: Platform) -> Platform:
    platform.route(traffic={"blue": 100}, mirror={})
    return platform


def test_every_form_of_rows_is_scored_as_the_model_itself_scores(all_to_blue: Platform) -> None:
    rows = FRAME.head(20)
    records = json.loads(rows.to_json(orient="records"))
    columns = {name: rows[name].tolist() for name in rows.columns}
    for body, kind in (
        (split(), "application/json"),
        (split(), "application/json; charset=utf-8"),
        ({"dataframe_records": records}, "application/json"),
        ({"instances": records}, "application/json"),
        ({"inputs": columns}, "application/json"),
        (rows.to_csv(index=False), "text/csv"),
    ):
        answer = all_to_blue.score(body, content_type=kind)
        assert (answer.status_code, answer.json()) == (200, {"predictions": EXPECTED}), kind
        assert answer.headers["x-cloister-deployment"] == "blue"
        assert answer.headers["content-type"] == "application/json"


def shuffled(rows: int = 2) -> dict[str, Any]:
    body = split(rows)
    body["dataframe_split"]["columns"][0] = "mean radios"
    return body


def with_text() -> dict[str, Any]:
    body = split(1)
    body["dataframe_split"]["data"][0][0] = "large"
    return body


def test_rows_that_cannot_be_scored_are_answered_with_the_mend(all_to_blue: Platform) -> None:
    example = 'send {"dataframe_split": {"columns": [...], "data": [[...]]}} as application/json'
    signature = (
        "send values that fit the model's signature: mean radius (double), mean texture (double), "
        "mean perimeter (double), mean area (double), ..."
    )
    none_of = "of dataframe_split, dataframe_records, instances, inputs, and must have one"
    for body, reason, mend in (
        (
            "{",
            "its body is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
            example,
        ),
        ("[]", "its body is not a JSON object", example),
        ("{}", f"it has none {none_of}", example),
        ({**split(1), "inputs": []}, f"it has dataframe_split and inputs {none_of}", example),
        ({**split(1), "rows": 1}, "the key rows is unknown", None),
        (shuffled(), "is missing from the rows", 'rename the column "mean radios"'),
        ({"dataframe_records": [{}]}, "is missing from the rows", "add the column to each row"),
        (with_text(), "could not convert string to float: 'large'", signature),
        ({"inputs": [[1.0, 2.0]]}, None, signature),
    ):
        answer = all_to_blue.score(body)
        fault = answer.json()["faults"][0]
        assert answer.status_code == 400, body
        assert reason is None or fault["reason"] == reason
        assert mend is None or fault["mend"] == mend
    assert all_to_blue.score("x", content_type="application/xml").status_code == 415
    assert all_to_blue.score(" " * ((1 << 20) + 1)).status_code == 413


def test_nobody_scores_without_the_right_to(all_to_blue: Platform) -> None:
    for user, status in (("", 401), ("reader", 403), ("admin", 200)):
        answer = all_to_blue.score(split(1), user=user)
        assert answer.status_code == status, user
        assert ("faults" in answer.json()) == (status != 200)
    forged = all_to_blue.score(split(1), user="", authorization="Bearer a.b.c")
    assert forged.status_code == 401
    # Who may not score learns nothing of what is there, and who may is told.
    address = f"{all_to_blue.url}/endpoints/nope/invocations"
    assert httpx.post(address, trust_env=False).status_code == 401
    known = httpx.post(address, headers={"authorization": f"Bearer {all_to_blue.tokens['admin']}"}, trust_env=False)
    assert (known.status_code, known.json()["faults"][0]["mend"]) == (404, "endpoints are: churn")


def test_a_deployment_is_asked_by_name_whatever_its_share(all_to_blue: Platform) -> None:
    green = all_to_blue.score(split(), azureml_model_deployment="green")
    assert (green.headers["x-cloister-deployment"], green.json()["predictions"]) == ("green", [1] * 20)
    unknown = all_to_blue.score(split(), azureml_model_deployment="red")
    assert (unknown.status_code, unknown.json()["faults"][0]["mend"]) == (404, "deployments are: blue, green")


def test_requests_are_split_as_the_traffic_says(all_to_blue: Platform) -> None:
    all_to_blue.route(traffic={"blue": 70, "green": 30})
    answered = [all_to_blue.score(split(1)).headers["x-cloister-deployment"] for _ in range(150)]
    low, high = binom.interval(0.9999, 150, 0.3)
    assert low <= answered.count("green") <= high
    assert set(answered) == {"blue", "green"}
    all_to_blue.service.rollback("churn", "admin")
    time.sleep(0.5)
    assert {all_to_blue.score(split(1)).headers["x-cloister-deployment"] for _ in range(10)} == {"blue"}


def test_mirrored_copies_are_scored_and_change_no_answer(all_to_blue: Platform) -> None:
    all_to_blue.route(mirror={"green": 50})
    answers = [all_to_blue.score(split(), x_request_id=f"copied-{n}") for n in range(40)]
    assert all(one.json() == {"predictions": EXPECTED} for one in answers)
    assert {one.headers["x-cloister-deployment"] for one in answers} == {"blue"}

    def copies() -> list[dict[str, Any]]:
        return [one for one in all_to_blue.batches("green") if str(one["id"]).startswith("copied-")]

    wait_for(lambda: len(copies()) >= 5)
    assert all(one["mirrored"] and one["outputs"] == [1] * 20 for one in copies())
    assert len(copies()) < 40
    metrics = httpx.get(f"{all_to_blue.url}/metrics", trust_env=False).text
    assert 'cloister_mirrored_total{endpoint="churn",deployment="green",outcome="sent"}' in metrics
    # A request that names its deployment is copied to nobody.
    all_to_blue.score(split(1), azureml_model_deployment="blue", x_request_id="copied-named")
    assert not [one for one in all_to_blue.batches("green") if one["id"] == "copied-named"]


def test_scored_batches_are_collected(all_to_blue: Platform) -> None:
    all_to_blue.score(split(2), x_request_id="kept-1")
    wait_for(lambda: any(one["id"] == "kept-1" for one in all_to_blue.batches("blue")))
    kept: Any = next(one for one in all_to_blue.batches("blue") if one["id"] == "kept-1")
    assert (kept["deployment"], kept["mirrored"], kept["outputs"]) == ("blue", False, EXPECTED[:2])
    assert kept["inputs"]["columns"] == list(FRAME.columns)
    assert kept["inputs"]["data"] == FRAME.head(2).to_numpy().tolist()


def test_only_approved_and_harmless_models_are_deployed(all_to_blue: Platform) -> None:
    for name, version, reason in (
        ("red", "3", "it is not approved: its stage is None, and no protected alias points to it"),
        ("pickled", "4", "it is saved as pickle, and loading that can run any code its author put in"),
        ("absent", "99", "the model registry answers 404"),
    ):
        status = all_to_blue.deploy(name, version)
        assert (status.state, status.proven) == (State.FAILED, None)
        assert reason in status.reason
        answer = all_to_blue.score(split(1), azureml_model_deployment=name)
        assert answer.status_code == 503
        all_to_blue.service.delete_deployment("churn", name)


def test_a_changed_deployment_is_replaced_without_a_lost_request(all_to_blue: Platform) -> None:
    failed: list[int] = []
    stopped = threading.Event()

    def ask() -> None:
        while not stopped.is_set():
            status = all_to_blue.score(split(1)).status_code
            if status != 200:
                failed.append(status)

    before = all_to_blue.status("blue").health.pid
    asking = threading.Thread(target=ask)
    asking.start()
    try:
        # Version 3 is refused, so what runs goes on; with another timeout it is replaced.
        refused = all_to_blue.deploy("blue", "3")
        assert (refused.state, refused.health.pid) == (State.FAILED, before)
        assert (refused.proven.version if refused.proven else "") == "1"
        changed = all_to_blue.deploy("blue", "1", request_timeout_ms=20_000)
        assert changed.state is State.SUCCEEDED
        wait_for(lambda: not is_alive(before))
    finally:
        stopped.set()
        asking.join()
    assert failed == []
    assert all_to_blue.score(split()).json() == {"predictions": EXPECTED}


def test_a_killed_worker_is_replaced_and_meanwhile_the_answer_is_clear(all_to_blue: Platform) -> None:
    pid = all_to_blue.status("blue").health.pid
    os.kill(pid, signal.SIGKILL)
    statuses: list[int] = []
    while not statuses or statuses[-1] != 200:
        answer = all_to_blue.score(split())
        statuses.append(answer.status_code)
        if answer.status_code != 200:
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
            assert answer.json()["faults"][0]["mend"]
        time.sleep(0.2)
        assert len(statuses) < 200
    assert answer.json() == {"predictions": EXPECTED}
    wait_for(lambda: all_to_blue.status("blue").health.is_healthy)
    health = all_to_blue.status("blue").health
    assert (health.pid != pid, health.restarts) == (True, 1)


def test_a_killed_router_leaves_no_orphan_and_the_next_has_all_endpoints(all_to_blue: Platform) -> None:
    before = all_to_blue.service.show("churn")
    assert all_to_blue.process is not None
    children = Path(f"/proc/{all_to_blue.process.pid}/task/{all_to_blue.process.pid}/children").read_text().split()
    assert len(children) == 3  # two workers and the monitoring process
    all_to_blue.stop(signal.SIGKILL)
    wait_for(lambda: not any(is_alive(int(pid)) for pid in children), 10)
    all_to_blue.start()
    wait_for(lambda: all_to_blue.score(split()).status_code == 200)
    assert all_to_blue.score(split()).json() == {"predictions": EXPECTED}
    after = all_to_blue.service.show("churn")
    assert (after.endpoint, after.history, after.revision) == (before.endpoint, before.history, before.revision)
    assert [one.state for one in after.deployments] == [State.SUCCEEDED] * 2


def test_a_changed_model_file_is_not_loaded(all_to_blue: Platform) -> None:
    wait_for(lambda: all_to_blue.status("green").health.is_healthy)
    green = all_to_blue.status("green")
    (file,) = (all_to_blue.config.serving / "models" / "breast-cancer").glob("2-*/requirements.txt")
    file.chmod(0o600)
    file.write_text("something-else")
    os.kill(green.health.pid, signal.SIGKILL)
    wait_for(lambda: "were changed after they were fetched" in all_to_blue.status("green").health.last_error)
    assert "requirements.txt" in all_to_blue.status("green").health.last_error


def test_sigterm_ends_the_router_with_all_of_its_processes(all_to_blue: Platform) -> None:
    assert all_to_blue.process is not None
    children = Path(f"/proc/{all_to_blue.process.pid}/task/{all_to_blue.process.pid}/children").read_text().split()
    assert all_to_blue.stop() == 0
    assert not any(is_alive(int(pid)) for pid in children)
    assert [path.name for path in all_to_blue.config.sockets.iterdir()] == []
