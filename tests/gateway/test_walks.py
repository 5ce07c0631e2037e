"""The three walks with MLflow's own client: admin trains and registers, reader only reads, approver promotes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import delete

from cloister.access.principals import Principal, job_step, service
from cloister.cli.model import model
from cloister.errors import SpecError
from cloister.gateway.tables import ORIGINS

if TYPE_CHECKING:
    from tests.gateway.conftest import Running

pytestmark = [pytest.mark.platform, pytest.mark.filterwarnings("ignore")]  # MLflow's client warns about its own age
As = Callable[[str | Principal], Any]


@pytest.fixture
def client_of(running: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[As]:
    """MLflow's client with somebody's bearer token, and nothing else than MLflow's own settings."""
    import mlflow  # noqa: PLC0415 - seconds, so only where it is needed

    def client(who: str | Principal) -> Any:  # noqa: ANN401 - MLflow's client comes without types
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", running.token(who))
        return mlflow.MlflowClient(running.url)

    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    mlflow.set_tracking_uri(running.url)
    yield client
    mlflow.set_tracking_uri(None)


@pytest.fixture(scope="module")
def made(running: Running) -> dict[str, str]:
    """A run by ada with a file, a logged model and a registered version of it, made over plain HTTP."""
    with running.http("ada") as http:
        return make_version(http, "walks")


def make_version(http: httpx.Client, name: str) -> dict[str, str]:
    api = "/api/2.0/mlflow/"

    def post(path: str, **body: object) -> dict[str, Any]:
        response = http.post(api + path, json=body)
        assert response.status_code == 200, response.text
        return dict(response.json())

    found = http.get(api + "experiments/get-by-name", params={"experiment_name": name})
    experiment = (
        found.json()["experiment"]["experiment_id"]
        if found.is_success
        else post("experiments/create", name=name)["experiment_id"]
    )
    run = post("runs/create", experiment_id=experiment)["run"]["info"]["run_id"]
    file = f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/model/weights.bin"
    assert http.put(file, content=b"weights").status_code == 200
    if http.get(api + "registered-models/get", params={"name": name}).status_code == 404:
        post("registered-models/create", name=name)
    version = post("model-versions/create", name=name, source=f"runs:/{run}/model", run_id=run)["model_version"]
    return {"name": name, "experiment": experiment, "run": run, "version": version["version"]}


def refused(call: Callable[[], object]) -> str:
    """The message with which MLflow's client tells the refusal."""
    from mlflow.exceptions import RestException  # noqa: PLC0415 - as above

    with pytest.raises(RestException) as caught:
        call()
    assert caught.value.error_code == "PERMISSION_DENIED"
    return str(caught.value)


def test_the_admin_trains_registers_and_loads(client_of: As, running: Running) -> None:
    import mlflow  # noqa: PLC0415 - as above
    import numpy  # noqa: PLC0415, ICN001 - as above
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - as above

    client = client_of("ada")
    mlflow.set_experiment("admin walk")
    with mlflow.start_run() as run:
        mlflow.log_param("c", 1)
        mlflow.log_metrics({"accuracy": 0.9, "not a number": float("nan")})
        mlflow.log_text("by hand", "notes/a note.txt")
        rows = numpy.array([[0.0], [1.0], [2.0], [3.0]])
        model = LogisticRegression().fit(rows, [0, 0, 1, 1])
        mlflow.sklearn.log_model(model, name="model", registered_model_name="admin-walk")
    (version,) = client.search_model_versions("name='admin-walk'")
    assert version.run_id == run.info.run_id
    assert mlflow.artifacts.load_text(f"{run.info.artifact_uri}/notes/a note.txt") == "by hand"
    assert [item.path for item in client.list_artifacts(run.info.run_id, "notes")] == ["notes/a note.txt"]
    assert client.get_metric_history(run.info.run_id, "accuracy")[0].value == 0.9
    assert mlflow.pyfunc.load_model("models:/admin-walk/1").predict(rows).tolist() == [0, 0, 1, 1]
    client.transition_model_version_stage("admin-walk", "1", "Staging")
    # The version's files lie with a logged model; whoever made that may not approve it either.
    message = refused(lambda: client.set_registered_model_alias("admin-walk", "champion", "1"))
    assert "ada made model-version/admin-walk/1 (ada) and may not approve it" in message
    assert (running.home / "artifacts").is_dir()


