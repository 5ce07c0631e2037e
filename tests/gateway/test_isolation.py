"""Who has rights on what is called "ours" alone: each family of routes serves that, and tells nothing of "theirs".

What is refused reads the same whether the object is there or not: no name, no sign of its being there.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from cloister.access.principals import job_step

if TYPE_CHECKING:
    from tests.gateway.conftest import Running

pytestmark = pytest.mark.platform
_V2, _V3 = "/api/2.0/mlflow/", "/api/3.0/mlflow/"
_SIDES = {"ours": "ours in isolation", "theirs": "theirs in isolation"}
# Of the shape of an id, and of nothing.
_ABSENT = {"experiment": "987654321", "number": "1"}

_SCORER = json.dumps({"name": "judge", "builtin_scorer_class": "Safety", "builtin_scorer_pydantic_data": {}})
_SCHEMA: dict[str, Any] = {
    "name": "colour",
    "type": "FEEDBACK",
    "input": {"text": {}},
}

Row = tuple[str, str, dict[str, object]]


def post(http: httpx.Client, path: str, **body: object) -> dict[str, Any]:
    answer = http.post(path, json=body)
    assert answer.is_success, answer.text
    return dict(answer.json())


def trace_body(experiment: str, trace: str, **more: object) -> dict[str, object]:
    location = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}
    head = {"trace_id": trace, "trace_location": location, "request_time": "2026-11-26T00:00:00Z", "state": "OK"}
    return {"trace": {"trace_info": head | more}}


def make(http: httpx.Client, name: str) -> dict[str, str]:
    """One of everything inside of an experiment of this name."""
    experiment = post(http, _V2 + "experiments/create", name=name)["experiment_id"]
    found = {"name": name, "experiment": experiment, "number": "1"}
    found["run"] = post(http, _V2 + "runs/create", experiment_id=experiment)["run"]["info"]["run_id"]
    logged = post(http, _V2 + "logged-models", experiment_id=experiment, name="m", source_run_id=found["run"])
    found["model"] = logged["model"]["info"]["model_id"]
    for index, key in enumerate(("trace", "other_trace", "third_trace")):
        found[key] = f"tr-{experiment:0>31}{index}"
        span = {"traceId": found[key].removeprefix("tr-"), "spanId": "00000000000000ff", "name": "step"}
        timed = span | {"startTimeUnixNano": "1000000000", "endTimeUnixNano": "2000000000"}
        spans = {"resourceSpans": [{"scopeSpans": [{"spans": [timed]}]}]}
        assert http.post("/v1/traces", json=spans, headers={"x-mlflow-experiment-id": experiment}).is_success
        post(http, _V3 + "traces", **trace_body(experiment, found[key]))
    found["old_trace"] = post(
        http, _V2 + "traces", experiment_id=experiment, timestamp_ms=1, request_metadata=[], tags=[]
    )["trace_info"]["request_id"]
    feedback = {"assessment_name": "good", "feedback": {"value": True}, "source": {"source_type": "HUMAN"}}
    assessed = post(http, f"{_V3}traces/{found['trace']}/assessments", assessment=feedback)
    found["assessment"] = assessed["assessment"]["assessment_id"]
    prompt = [{"key": "mlflow.prompt.is_prompt", "value": "true"}]
    post(http, _V2 + "registered-models/create", name=name, tags=prompt)
    dataset = post(http, _V3 + "datasets/create", name=name, experiment_ids=[experiment])["dataset"]
    found["dataset"] = dataset["dataset_id"]
    post(http, _V3 + "scorers/register", experiment_id=experiment, name="judge", serialized_scorer=_SCORER)
    schema = post(http, _V3 + "label-schemas/create", experiment_id=experiment, **_SCHEMA)
    found["schema"] = schema["label_schema"]["schema_id"]
    queue = post(http, _V3 + "review-queues/create", experiment_id=experiment, name="queue", queue_type="CUSTOM")
    found["queue"] = queue["review_queue"]["queue_id"]
    issue = post(http, _V3 + "issues", experiment_id=experiment, name="slow", description="too slow")
    found["issue"] = issue["issue"]["issue_id"]
    return found


@pytest.fixture(scope="module")
def made(running: Running) -> dict[str, dict[str, str]]:
    """The objects of both sides, and ids of the same shape that nothing has."""
    with running.http("ada") as http:
        sides = {side: make(http, name) for side, name in _SIDES.items()}
    absent = {key: _ABSENT.get(key) or _scrambled(value) for key, value in sides["theirs"].items()}
    return sides | {"absent": absent}


def _scrambled(identity: str) -> str:
    return identity[:-8] + "0badc0de"


_LOCATION = [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "{experiment}"}}]
_FEEDBACK = {"assessment_name": "good", "feedback": {"value": False}, "source": {"source_type": "HUMAN"}}
_ROWS: list[Row] = [
    ("GET", _V2 + "experiments/get", {"experiment_id": "{experiment}"}),
    ("POST", _V2 + "runs/search", {"experiment_ids": ["{experiment}"]}),
    ("GET", _V2 + "runs/get", {"run_id": "{run}"}),
    ("GET", _V2 + "logged-models/{model}", {}),
    ("GET", "/api/2.0/mlflow-artifacts/artifacts", {"path": "{experiment}/{run}/artifacts"}),
    ("POST", _V3 + "traces", trace_body("{experiment}", "tr-0123456789abcdef0123456789abcdef")),
    ("GET", _V3 + "traces/{trace}", {}),
    ("GET", _V3 + "traces/get", {"trace_id": "{trace}"}),
    ("GET", _V3 + "traces/batchGet", {"trace_ids": "{trace}"}),
    ("POST", _V3 + "traces/batchGetInfos", {"trace_ids": ["{trace}"]}),
    ("POST", _V3 + "traces/search", {"locations": _LOCATION}),
    (
        "POST",
        _V3 + "traces/calculate-filter-correlation",
        {"experiment_ids": ["{experiment}"], "filter_string1": "status = 'OK'", "filter_string2": "status = 'OK'"},
    ),
    ("PATCH", _V3 + "traces/{trace}/tags", {"key": "k", "value": "v"}),
    ("DELETE", _V3 + "traces/{trace}/tags", {"key": "k"}),
    ("POST", _V3 + "traces/{trace}/assessments", {"assessment": _FEEDBACK}),
    ("GET", _V3 + "traces/{trace}/assessments/{assessment}", {}),
    (
        "PATCH",
        _V3 + "traces/{trace}/assessments/{assessment}",
        {"assessment": {"assessment_name": "better"}, "update_mask": "assessmentName"},
    ),
    ("DELETE", _V3 + "traces/{trace}/assessments/{assessment}", {}),
    ("POST", _V2 + "traces", {"experiment_id": "{experiment}", "timestamp_ms": 1}),
    ("GET", _V2 + "traces", {"experiment_ids": "{experiment}"}),
    ("PATCH", _V2 + "traces/{old_trace}", {"timestamp_ms": 2, "status": "OK"}),
    ("GET", _V2 + "traces/{old_trace}/info", {}),
    ("PATCH", _V2 + "traces/{old_trace}/tags", {"key": "k", "value": "v"}),
    ("DELETE", _V2 + "traces/{old_trace}/tags", {"key": "k"}),
    ("POST", _V2 + "traces/link-to-run", {"run_id": "{run}", "trace_ids": ["{trace}"]}),
    (
        "POST",
        _V2 + "traces/link-prompts",
        {"trace_id": "{trace}", "prompt_versions": [{"name": "{name}", "version": "1"}]},
    ),
    ("POST", _V3 + "traces/delete-traces", {"experiment_id": "{experiment}", "request_ids": ["{other_trace}"]}),
    ("POST", _V2 + "traces/delete-traces", {"experiment_id": "{experiment}", "request_ids": ["{third_trace}"]}),
    ("POST", _V3 + "datasets/create", {"name": "ours more", "experiment_ids": ["{experiment}"]}),
    ("GET", _V3 + "datasets/{dataset}", {}),
    ("PATCH", _V3 + "datasets/{dataset}/tags", {"tags": '{"k": "v"}'}),
    ("DELETE", _V3 + "datasets/{dataset}/tags/k", {}),
    ("POST", _V3 + "datasets/{dataset}/records", {"records": '[{"inputs": {"q": 1}}]'}),
    ("GET", _V3 + "datasets/{dataset}/records", {}),
    ("DELETE", _V3 + "datasets/{dataset}/records", {"dataset_record_ids": ["none"]}),
    ("GET", _V3 + "datasets/{dataset}/experiment-ids", {}),
    ("GET", _V3 + "datasets/search", {"experiment_ids": "{experiment}"}),
    ("POST", _V3 + "datasets/search", {"experiment_ids": ["{experiment}"]}),
    ("POST", _V3 + "datasets/{dataset}/remove-experiments", {"experiment_ids": ["{experiment}"]}),
    ("POST", _V3 + "datasets/{dataset}/add-experiments", {"experiment_ids": ["{experiment}"]}),
    ("DELETE", _V3 + "datasets/{dataset}", {}),
    (
        "POST",
        _V3 + "scorers/register",
        {"experiment_id": "{experiment}", "name": "judge", "serialized_scorer": _SCORER},
    ),
    ("GET", _V3 + "scorers/list", {"experiment_id": "{experiment}"}),
    ("GET", _V3 + "scorers/list", {"experiment_ids": "{experiment}"}),
    ("GET", _V3 + "scorers/versions", {"experiment_id": "{experiment}", "name": "judge"}),
    ("GET", _V3 + "scorers/get", {"experiment_id": "{experiment}", "name": "judge"}),
    ("DELETE", _V3 + "scorers/delete", {"experiment_id": "{experiment}", "name": "judge"}),
    ("POST", _V3 + "label-schemas/create", {"experiment_id": "{experiment}", **_SCHEMA, "name": "size"}),
    ("GET", _V3 + "label-schemas/get", {"schema_id": "{schema}"}),
    ("GET", _V3 + "label-schemas/get-by-name", {"experiment_id": "{experiment}", "name": "colour"}),
    ("GET", _V3 + "label-schemas/list", {"experiment_id": "{experiment}"}),
    ("PATCH", _V3 + "label-schemas/update", {"schema_id": "{schema}", "instruction": "look"}),
    ("DELETE", _V3 + "label-schemas/delete", {"schema_id": "{schema}"}),
    (
        "POST",
        _V3 + "review-queues/create",
        {"experiment_id": "{experiment}", "name": "second", "queue_type": "CUSTOM"},
    ),
    ("POST", _V3 + "review-queues/get-or-create-user", {"experiment_id": "{experiment}", "user": "theo"}),
    ("GET", _V3 + "review-queues/get", {"queue_id": "{queue}"}),
    ("GET", _V3 + "review-queues/get-by-name", {"experiment_id": "{experiment}", "name": "queue"}),
    ("GET", _V3 + "review-queues/list", {"experiment_id": "{experiment}"}),
    ("POST", _V3 + "review-queues/update", {"queue_id": "{queue}", "name": "renamed"}),
    ("POST", _V3 + "review-queues/items/add", {"queue_id": "{queue}", "item_ids": ["{trace}"]}),
    ("GET", _V3 + "review-queues/items/list", {"queue_id": "{queue}"}),
    (
        "POST",
        _V3 + "review-queues/items/set-status",
        {"queue_id": "{queue}", "item_id": "{trace}", "status": "COMPLETE", "completed_by": "theo"},
    ),
    ("POST", _V3 + "review-queues/items/remove", {"queue_id": "{queue}", "item_ids": ["{trace}"]}),
    ("POST", _V3 + "review-queues/delete", {"queue_id": "{queue}"}),
    (
        "POST",
        _V3 + "issues",
        {"experiment_id": "{experiment}", "name": "n", "description": "d", "source_run_id": "{run}"},
    ),
    ("GET", _V3 + "issues/{issue}", {}),
    ("PATCH", _V3 + "issues/{issue}", {"issue_id": "{issue}", "name": "slower"}),
    ("POST", _V3 + "issues/search", {"experiment_id": "{experiment}"}),
]


def send(http: httpx.Client, row: Row, ids: dict[str, str]) -> httpx.Response:
    """The answer to a row that was filled with the ids of one side."""
    method, path, body = row
    text = json.dumps(body)
    for key, value in ids.items():
        text, path = text.replace(f"{{{key}}}", value), path.replace(f"{{{key}}}", value)
    filled = json.loads(text)
    if method == "GET":
        return http.get(path, params=filled)
    return http.request(method, path, json=filled)


def told(answer: httpx.Response, ids: dict[str, str]) -> tuple[int, str]:
    """Status and text of an answer, with the ids that were asked for left out."""
    text = answer.text
    for key, value in sorted(ids.items(), key=lambda pair: -len(pair[1])):
        if key != "number":
            text = re.sub(rf"\b{re.escape(value)}\b", "ID", text)
    return answer.status_code, text


def test_a_list_of_datasets_shows_ours_alone(running: Running, made: dict[str, dict[str, str]]) -> None:
    assert made
    with running.http("theo") as http:
        answers = [http.post(_V3 + "datasets/search", json={}), http.get(_V3 + "datasets/search")]
    for answer in answers:
        found = {row["name"] for row in answer.json()["datasets"]}
        assert found - {"ours more"} == {"ours in isolation"}, answer.text


def test_who_did_something_is_who_asks(running: Running, made: dict[str, dict[str, str]]) -> None:
    """MLflow would take any name for who settled an item of a queue, or reported an issue."""
    queue = {"experiment_id": made["ours"]["experiment"], "name": "settled", "queue_type": "CUSTOM"}
    with running.http("theo") as http:
        identity = post(http, _V3 + "review-queues/create", **queue)["review_queue"]["queue_id"]
        item = {"queue_id": identity, "item_id": made["ours"]["trace"]}
        post(http, _V3 + "review-queues/items/add", queue_id=identity, item_ids=[item["item_id"]])
        settled = post(http, _V3 + "review-queues/items/set-status", **item, status="COMPLETE", completed_by="ada")
        issue = {"experiment_id": queue["experiment_id"], "name": "n", "description": "d", "created_by": "ada"}
        reported = post(http, _V3 + "issues", **issue)
    assert (settled["item"]["completed_by"], reported["issue"]["created_by"]) == ("theo", "theo")


@pytest.mark.parametrize("row", _ROWS, ids=[f"{method} {path}" for method, path, _ in _ROWS])
def test_ours_is_served_and_theirs_is_as_if_it_were_not_there(
    running: Running, made: dict[str, dict[str, str]], row: Row
) -> None:
    with running.http("theo") as http:
        ours, theirs, absent = (send(http, row, made[side]) for side in ("ours", "theirs", "absent"))
    assert ours.is_success, ours.text
    assert theirs.status_code == 403, theirs.text
    assert "theirs" not in told(theirs, made["theirs"])[1]
    assert told(theirs, made["theirs"]) == told(absent, made["absent"])


@pytest.mark.parametrize("row", _ROWS, ids=[f"{method} {path}" for method, path, _ in _ROWS])
def test_a_job_opens_to_its_submitter_nothing_of_theirs(
    running: Running, made: dict[str, dict[str, str]], row: Row
) -> None:
    with running.http(job_step("pipe", "train", "theo")) as http:
        theirs, absent = (send(http, row, made[side]) for side in ("theirs", "absent"))
    assert theirs.status_code == 403, theirs.text
    assert "theirs" not in told(theirs, made["theirs"])[1]
    assert told(theirs, made["theirs"]) == told(absent, made["absent"])


def test_what_a_job_makes_in_a_new_experiment_is_its_submitters(
    running: Running, made: dict[str, dict[str, str]]
) -> None:
    """As MLflow's client begins: it asks for the experiment by its name, and makes it where there is none."""
    assert made
    with running.http(job_step("pipe", "train", "mia")) as http:
        asked = http.get(_V2 + "experiments/get-by-name", params={"experiment_name": "of a job"})
        assert (asked.status_code, asked.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
        experiment = post(http, _V2 + "experiments/create", name="of a job")["experiment_id"]
        run = post(http, _V2 + "runs/create", experiment_id=experiment)["run"]["info"]["run_id"]
        found = post(http, _V2 + "experiments/search", max_results=1000)["experiments"]
    names = {one["name"] for one in found}
    assert names & {"of a job", *_SIDES.values()} == {"of a job"}
    with running.http("mia") as http:
        assert http.get(_V2 + "runs/get", params={"run_id": run}).is_success


def test_in_the_experiment_that_is_nobodys_everybody_runs_and_reads_their_own_runs_alone(running: Running) -> None:
    """Where the runs of jobs go that name no experiment."""
    runs: dict[str, str] = {}
    for person in ("mia", "max"):
        with running.http(job_step("pipe", "train", person)) as http:
            asked = http.get(_V2 + "experiments/get-by-name", params={"experiment_name": "Default"})
            experiment = asked.json()["experiment"]["experiment_id"]
            runs[person] = post(http, _V2 + "runs/create", experiment_id=experiment)["run"]["info"]["run_id"]
            post(http, _V2 + "runs/log-metric", run_id=runs[person], key="loss", value=1, timestamp=1)
            post(http, _V2 + "logged-models", experiment_id=experiment, name="m", source_run_id=runs[person])
    with running.http("mia") as http:
        read = [http.get(_V2 + "runs/get", params={"run_id": runs[person]}).status_code for person in ("mia", "max")]
        assert read == [200, 403]
        # A list of it would show what is others'.
        assert http.post(_V2 + "runs/search", json={"experiment_ids": [experiment]}).status_code == 403
        renamed = http.post(_V2 + "experiments/update", json={"experiment_id": experiment, "new_name": "mine"})
        assert renamed.status_code == 403
