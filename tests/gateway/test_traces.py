"""Traces through MLflow's own client, and the ways in which a trace's id reaches into another experiment."""

from __future__ import annotations

import gzip
import json
import secrets
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from cloister.access.principals import job_step

if TYPE_CHECKING:
    from tests.gateway.conftest import Running

pytestmark = [pytest.mark.platform, pytest.mark.filterwarnings("ignore")]  # MLflow's client warns about its own age
_V2, _V3 = "/api/2.0/mlflow/", "/api/3.0/mlflow/"
_JOB, _OTHER_JOB = job_step("traces", "train", "alan"), job_step("others", "train", "ada")


def post(http: httpx.Client, path: str, **body: object) -> dict[str, Any]:
    answer = http.post(path, json=body)
    assert answer.is_success, answer.text
    return dict(answer.json())


def trace_body(experiment: str, trace: str, **more: object) -> dict[str, object]:
    location = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}
    head = {"trace_id": trace, "trace_location": location, "request_time": "2026-11-26T00:00:00Z", "state": "OK"}
    return {"trace": {"trace_info": head | more}}


@pytest.fixture(scope="module")
def experiments(running: Running) -> dict[str, str]:
    """An experiment of ours, one of theirs with a trace in it, and that trace."""
    with running.http("ada") as http:
        found = {
            name: post(http, _V2 + "experiments/create", name=f"{name} traces")["experiment_id"]
            for name in ("ours", "theirs")
        }
        found["trace"] = new_trace()
        post(http, _V3 + "traces", **trace_body(found["theirs"], found["trace"]))
    return found


def new_trace() -> str:
    return f"tr-{secrets.token_hex(16)}"


def spans(*traces: str, **attributes: str) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    for trace in traces:
        span = request.resource_spans.add().scope_spans.add().spans.add()
        span.trace_id = bytes.fromhex(trace.removeprefix("tr-"))
        span.span_id = secrets.token_bytes(8)
        span.name = "step"
        span.start_time_unix_nano, span.end_time_unix_nano = 1_000_000_000, 2_000_000_000
        for key, value in attributes.items():
            span.attributes.add(key=key).value.string_value = value
    return request


def export(http: httpx.Client, experiment: str, body: bytes, **headers: str) -> httpx.Response:
    named = {"x-mlflow-experiment-id": experiment, "content-type": "application/x-protobuf"}
    sent = named | {name.replace("_", "-"): value for name, value in headers.items()}
    return http.post("/v1/traces", content=body, headers=sent)


def experiment_of(running: Running, trace: str) -> str:
    with running.http("ada") as http:
        info = http.get(f"{_V3}traces/{trace}").json()["trace"]["trace_info"]
    return str(info["trace_location"]["mlflow_experiment"]["experiment_id"])