def test_the_reader_only_reads(client_of: As, made: dict[str, str]) -> None:
    client = client_of("rita")
    assert client.get_experiment(made["experiment"]).name == "walks"
    assert client.get_run(made["run"]).info.run_id == made["run"]
    assert made["run"] in [run.info.run_id for run in client.search_runs([made["experiment"]])]
    assert "walks" in [model.name for model in client.search_registered_models()]
    assert [file.path for file in client.list_artifacts(made["run"], "model")] == ["model/weights.bin"]
    for call in (
        lambda: client.create_experiment("of rita"),
        lambda: client.create_run(made["experiment"]),
        lambda: client.log_metric(made["run"], "m", 1.0),
        lambda: client.set_tag(made["run"], "t", "v"),
        lambda: client.delete_run(made["run"]),
        lambda: client.create_registered_model("of-rita"),
        lambda: client.transition_model_version_stage("walks", made["version"], "Staging"),
        lambda: client.set_registered_model_alias("walks", "champion", made["version"]),
        lambda: client.delete_registered_model("walks"),
    ):
        assert "no statement lets rita do mlflow:" in refused(call)


def test_the_approver_promotes_but_creates_no_runs(client_of: As, made: dict[str, str]) -> None:
    client = client_of("abe")
    assert "no statement lets abe do mlflow:CreateRun on experiment" in refused(
        lambda: client.create_run(made["experiment"])
    )
    version = client.create_model_version("walks", f"runs:/{made['run']}/model", run_id=made["run"]).version
    client.transition_model_version_stage("walks", version, "Production")
    client.set_registered_model_alias("walks", "champion", version)
    assert client.get_model_version_by_alias("walks", "champion").version == version
    assert "no statement lets abe do mlflow:DeleteRegisteredModel" in refused(
        lambda: client.delete_registered_model("walks")
    )


def on_command_line(running: Running, who: str, *words: str) -> Result:
    environment = {"CLOISTER_URL": running.url, "CLOISTER_TOKEN": running.token(who)}
    return CliRunner().invoke(model, words, env=environment)


def asked(running: Running, who: str, name: str, version: str, *target: str) -> int:
    words = ("request", "-n", name, "-v", version, *target, "--reason", "it is better")
    result = on_command_line(running, who, *words)
    assert result.exit_code == 0, result.exception
    return int(result.stdout)


def request_of(running: Running, number: int) -> dict[str, Any]:
    shown = json.loads(on_command_line(running, "rita", "approvals", "--state", "any", "--format", "json").stdout)
    return next(one for one in shown if one["number"] == number)


def test_who_made_it_is_told_how_to_ask_and_an_approver_decides(
    running: Running,
    client_of: As,
) -> None:
    """The walk: mia trains and registers, asks, and abe moves it with MLflow's own client, which closes the request."""
    name = "asked for"
    with running.http("mia") as http:
        version = make_version(http, name)["version"]
    for call in (
        lambda: client_of("mia").transition_model_version_stage(name, version, "Production"),
        lambda: client_of("mia").set_registered_model_alias(name, "champion", version),
    ):
        assert f"cloister model request --name 'asked for' --version {version} --" in refused(call)
    assert "cloister model request" not in refused(
        lambda: client_of("rita").transition_model_version_stage(name, version, "Production")
    )
    number = asked(running, "mia", name, version, "--stage", "production")
    assert asked(running, "mia", name, version) == number  # one open request for one move
    other = asked(running, "mia", name, version, "--alias", "champion")
    client_of("abe").transition_model_version_stage(name, version, "Production")
    closed, still_open = request_of(running, number), request_of(running, other)
    assert (closed["state"], closed["decided_by"], closed["stage"]) == ("approved", "abe", "Production")
    assert (closed["asked_by"], closed["reason"]) == ("mia", "it is better")
    assert (still_open["state"], still_open["makers"]) == ("open", ["mia"])
    client_of("abe").set_registered_model_alias(name, "champion", version)
    assert request_of(running, other)["state"] == "approved"
    # Asked, decided and moved: all of it is on record, and closed requests stay closed.
    actions = [record["action"] for record in running.records(100) if name in str(record["resource"])]
    assert {"cloister:RequestApproval", "mlflow:TransitionModelVersionStage"} <= set(actions)
    again = on_command_line(running, "abe", "approve", str(number))
    assert isinstance(again.exception, SpecError)
    assert "is approved by abe and open no more" in str(again.exception)


def test_nobody_is_let_in_without_a_group(client_of: As, made: dict[str, str]) -> None:
    assert "no statement lets nora do mlflow:GetRun" in refused(lambda: client_of("nora").get_run(made["run"]))


