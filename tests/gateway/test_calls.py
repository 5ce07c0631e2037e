"""`execute-api:Invoke` at the gateway: beside the question of objects, over lists, and below the stage."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from cloister.access.decision import Breadth
from cloister.access.invocations import Api
from cloister.access.policies import read_policy
from cloister.access.policy_set import PolicySet
from cloister.access.principals import Principal
from cloister.errors import SpecError
from cloister.gateway.config import read_config
from cloister.gateway.mlflow.base_path import below_stage
from cloister.gateway.rights.asking import Asker
from cloister.verdict import Answer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gateway.conftest import Configure, Running

_API = Api("eu-west-1", "111122223333", "m1f2l3o4w5", "prod")
_ARN = "arn:aws:execute-api:eu-west-1:111122223333:m1f2l3o4w5/prod"
_INVOKE = "execute-api:Invoke"
_SECRET = {"Effect": "Deny", "Action": "mlflow:*", "Resource": "experiment/secret"}


def asker(*statements: dict[str, object]) -> Asker:
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return Asker(Principal("ada", "user"), PolicySet([read_policy(document, "p")]), {})


def allow(resource: str) -> dict[str, object]:
    return {"Effect": "Allow", "Action": _INVOKE, "Resource": resource}


@pytest.mark.parametrize(
    ("path", "stage", "below"),
    [
        ("/prod/api/2.0/mlflow/runs/get", "prod", "/api/2.0/mlflow/runs/get"),
        ("/prod/", "prod", "/"),
        ("/prod", "prod", "/prod"),
        ("/prod/prod/api", "prod", "/prod/api"),
        ("/production/api", "prod", "/production/api"),
        ("/%70rod/api", "prod", "/%70rod/api"),
        ("/api/2.0/mlflow/runs/get", "prod", "/api/2.0/mlflow/runs/get"),
        ("/prod/api/2.0/mlflow/runs/get", "", "/prod/api/2.0/mlflow/runs/get"),
    ],
)
def test_the_stage_is_taken_off_once(path: str, stage: str, below: str) -> None:
    assert below_stage(path, stage) == below


@pytest.mark.parametrize(
    ("statements", "breadth"),
    [
        ([allow(f"{_ARN}/GET/*")], Breadth.ALL),
        ([allow(f"{_ARN}/GET/*"), _SECRET], Breadth.SOME),
        ([allow(f"{_ARN}/POST/*")], Breadth.NONE),
        ([{"Effect": "Deny", "Action": _INVOKE, "Resource": f"{_ARN}/GET/*"}, allow("*")], Breadth.NONE),
        ([{"Effect": "Allow", "Action": "mlflow:*", "Resource": "experiment/open*"}], Breadth.SOME),
    ],
)
def test_a_call_that_is_allowed_means_the_whole_list_but_what_is_denied(
    statements: list[dict[str, object]], breadth: Breadth
) -> None:
    calling = asker(*statements).calling(_API, "GET", "/api/2.0/mlflow/experiments/search")
    assert calling.breadth("mlflow:SearchExperiments", "experiment") is breadth
    assert calling.decide("mlflow:SearchExperiments", "experiment/secret").answer is (
        Answer.ALLOW if breadth is Breadth.ALL else Answer.DENY
    )


def test_without_a_name_of_its_own_the_gateway_asks_of_objects_alone() -> None:
    calling = asker(allow("*")).calling(None, "GET", "/api/2.0/mlflow/runs/get")
    assert calling.call is None
    assert calling.decide("mlflow:GetRun", "run/a/1").answer is Answer.DENY


@pytest.mark.parametrize("stage", ["api", "cloister", "graphql", "static-files"])
def test_a_stage_that_makes_two_readings_of_a_path_is_refused(stage: str, tmp_path: Path, configure: Configure) -> None:
    file = tmp_path / "gateway.json"
    api = {"region": "eu-west-1", "account": "111122223333", "api_id": "m1f2l3o4w5", "stage": stage}
    file.write_text(configure(tmp_path, api=api).model_dump_json())
    with pytest.raises(SpecError, match=f'"{stage}" is the beginning of a route of its own'):
        read_config(file)


@pytest.fixture
def client_of(running: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """MLflow's own client below the stage, as the published pattern has it."""
    import mlflow  # noqa: PLC0415 - seconds, so only where it is needed

    def client(who: str) -> Any:  # noqa: ANN401 - MLflow's client comes without types
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", running.token(who))
        return mlflow.MlflowClient(f"{running.url}/prod")

    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    yield client
    mlflow.set_tracking_uri(None)


@pytest.mark.platform
@pytest.mark.filterwarnings("ignore")
def test_the_published_roles_walk_below_the_stage(running: Running, client_of: Any, tmp_path: Path) -> None:  # noqa: ANN401
    from mlflow.exceptions import MlflowException, RestException  # noqa: PLC0415 - as above

    admin = client_of("ada")
    experiment = admin.create_experiment("calls")
    run = admin.create_run(experiment).info.run_id
    file = tmp_path / "weights.bin"
    file.write_bytes(b"w")
    admin.log_artifact(run, str(file), "model")
    reader = client_of("carl")
    assert reader.get_run(run).info.run_id == run
    assert [found.info.run_id for found in reader.search_runs([experiment])] == [run]
    assert "calls" in [found.name for found in reader.search_experiments()]
    assert reader.list_artifacts(run)[0].path == "model"
    with pytest.raises(RestException, match="no statement lets carl do mlflow:CreateRun on experiment"):
        reader.create_run(experiment)
    approver = client_of("cora")
    approver.create_registered_model("by-calls")
    source = f"mlflow-artifacts:/{experiment}/{run}/artifacts/model"
    version = approver.create_model_version("by-calls", source, run)
    approver.transition_model_version_stage("by-calls", version.version, "Staging")
    with pytest.raises(MlflowException, match="no statement lets cora do mlflow:CreateRun on experiment"):
        approver.create_run(experiment)
    record = running.last_record()
    assert (record["action"], record["resource"], record["decision"]) == (
        "mlflow:CreateRun",
        "experiment/calls",
        "DENY",
    )


@pytest.mark.platform
def test_an_allowed_call_is_on_record_with_its_statement_and_duties_stay_apart(running: Running) -> None:
    with running.http("cora") as http:
        made = http.post("/prod/api/2.0/mlflow/registered-models/create", json={"name": "by-calls-too"})
        assert made.status_code == 200, made.text
        record = running.last_record()
        assert (record["path"], record["rule"], record["reason"]) == (
            "/prod/api/2.0/mlflow/registered-models/create",
            "policy call-approver, statement /Statement/0",
            f"cora may execute-api:Invoke on {_ARN}/POST/api/2.0/mlflow/registered-models/create",
        )
        body = {"name": "by-calls-too", "version": "1", "stage": "Production"}
        moved = http.post("/api/2.0/mlflow/model-versions/transition-stage", json=body)
        assert moved.status_code == 403
        assert "it is not recorded who made model-version/by-calls-too/1" in moved.json()["message"]
        assert http.get("/other/api/2.0/mlflow/runs/get").status_code == 404
        assert http.get("/prod/prod/api/2.0/mlflow/runs/get").status_code == 404