def test_mlflows_own_client_traces_and_a_reader_reads(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    import mlflow  # noqa: PLC0415 - seconds, so only where it is needed

    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", running.token("ada"))
    mlflow.set_tracking_uri(running.url)
    try:
        experiment = mlflow.set_experiment("traced").experiment_id
        with mlflow.start_run() as run, mlflow.start_span("question") as span:
            span.set_inputs({"q": 1})
            span.set_outputs({"a": 2})
        mlflow.flush_trace_async_logging()
        trace = mlflow.get_last_active_trace_id()
        mlflow.log_feedback(trace_id=trace, name="good", value=True)
        mlflow.set_trace_tag(trace, "colour", "blue")
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", running.token("rita"))
        (found,) = mlflow.MlflowClient().search_traces(locations=[experiment])
        assert found.info.trace_id == trace
        assert [span.name for span in found.data.spans] == ["question"]
        assert found.info.trace_metadata["mlflow.sourceRun"] == run.info.run_id
        assert found.info.tags["colour"] == "blue"
        assert [item.name for item in found.info.assessments] == ["good"]
        with pytest.raises(mlflow.exceptions.RestException, match="PERMISSION_DENIED"):
            mlflow.set_trace_tag(trace, "colour", "red")
        with running.http("rita") as http:
            artifact = http.get("/ajax-api/3.0/mlflow/get-trace-artifact", params={"request_id": trace})
        assert json.loads(artifact.content)["spans"][0]["name"] == "question"
        assert artifact.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    finally:
        mlflow.set_tracking_uri(None)


def test_a_trace_does_not_move(running: Running, experiments: dict[str, str]) -> None:
    """MLflow would take it along to the experiment of a second start; who knows the id alone is not told of it."""
    body = trace_body(experiments["ours"], experiments["trace"])
    for who, status in (("theo", 403), ("ada", 400)):
        with running.http(who) as http:
            answer = http.post(_V3 + "traces", json=body)
            assert answer.status_code == status, answer.text
            spans_answer = export(http, experiments["ours"], spans(experiments["trace"]).SerializeToString())
            assert spans_answer.status_code == status, spans_answer.text
    assert experiment_of(running, experiments["trace"]) == experiments["theirs"]


def test_spans_are_judged_by_every_trace_that_they_name(running: Running, experiments: dict[str, str]) -> None:
    mine, theirs = new_trace(), experiments["trace"]
    with running.http("theo") as http:
        together = export(http, experiments["ours"], spans(mine, theirs).SerializeToString())
        foreign = export(http, experiments["theirs"], spans(mine).SerializeToString())
        assert (together.status_code, foreign.status_code) == (403, 403)
        for encoded, headers in (
            (spans(mine).SerializeToString(), {}),
            (gzip.compress(spans(mine).SerializeToString()), {"content_encoding": "gzip"}),
            (_json(mine), {"content_type": "application/json"}),
        ):
            answer = export(http, experiments["ours"], encoded, **headers)
            assert answer.status_code == 200, answer.text
        found = http.get(_V3 + "traces/get", params={"trace_id": mine}).json()["trace"]
    assert [span["name"] for span in found["spans"]] == ["step", "step", "by JSON"]


def _json(trace: str) -> bytes:
    span = {"traceId": trace.removeprefix("tr-"), "spanId": secrets.token_hex(8), "name": "by JSON"}
    timed = span | {"startTimeUnixNano": "3000000000", "endTimeUnixNano": "4000000000"}
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [timed]}]}]}).encode()


def test_spans_link_to_a_run_that_the_caller_may_write(running: Running, experiments: dict[str, str]) -> None:
    with running.http("ada") as http:
        runs = {
            side: post(http, _V2 + "runs/create", experiment_id=experiments[side])["run"]["info"]["run_id"]
            for side in ("ours", "theirs")
        }
    with running.http("theo") as http:
        for side, status in (("ours", 200), ("theirs", 403)):
            body = spans(new_trace()).SerializeToString()
            answer = export(http, experiments["ours"], body, x_mlflow_run_id=runs[side])
            assert answer.status_code == status, answer.text


_UNCLEAR: list[tuple[bytes, dict[str, str], str]] = [
    (b"", {}, "holds no spans"),
    (b"\xff\xff", {}, "is no message of OpenTelemetry"),
    (b"{}", {"content_type": "application/json"}, "holds no spans"),
    (b'{"resourceSpans": 1}', {"content_type": "application/json"}, "is no message of OpenTelemetry in JSON"),
    (b'{"a": 1, "a": 2}', {"content_type": "application/json"}, "is not the JSON that it should be"),
    (b"x", {"content_type": "text/plain"}, "is neither application/x-protobuf nor application/json"),
    (b"spans", {"content_encoding": "gzip"}, "is not the gzip that it should be"),
    (gzip.compress(b"x" * 100, mtime=0)[:-4], {"content_encoding": "gzip"}, "is cut off"),
    (gzip.compress(b"", mtime=0) * 2, {"content_encoding": "gzip"}, "more than one stream"),
    (b"x", {"content_encoding": "br"}, "is neither gzip nor deflate"),
]


@pytest.mark.parametrize(("body", "headers", "reason"), _UNCLEAR)
def test_spans_that_could_be_read_differently_are_refused(
    running: Running, experiments: dict[str, str], body: bytes, headers: dict[str, str], reason: str
) -> None:
    with running.http("ada") as http:
        answer = export(http, experiments["ours"], body, **headers)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), answer.text
    assert reason in answer.json()["faults"][0]["reason"]