def test_a_job_writes_into_what_its_submitter_made_and_nowhere_else(client_of: As, made: dict[str, str]) -> None:
    own, foreign = job_step("pipe", "train", "ada"), job_step("pipe", "train", "alan")
    client_of(own).log_metric(made["run"], "by the job", 1.0)
    message = refused(lambda: client_of(foreign).log_metric(made["run"], "by another job", 1.0))
    assert "no statement lets job/pipe/train for alan do mlflow:LogMetric" in message
    run = client_of(foreign).create_run(made["experiment"]).info.run_id
    client_of(foreign).log_metric(run, "m", 1.0)
    # The next step of the same submitter goes on with the run.
    client_of(job_step("pipe", "evaluate", "alan")).log_metric(run, "m", 2.0)
    assert "mlflow:TransitionModelVersionStage" in refused(
        lambda: client_of(own).transition_model_version_stage("walks", made["version"], "Staging")
    )


def test_a_service_reads_models_and_writes_nothing(client_of: As, made: dict[str, str]) -> None:
    serving = service("serving")
    assert client_of(serving).get_model_version("walks", made["version"]).run_id == made["run"]
    assert "mlflow:SetTag" in refused(lambda: client_of(serving).set_tag(made["run"], "a", "b"))


_MOVES = [
    ("POST", "model-versions/transition-stage", {"stage": "Production"}),
    ("POST", "model-versions/transition-stage", {"stage": "pRODUCTION"}),
    ("POST", "registered-models/alias", {"alias": "champion"}),
    ("POST", "registered-models/alias", {"alias": "Production"}),
]


@pytest.mark.parametrize(("method", "path", "body"), _MOVES)
@pytest.mark.parametrize(
    ("maker", "mover", "status"),
    [
        pytest.param("ada", "ada", 403, id="her own"),
        pytest.param("ada", "alan", 200, id="a second administrator"),
        pytest.param(job_step("j", "s", "ada"), "ada", 403, id="what her job made"),
    ],
)
def test_nobody_moves_their_own_work_into_production(
    running: Running,
    method: str,
    path: str,
    body: dict[str, str],
    maker: str | Principal,
    mover: str,
    status: int,
) -> None:
    with running.http(maker) as http:
        version = make_version(http, "duties")
    with running.http(mover) as http:
        request = {"name": "duties", "version": version["version"], **body}
        response = http.request(method, f"/api/2.0/mlflow/{path}", json=request)
    # MLflow itself knows no stage in such letters and no such alias rules; the gateway's answer is what counts here.
    assert response.status_code == status, response.text
    if status == 403:
        reason = f"{mover} made model-version/duties/{version['version']} ({mover}) and may not approve it"
        assert response.json()["faults"][0]["reason"] == reason


def test_a_claimed_run_does_not_hide_who_made_the_files(running: Running) -> None:
    """A version whose source lies in ada's run stays ada's, whatever run its registration claims."""
    with running.http("alan") as http:
        theirs = make_version(http, "claims")
    with running.http("ada") as http:
        own = make_version(http, "claims")
        api = "/api/2.0/mlflow/"
        body = {"name": "claims", "source": f"runs:/{own['run']}/model", "run_id": theirs["run"]}
        claimed = http.post(api + "model-versions/create", json=body)
        assert claimed.status_code == 400  # MLflow's own check; were it to go, the next one still holds
        copied = http.post(
            api + "model-versions/create",
            json={"name": "claims", "source": f"models:/claims/{own['version']}", "run_id": own["run"]},
        )
        assert copied.status_code == 200, copied.text
        move = {"name": "claims", "version": copied.json()["model_version"]["version"], "stage": "Production"}
        assert http.post(api + "model-versions/transition-stage", json=move).status_code == 403


@pytest.mark.parametrize("renamed", [False, True])
def test_a_copy_stays_whose_it_was_when_its_source_is_made_anew(running: Running, *, renamed: bool) -> None:
    """MLflow fixed the place of ada's files when the copy was made; what models:/NAME/1 means later counts no more."""
    source, copy = f"anew-{renamed}", f"copy-{renamed}"
    api = "/api/2.0/mlflow/"
    with running.http("alan") as http:
        theirs = make_version(http, f"theirs-{renamed}")
    with running.http("ada") as http:
        make_version(http, source)
        http.post(api + "registered-models/create", json={"name": copy})
        made = http.post(api + "model-versions/create", json={"name": copy, "source": f"models:/{source}/1"})
        assert made.status_code == 200, made.text
        http.request("DELETE", api + "registered-models/delete", json={"name": source})
        http.post(api + "registered-models/create", json={"name": source})
        body = {"name": source, "source": f"runs:/{theirs['run']}/model", "run_id": theirs["run"]}
        assert http.post(api + "model-versions/create", json=body).status_code == 200
        if renamed:
            body = {"name": copy, "new_name": f"{copy}-renamed"}
            assert http.post(api + "registered-models/rename", json=body).status_code == 200
            copy = f"{copy}-renamed"
        move = {"name": copy, "version": "1", "alias": "champion"}
        refusal = http.post(api + "registered-models/alias", json=move)
        assert refusal.status_code == 403, refusal.text
        assert f"ada made model-version/{copy}/1" in refusal.json()["faults"][0]["reason"]
    with running.http("alan") as http:
        assert http.post(api + "registered-models/alias", json=move).status_code == 200


