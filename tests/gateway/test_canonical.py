"""One reading of a request: what is passed on, beside every way in which MLflow would read more than it says."""

import json
import time
from dataclasses import dataclass

import pytest

from cloister.errors import SpecError
from cloister.gateway.mlflow.canonical import Canonical, canonical, check_path, read_json
from cloister.gateway.mlflow.routes import find

_API = "/api/2.0/mlflow/"
_FILES = "/api/2.0/mlflow-artifacts/artifacts"


@dataclass(frozen=True)
class Sent:
    """A request as it comes in."""

    method: str
    path: str
    query: str = ""
    body: str | None = None


def read(sent: Sent) -> Canonical:
    path = check_path(sent.path.encode("latin-1"))
    match = find(sent.method, path)
    assert match is not None, f"no route: {sent.method} {path}"
    document = None if sent.body is None else read_json(sent.body.encode(), empty_is_object=True)
    return canonical(match, sent.query.encode("latin-1"), document)


@pytest.mark.parametrize(
    ("sent", "target", "body"),
    [
        (Sent("GET", _API + "experiments/get", "experiment_id=1"), _API + "experiments/get?experiment_id=1", None),
        (
            Sent("GET", _API + "experiments/get-by-name", "experiment_name=a+b%2fc"),
            _API + "experiments/get-by-name?experiment_name=a%20b%2Fc",
            None,
        ),
        (
            Sent("GET", _API + "runs/get", "run_uuid=r&run_id=r"),
            _API + "runs/get?run_uuid=r&run_id=r",
            None,
        ),
        (
            Sent("GET", _API + "metrics/get-history-bulk-interval", "run_ids=a&run_ids=b&metric_key=m"),
            _API + "metrics/get-history-bulk-interval?run_ids=a&run_ids=b&metric_key=m",
            None,
        ),
        (
            Sent("POST", _API + "runs/set-tag", body='{ "run_id":"r",\n"key":"k", "value":"\\u00e9" }'),
            _API + "runs/set-tag",
            '{"run_id":"r","key":"k","value":"\\u00e9"}',
        ),
        # MLflow's client says in the query again what the path says.
        (Sent("GET", _API + "logged-models/m-1", "model_id=m-1&a=b"), _API + "logged-models/m-1?a=b", None),
        # What is decided on goes first: MLflow gives up at what it cannot read, and goes on with what came before.
        (
            Sent("POST", _API + "runs/create", body='{"start_time":[],"experiment_id":"5"}'),
            _API + "runs/create",
            '{"experiment_id":"5","start_time":[]}',
        ),
        # So it does deeper down, and what is judged goes before what holds judged fields.
        (
            Sent(
                "POST",
                "/api/3.0/mlflow/traces",
                body='{"x":1,"trace":{"y":2,"trace_info":{"state":{},"trace_location":{"type":[],"mlflow_experiment":'
                '{"z":3,"experiment_id":"1"}},"trace_id":"tr-2"}}}',
            ),
            "/api/3.0/mlflow/traces",
            (
                '{"trace":{"trace_info":{"trace_id":"tr-2","trace_location":{"mlflow_experiment":'
                '{"experiment_id":"1","z":3},"type":[]},"state":{}},"y":2},"x":1}'
            ),
        ),
        (Sent("DELETE", _API + "logged-models/m-1", body=""), _API + "logged-models/m-1", "{}"),
        (
            Sent("PATCH", _API + "logged-models/m-1", body='{"model_id":"m-1","status":3}'),
            _API + "logged-models/m-1",
            '{"model_id":"m-1","status":3}',
        ),
        (
            Sent("GET", _FILES + "/1/r/artifacts/a%20b%c3%a9.txt"),
            _FILES + "/1/r/artifacts/a%20b%C3%A9.txt",
            None,
        ),
        (
            Sent("DELETE", _API + "logged-models/m-1/tags/a%3Ab", body="{}"),
            _API + "logged-models/m-1/tags/a%3Ab",
            "{}",
        ),
        (Sent("GET", _FILES, "path=1%2Fr%2Fartifacts"), _FILES + "?path=1%2Fr%2Fartifacts", None),
    ],
)
def test_what_is_passed_on(sent: Sent, target: str, body: str | None) -> None:
    request = read(sent)
    assert (request.target, request.body) == (target, None if body is None else body.encode())


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        # Paths.
        pytest.param(Sent("GET", "/api//2.0/mlflow/runs/get"), "empty or a dot segment", id="double slash"),
        pytest.param(Sent("GET", "/api/../api/2.0/mlflow/runs/get"), "empty or a dot segment", id="dot dot"),
        pytest.param(Sent("GET", "/api/./2.0/mlflow/runs/get"), "empty or a dot segment", id="dot"),
        pytest.param(Sent("GET", "/api/2.0/mlflow/runs/get;x=1"), "does not belong into a path", id="path parameter"),
        pytest.param(Sent("GET", "/api\\2.0"), "does not belong into a path", id="backslash"),
        pytest.param(Sent("GET", "/api/é"), "not percent-encoded", id="raw byte"),
        pytest.param(Sent("GET", "/api/%zz"), "does not belong into a path", id="broken encoding"),
        pytest.param(Sent("GET", "/" + "a" * 20_000), "longer than", id="endless path"),
        pytest.param(Sent("GET", _FILES + "/1/r/artifacts/a%2Fb"), "encoded slash", id="encoded slash in an artifact"),
        pytest.param(Sent("GET", _FILES + "/1/r/artifacts/%2e%2e/x"), "empty or a dot", id="encoded dot dot"),
        pytest.param(Sent("GET", _FILES + "/1/r/artifacts/%252e%252e/x"), "of its own", id="encoded twice"),
        pytest.param(Sent("GET", _FILES + "/1/r/artifacts/a%5Cb"), "of its own", id="encoded backslash"),
        pytest.param(Sent("GET", _FILES + "/1/r/artifacts/a%00b"), "of its own", id="encoded zero"),
        pytest.param(Sent("GET", _FILES + "/1/r/artifacts/a%23b"), "of its own", id="encoded hash"),
        pytest.param(Sent("GET", _FILES + "/1/r/artifacts/a%0ab"), "of its own", id="encoded line break"),
        pytest.param(Sent("GET", _FILES + "/1/r/artifacts/%ff"), "not UTF-8", id="no UTF-8"),
        pytest.param(Sent("GET", _FILES + "/1/r/artifacts/"), "empty or a dot", id="artifact with a slash at its end"),
        pytest.param(Sent("GET", _API + "logged-models/m%2F1"), "encoded slash", id="encoded slash in an id"),
        # Names that protobuf reads as another, or stumbles over.
        pytest.param(
            Sent("POST", _API + "runs/set-tag", body='{"run_id": "a", "run_id\\u0000": "b"}'),
            "no name of a field",
            id="zero",
        ),
        pytest.param(
            Sent("POST", _API + "runs/log-batch", body='{"tags": [{"key": "a", "key\\u0000": "cloister.job"}]}'),
            "no name of a field",
            id="zero below",
        ),
        pytest.param(
            Sent("POST", _API + "runs/create", body='{"[x]": 1, "experiment_id": "1"}'),
            "no name of a field",
            id="bracket",
        ),
        pytest.param(
            Sent("GET", _API + "logged-models/m-1", "model_id=m-2"),
            "one thing in the path and another in the query",
            id="path and query",
        ),
        # Queries.
        pytest.param(Sent("GET", _API + "runs/get", "run_id=a&run_id=b"), "stands twice", id="repeated scalar"),
        pytest.param(Sent("GET", _API + "runs/get", "run_id=a&run_id=a"), "stands twice", id="repeated, the same"),
        pytest.param(
            Sent("GET", _API + "runs/get", "run_id=a&run_uuid=b"), "name two things", id="two spellings differ"
        ),
        pytest.param(
            Sent("GET", _API + "runs/get", "runId=a"), 'second spelling of "run_id"', id="camelCase in the query"
        ),
        pytest.param(Sent("GET", _API + "runs/get", "run%5Fid=a&run_id=b"), "stands twice", id="encoded twin of a key"),
        pytest.param(Sent("GET", _API + "runs/get", "run_id"), "not a form-encoded query", id="key without a value"),
        pytest.param(
            Sent("GET", _API + "runs/get", "run_id=%ff"), "not a form-encoded query", id="query without UTF-8"
        ),
        pytest.param(Sent("GET", _API + "runs/get", "run_id=%00"), "control character", id="zero in the query"),
        pytest.param(Sent("GET", _FILES, "path=1%252Fr"), "encoded slash", id="path in the query, encoded twice"),
        pytest.param(Sent("GET", _FILES, "path=1/../2"), "dot segment", id="dot dot in a path of the query"),
        pytest.param(Sent("GET", _FILES, "path=/1/r"), "empty or a dot", id="absolute path in the query"),
        pytest.param(Sent("GET", "/get-artifact", "run_id=r&path=..%5Cx"), "of its own", id="backslash in the query"),
        pytest.param(
            Sent("POST", _API + "runs/set-tag", "run_id=b", '{"run_id":"a"}'),
            "does not belong to POST",
            id="query on POST",
        ),
        # Bodies.
        pytest.param(
            Sent("POST", _API + "runs/set-tag", body='{"run_id":"a","run_id":"b"}'), "stands twice", id="twin"
        ),
        pytest.param(
            Sent("POST", _API + "runs/set-tag", body='{"tags":[{"key":"a","key":"b"}]}'),
            "stands twice",
            id="twin below",
        ),
        pytest.param(Sent("POST", _API + "runs/set-tag", body='{"runId":"a"}'), "second spelling", id="camelCase"),
        pytest.param(
            Sent("POST", _API + "runs/set-tag", body='{"run_id":"a","runId":"b"}'),
            "second spelling",
            id="both spellings",
        ),
        pytest.param(Sent("POST", _API + "runs/set-tag", body='{"RUN_ID":"a"}'), "second spelling", id="capitals"),
        pytest.param(
            Sent("POST", _API + "runs/set-tag", body='{"run_id":"a","run_uuid":"b"}'),
            "name two things",
            id="old and new name",
        ),
        pytest.param(
            Sent("POST", _API + "runs/search", body='{"experimentIds":["1"]}'),
            "second spelling",
            id="camelCase of a list",
        ),
        pytest.param(
            Sent("POST", _API + "runs/set-tag", body='"{\\"run_id\\":\\"a\\"}"'), "no JSON object", id="JSON in JSON"
        ),
        pytest.param(Sent("POST", _API + "runs/set-tag", body='[{"run_id":"a"}]'), "no JSON object", id="list"),
        pytest.param(
            Sent("POST", _API + "runs/set-tag", body='{"run_id":"a"} x'), "not the JSON", id="more after the JSON"
        ),
        pytest.param(Sent("POST", _API + "runs/set-tag", body='{"run_id":NaN}'), "NaN is no JSON value", id="NaN"),
        pytest.param(
            Sent("POST", _API + "runs/set-tag", body='{"value":1e999}'), "beyond the largest float", id="endless"
        ),
        pytest.param(Sent("POST", _API + "runs/set-tag", body='{"run_id":5}'), "is no text", id="number for an id"),
        pytest.param(Sent("POST", _API + "runs/set-tag", body='{"run_id":["a"]}'), "is no text", id="list for an id"),
        pytest.param(
            Sent("POST", _API + "runs/search", body='{"experiment_ids":"1"}'), "no list of texts", id="text for a list"
        ),
        pytest.param(
            Sent("POST", _API + "runs/search", body='{"experiment_ids":[1]}'),
            "no list of texts",
            id="numbers in a list",
        ),
        pytest.param(
            Sent("PATCH", _API + "logged-models/m-1", body='{"model_id":"m-2","status":3}'),
            "one thing in the path and another in the body",
            id="path and body differ, and MLflow follows the body",
        ),
        pytest.param(Sent("POST", _API + "runs/set-tag", body="[" * 50 + "]" * 50), "no JSON object", id="deep list"),
        pytest.param(
            Sent("POST", _API + "runs/set-tag", body='{"a":' * 50 + "1" + "}" * 50), "deeper than 40", id="deep object"
        ),
        pytest.param(
            Sent("POST", _API + "runs/set-tag", body="[" * 100_000),
            "nested too deeply",
            id="deep enough to break a parser",
        ),
    ],
)
def test_what_could_be_read_in_two_ways(sent: Sent, reason: str) -> None:
    with pytest.raises(SpecError, match=reason) as caught:
        read(sent)
    assert caught.value.faults[0].mend == "send it as MLflow's own client does"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", _API + "experiments%2Fget"),
        ("GET", _API + "%65xperiments/get"),
        ("GET", _API + "experiments/get/"),
        ("GET", _API + "Experiments/get"),
        ("GET", "/API/2.0/mlflow/experiments/get"),
        ("HEAD", _API + "experiments/get"),
        ("PUT", _API + "experiments/get"),
        ("POST", "/api/2.0/mlflow/no-such-thing"),
        ("GET", "/healthz"),
        ("GET", "/static-filesx"),
        ("GET", "/metrics"),
    ],
)
def test_routes_that_are_not_served(method: str, path: str) -> None:
    assert find(method, check_path(path.encode())) is None


def test_values_of_path_query_and_body_come_together() -> None:
    request = read(
        Sent("POST", _API + "model-versions/create", body=json.dumps({"name": "m", "source": "s", "run_id": "r"}))
    )
    assert (request.one("name"), request.one("source"), request.one("run_id"), request.one("model_id")) == (
        "m",
        "s",
        "r",
        None,
    )


_MANY = ",".join(f'"k{number}":1' for number in range(60_000))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(f'{{{_MANY},"k59999":1}}', 'the key "k59999" stands twice', id="keys"),
        pytest.param(json.dumps({"experiment_ids": ["1"] * 500_000}), "", id="ids"),
        pytest.param(json.dumps({"filter": "a AND " * 100_000}), "is longer than 65536", id="a filter"),
        pytest.param(json.dumps({"order_by": ["name"] * 101}), "is longer than 100", id="an order"),
    ],
)
def test_a_large_body_costs_no_more_than_it_is_large(body: str, reason: str) -> None:
    began = time.process_time()
    sent = Sent("POST", _API + "runs/search", body=body)
    if reason:
        with pytest.raises(SpecError, match=reason):
            read(sent)
    else:
        read(sent)
    assert time.process_time() - began < 5