def test_a_body_that_grows_beyond_all_bounds_is_refused(running: Running, experiments: dict[str, str]) -> None:
    bomb = gzip.compress(b"\0" * (64 * 1024 * 1024))
    with running.http("ada") as http:
        answer = export(http, experiments["ours"], bomb, content_encoding="gzip")
    assert answer.status_code == 413, answer.text


@pytest.mark.parametrize(
    "key", ["mlflow.artifactLocation", "mlflow.trace.archiveLocation", "mlflow.trace.spansLocation"]
)
def test_nobody_says_where_a_traces_files_lie(running: Running, experiments: dict[str, str], key: str) -> None:
    """MLflow would read the trace's files from there, with its own rights."""
    trace, place = new_trace(), "file:///etc"
    with running.http("ada") as http:
        post(http, _V3 + "traces", **trace_body(experiments["ours"], trace))
        pair = {"key": key, "value": place}
        answers = [
            http.patch(f"{_V3}traces/{trace}/tags", json=pair),
            http.patch(f"{_V2}traces/{trace}/tags", json=pair),
            http.request("DELETE", f"{_V3}traces/{trace}/tags", json={"key": key}),
            http.patch(f"{_V2}traces/{trace}", json={"timestamp_ms": 1, "status": "OK", "tags": [pair]}),
            http.post(_V2 + "traces", json={"experiment_id": experiments["ours"], "timestamp_ms": 1, "tags": [pair]}),
            http.post(_V3 + "traces", json=trace_body(experiments["ours"], new_trace(), tags={key: place})),
            export(http, experiments["ours"], spans(trace, **{f"mlflow.traceTag.{key}": place}).SerializeToString()),
        ]
    assert [answer.status_code for answer in answers] == [400] * len(answers), [answer.text for answer in answers]
    assert {answer.json()["faults"][0]["reason"] for answer in answers} == {"is set by MLflow alone"}


def test_a_trace_takes_no_assessment_over_from_another(running: Running, experiments: dict[str, str]) -> None:
    given = {"assessment_name": "good", "feedback": {"value": True}, "source": {"source_type": "HUMAN"}}
    with running.http("ada") as http:
        path = f"{_V3}traces/{experiments['trace']}/assessments"
        identity = post(http, path, assessment=given)["assessment"]["assessment_id"]
    for spelling in ("assessment_id", "assessmentId"):
        body = trace_body(experiments["ours"], new_trace(), assessments=[given | {spelling: identity}])
        with running.http("theo") as http:
            answer = http.post(_V3 + "traces", json=body)
        assert (answer.status_code, answer.json()["faults"][0]["thing"]) == (400, '"assessment_id"')


def test_a_job_writes_into_its_own_traces_alone(running: Running, experiments: dict[str, str]) -> None:
    mine, tag = new_trace(), {"key": "k", "value": "v"}
    with running.http(_JOB) as http:
        assert export(http, experiments["ours"], spans(mine).SerializeToString()).status_code == 200
        post(http, _V3 + "traces", **trace_body(experiments["ours"], mine))
        assert http.patch(f"{_V3}traces/{mine}/tags", json=tag).status_code == 200
    with running.http(_OTHER_JOB) as http:
        assert http.patch(f"{_V3}traces/{mine}/tags", json=tag).status_code == 403
        assert http.post(_V3 + "traces", json=trace_body(experiments["ours"], mine)).status_code == 403
        assert export(http, experiments["ours"], spans(mine).SerializeToString()).status_code == 403


_LOCATIONS: list[Any] = [
    [],
    [{"type": "MLFLOW_EXPERIMENT"}],
    [{"mlflowExperiment": {"experiment_id": "0"}}],
    [{"mlflow_experiment": {"experimentId": "0"}}],
    [{"mlflow_experiment": {"experiment_id": "0"}}, {"type": "INFERENCE_TABLE"}],
    [{"mlflow_experiment": {"experiment_id": "0"}}, {"mlflow_experiment": {}}],
    {"mlflow_experiment": {"experiment_id": ["0"]}},
]


@pytest.mark.parametrize("locations", _LOCATIONS)
def test_a_search_says_where_in_one_way(running: Running, locations: object) -> None:
    with running.http("ada") as http:
        answer = http.post(_V3 + "traces/search", json={"locations": locations})
    assert answer.status_code == 400, answer.text