def test_a_version_that_was_not_registered_here_is_not_moved(running: Running) -> None:
    with running.http("ada") as http:
        version = make_version(http, "unrecorded")
    with running.engine.begin() as connection:
        connection.execute(delete(ORIGINS).where(ORIGINS.c.model == "unrecorded"))
    with running.http("alan") as http:
        move = {"name": "unrecorded", "version": version["version"], "alias": "champion"}
        refusal = http.post("/api/2.0/mlflow/registered-models/alias", json=move)
    assert refusal.status_code == 403
    assert "it is not recorded who made" in refusal.json()["faults"][0]["reason"]


def test_who_writes_a_file_into_a_run_has_a_part_in_it(running: Running) -> None:
    with running.http("alan") as http:
        theirs = make_version(http, "parts")
    with running.http("ada") as http:
        file = f"/api/2.0/mlflow-artifacts/artifacts/{theirs['experiment']}/{theirs['run']}/artifacts/model/more.bin"
        assert http.put(file, content=b"by ada").status_code == 200
        move = {"name": "parts", "version": theirs["version"], "alias": "champion"}
        response = http.post("/api/2.0/mlflow/registered-models/alias", json=move)
        assert response.status_code == 403
        assert "ada made model-version/parts/" in response.json()["faults"][0]["reason"]


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("maker", ["alan", job_step("j", "s", "alan")])
def test_nobody_approves_through_an_account_of_their_own_making(
    running: Running, maker: str | Principal, *, reset: bool
) -> None:
    """Whoever made an account or gave it a password could log in with it, so the two count as one."""
    puppet = f"puppet-{reset}-{isinstance(maker, str)}".lower()
    with running.http("ada" if reset else "alan") as http:
        made = http.post("/cloister/v1/users", json={"name": puppet, "groups": ["ml-approvers"]})
        assert made.status_code == 201, made.text
    if reset:
        with running.http("alan") as http:
            assert http.post(f"/cloister/v1/users/{puppet}/password", json={}).status_code == 200
    with running.http(maker) as http:
        version = make_version(http, "puppets")
    move = {"name": "puppets", "version": version["version"], "alias": "champion"}
    with running.http(puppet) as http:
        refusal = http.post("/api/2.0/mlflow/registered-models/alias", json=move)
        assert refusal.status_code == 403, refusal.text
        assert "alan set up the account or password of" in refusal.json()["faults"][0]["reason"]
    with running.http("abe") as http:
        assert http.post("/api/2.0/mlflow/registered-models/alias", json=move).status_code == 200


@pytest.mark.parametrize(
    "source",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://example.org/model",
        "s3://bucket/model",
        "file:///etc",
        "/etc",
        "../../etc",
        "mlflow-artifacts://elsewhere/1/r/artifacts",
        "mlflow-artifacts:/1/r/../../etc",
        "mlflow-artifacts:/1/%2e%2e/artifacts",
        "runs:/",
        # Each of these names another folder to one reader of it than to the next.
        "runs:/abc/data?x=1",
        "runs:/abc/data#x",
        "runs:/abc//data",
        "runs:/abc/../../def/artifacts/data",
        "runs:/abc/d%61ta",
        "runs:/abc/..\\def",
        "models:/m-abc/../../def",
        "mlflow-artifacts:/1/abc/artifacts/data?x",
        "models:/name@alias",
    ],
)
def test_a_version_comes_from_a_place_of_this_platform(running: Running, source: str) -> None:
    with running.http("ada") as http:
        response = http.post("/api/2.0/mlflow/model-versions/create", json={"name": "walks", "source": source})
    assert response.status_code == 400
    assert response.json()["faults"][0]["reason"] == "is not a place of this platform"


def test_an_experiment_cannot_place_its_artifacts_elsewhere(running: Running) -> None:
    with running.http("ada") as http:
        body = {"name": "elsewhere", "artifact_location": "file:///etc"}
        response = http.post("/api/2.0/mlflow/experiments/create", json=body)
    assert response.status_code == 400
    assert response.json()["faults"][0]["thing"] == "artifact_location"


def test_home_is_closed_to_others(running: Running) -> None:
    def mode(path: Path) -> int:
        return path.stat().st_mode & 0o777

    assert mode(running.home / "run") == 0o700
    assert mode(running.home / "secrets" / "signing.jwk") == 0o600
    assert mode(running.home / "state" / "mlflow.db") == 0o600
