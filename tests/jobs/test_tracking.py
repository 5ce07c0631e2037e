"""Steps that log to a real MLflow server, as identities of their own."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from mlflow import MlflowClient

from cloister.access.principals import Principal, job_step
from cloister.access.tokens import read
from cloister.gateway.identity.keys import load_key, load_or_create_key
from cloister.jobs.assets.cache import Cache
from cloister.jobs.assets.library import library
from cloister.jobs.assets.names import AssetId
from cloister.jobs.assets.shelf import Shelf
from cloister.jobs.planning.plan import PlannedOutput, PlannedStep
from cloister.jobs.records.status import JobStatus, StepStatus
from cloister.jobs.running import tracking as tracking_module
from cloister.jobs.running.model_registry import ModelRegistry
from cloister.jobs.running.registering import AtOnce
from cloister.jobs.running.step_data import DataError, Maker, StepData
from cloister.jobs.running.tracking import ForbiddenError, Tracking, TrackingError
from cloister.store import migrate, open_store

if TYPE_CHECKING:
    from tests.jobs.conftest import AgentProcess

pytestmark = pytest.mark.platform

SCRIPT = """
import os
import mlflow
with mlflow.start_run() as run:
    mlflow.log_metric("answer", 42)
os.makedirs("outputs/a folder", exist_ok=True)
open("outputs/a folder/über.txt", "w").write("kept")
print(run.info.run_id, os.environ["MLFLOW_TRACKING_TOKEN"])
"""


def run_of(url: str, run_id: str) -> dict[str, Any]:
    answer = httpx.get(f"{url}/api/2.0/mlflow/runs/get", params={"run_id": run_id}, trust_env=False)
    found: dict[str, Any] = answer.raise_for_status().json()["run"]
    return found


def tags_of(run: dict[str, Any]) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in run["data"]["tags"]}


def test_a_script_logs_with_no_set_up_into_the_steps_run(
    tracked: "AgentProcess", mlflow_url: str, tmp_path: Path
) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "log.py").write_text(SCRIPT)
    name = tracked.submit(
        tracked.step("log", "python log.py", code="code/0"),
        tracked.step("bad", "exit 1"),
        code=tmp_path / "src",
        keep_going=True,
    )
    record = tracked.ended(name)
    assert record.status is JobStatus.FAILED
    assert record.reason == "step bad failed"
    logged, failed, whole = (
        run_of(mlflow_url, i) for i in (record.steps[0].run_id, record.steps[1].run_id, record.run_id)
    )
    assert [run["info"]["status"] for run in (logged, failed, whole)] == ["FINISHED", "FAILED", "FAILED"]
    assert [(m["key"], m["value"]) for m in logged["data"]["metrics"]] == [("answer", 42)]
    told = tags_of(logged)
    assert {key: told[key] for key in told if key.startswith(("cloister.", "mlflow.parent", "mlflow.source"))} == {
        "cloister.job": name,
        "cloister.step": "log",
        "cloister.attempt": "1",
        "cloister.submitter": "ada",
        "cloister.code_sha256": record.snapshot,
        "mlflow.parentRunId": record.run_id,
        "mlflow.source.type": "JOB",
        "mlflow.source.name": f"{name}/log",
    }
    found = httpx.get(
        f"{mlflow_url}/get-artifact",
        params={"run_uuid": record.steps[0].run_id, "path": "outputs/a folder/über.txt"},
        trust_env=False,
    )
    assert (found.status_code, found.text) == (200, "kept")
    assert logged["info"]["experiment_id"] == whole["info"]["experiment_id"]
    assert f"{record.steps[0].run_id} [redacted]" in tracked.printed(name, "log").splitlines()


def test_the_token_of_a_step_is_its_own_and_outlives_its_timeout(tracked: "AgentProcess") -> None:
    # Turned round, so that it passes the log's filter, which knows the token as it is.
    name = tracked.submit(tracked.step("peek", 'printf %s "$MLFLOW_TRACKING_TOKEN" | rev', timeout=100))
    assert tracked.ended(name).status is JobStatus.COMPLETED
    token = tracked.printed(name, "peek").strip()[::-1]
    claims = read(token, load_key(tracked.home / "secrets" / "key.json"), now=datetime.now(UTC))
    assert claims.principal == Principal(f"job/{name}/peek", "job", on_behalf_of="ada")
    assert 100 < (claims.expires_at - claims.issued_at).total_seconds() <= 800


def test_an_interrupted_step_goes_on_in_its_run(tracked: "AgentProcess", mlflow_url: str) -> None:
    name = tracked.submit(tracked.step("slow", "sleep 3"))
    tracked.until(lambda: tracked.service.show(name).steps[0].process)
    before = tracked.service.show(name)
    tracked.kill()
    tracked.start()
    record = tracked.ended(name)
    assert record.status is JobStatus.COMPLETED
    assert (record.run_id, record.steps[0].run_id) == (before.run_id, before.steps[0].run_id)
    run = run_of(mlflow_url, record.steps[0].run_id)
    assert (run["info"]["status"], tags_of(run)["cloister.attempt"]) == ("FINISHED", "2")


def test_the_runs_of_a_cancelled_job_are_killed(tracked: "AgentProcess", mlflow_url: str) -> None:
    name = tracked.submit(tracked.step("slow", "sleep 60"))
    tracked.until(lambda: tracked.service.show(name).steps[0].process)
    tracked.service.cancel(name, "ada")
    record = tracked.ended(name)
    statuses = [run_of(mlflow_url, i)["info"]["status"] for i in (record.run_id, record.steps[0].run_id)]
    assert statuses == ["KILLED", "KILLED"]


def test_the_runs_of_a_job_that_is_cancelled_while_its_agent_is_dead_are_killed(
    tracked: "AgentProcess", mlflow_url: str
) -> None:
    name = tracked.submit(tracked.step("slow", "sleep 60"))
    tracked.until(lambda: tracked.service.show(name).steps[0].process)
    tracked.kill()
    tracked.service.cancel(name, "ada")
    tracked.start()
    record = tracked.ended(name)
    assert (record.status, record.steps[0].status) == (JobStatus.CANCELED, StepStatus.CANCELED)
    statuses = [run_of(mlflow_url, i)["info"]["status"] for i in (record.run_id, record.steps[0].run_id)]
    assert statuses == ["KILLED", "KILLED"]


def test_a_gateway_that_says_no_fails_the_job_with_its_reason(tmp_path: Path) -> None:
    def refuse(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(403, json={"message": "no right to create runs\n  mend: ask"})

    key = load_or_create_key(tmp_path / "key.json")
    tracking = Tracking("http://gateway", key, transport=httpx.MockTransport(refuse))
    with pytest.raises(TrackingError) as caught:
        tracking.start_run(job_step("j", "s", "ada"), "e", "n", {})
    assert str(caught.value) == (
        'experiment "e": no run may begin there: experiments/get-by-name: status 403: no right to create runs\n'
        "  mend: give the job an experiment_name of your own, in its file or by --set experiment_name=NAME, "
        "or none (then it goes to Default, which is everybody's), "
        "or ask an administrator for a role that lets you in"
    )


def test_what_is_too_much_to_put_beside_a_run_stays_with_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking_module, "_MOST_FILES", 1)
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    tracking = Tracking("http://gateway", load_or_create_key(tmp_path / "key.json"))
    left = "3 files of {} bytes are too much to put beside the run; they stay with the job"
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert tracking.log_artifacts(job_step("j", "s", "ada"), "r", tmp_path) == left.format(size)


def test_what_many_runs_logged_is_told_whole(mlflow_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow cuts what it tells of several runs, without a word; here at five values instead of 25 000."""
    monkeypatch.setattr(tracking_module, "_METRICS_AT_ONCE", 5)
    client = MlflowClient(mlflow_url)
    logged = {n: tuple(float(value) for value in range(n)) for n in (4, 5, 7, 1, 0)}
    runs = {n: client.create_run("0").info.run_id for n in logged}
    for n, values in logged.items():
        for step, value in enumerate(values):
            client.log_metric(runs[n], "loss", value, timestamp=step, step=step)
    tracking = Tracking(mlflow_url, load_or_create_key(tmp_path / "key.json"))
    told = tracking.metric_histories(job_step("j", "s", "ada"), list(runs.values()), "loss")
    assert told == {runs[n]: values for n, values in logged.items() if n}


def test_a_gateway_that_restarts_is_waited_for(tmp_path: Path) -> None:
    answers = [httpx.Response(503), httpx.Response(200, json={"experiment": {"experiment_id": "7"}})]
    answers.append(httpx.Response(200, json={"run": {"info": {"run_id": "r"}}}))
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url.path}")
        return answers.pop(0)

    key = load_or_create_key(tmp_path / "key.json")
    tracking = Tracking("http://gateway", key, transport=httpx.MockTransport(answer), wait=lambda _: None)
    assert tracking.start_run(job_step("j", "s", "ada"), "e", "n", {}) == "r"
    assert asked == [
        "GET /api/2.0/mlflow/experiments/get-by-name",
        "GET /api/2.0/mlflow/experiments/get-by-name",
        "POST /api/2.0/mlflow/runs/create",
    ]


STEP = Principal("job/j/make", "job", on_behalf_of="mia")


class Site:
    """A step that has made a model, its run in a real MLflow, and the assets."""

    def __init__(self, url: str, folder: Path, experiment: str) -> None:
        engine = open_store(f"sqlite:///{folder}/cloister.db")
        migrate(engine, "jobs")
        self.engine = engine
        self.shared = library(engine, folder / "jobs", None)
        tracking = Tracking(url, load_or_create_key(folder / "key.json"))
        shelf = Shelf(self.shared.datastores, Cache(folder / "cache", 0), lambda _job, _output: folder, others=False)
        self.data = StepData(self.shared, shelf, AtOnce(self.shared.assets), ModelRegistry(tracking))
        self.client = MlflowClient(url)
        self.folder = folder
        self.maker = Maker(STEP, tracking.start_run(STEP, experiment, "make", {}))

    def keep(self, job: str, name: str, version: str = "") -> tuple[str, ...]:
        """What is told once the step of that job has made the model."""
        made = self.folder / "outputs" / "net" / "data"
        made.mkdir(parents=True, exist_ok=True)
        (made.parent / "MLmodel").write_text("flavors: {}")
        (made / "w").write_text("weights")
        output = PlannedOutput("net", "mlflow_model", asset_name=name, asset_version=version)
        return self.data.keep(job, PlannedStep("make", "true", outputs=(output,)), self.folder / "outputs", self.maker)

    def registered(self, name: str) -> list[tuple[int, str, str]]:
        """The number, the run and the asset's place of each version in MLflow's registry."""
        found = self.client.search_model_versions(f"name = '{name}'", order_by=["version_number ASC"])
        return [(int(one.version), one.run_id or "", one.tags.get("cloister.asset", "")) for one in found]

    def assets(self, name: str) -> list[str]:
        """The versions of the asset, the oldest first."""
        return [one.id.version for one in reversed(self.shared.assets.versions("models", name))]


@pytest.fixture
def site(mlflow_url: str, tmp_path: Path) -> Iterator[Site]:
    made = Site(mlflow_url, tmp_path, f"models of {datetime.now(UTC).timestamp()}")
    yield made
    made.engine.dispose()


def place(job: str) -> str:
    return f"azureml://datastores/workspaceblobstore/paths/azureml/{job}/make/net"


def test_the_asset_and_the_version_of_the_registry_have_one_number(site: Site) -> None:
    assert site.keep("j1", "both") == ()
    # As after a crash before the step's end was on record.
    assert site.keep("j1", "both") == ()
    assert site.keep("j2", "both", "2") == ()
    run = site.maker.run_id
    assert site.registered("both") == [(1, run, place("j1")), (2, run, place("j2"))]
    assert site.assets("both") == ["1", "2"]
    source = str(site.client.get_model_version("both", "1").source).removeprefix("mlflow-artifacts:/")
    address = f"{site.client.tracking_uri}/api/2.0/mlflow-artifacts/artifacts/{source}/data/w"
    assert httpx.get(address, trust_env=False).text == "weights"


def test_what_a_script_registered_itself_is_counted(site: Site) -> None:
    site.client.create_registered_model("scripted")
    site.client.create_model_version("scripted", f"runs:/{site.maker.run_id}/x", site.maker.run_id)
    assert site.keep("j1", "scripted") == ()
    assert (site.registered("scripted")[1:], site.assets("scripted")) == (
        [(2, site.maker.run_id, place("j1"))],
        ["2"],
    )


ALONE = 'model "alone" is an asset alone, for inputs of jobs, and not in MLflow\'s registry: '


def test_a_version_that_the_registry_would_not_give_is_an_asset_alone(site: Site) -> None:
    assert site.keep("j1", "alone", "2026-11") == (f"{ALONE}version 2026-11 was asked for, and 1 comes next there",)
    site.shared.assets.put("models", "alone", "1", {"modelUri": place("other"), "modelType": "custom_model"}, "mia")
    assert site.keep("j2", "alone") == (f"{ALONE}1 comes next there, and is another asset",)
    assert (site.registered("alone"), site.assets("alone")) == ([], ["2026-11", "1", "2"])
    assert site.shared.assets.version(AssetId("models", "alone", "2")).properties["modelUri"] == place("j2")


def test_what_the_registry_refuses_fails_the_step(site: Site) -> None:
    site.maker = Maker(STEP, "0" * 32)
    reason = f'output "net" was made, but could not be kept: MLflow\'s registry: there is no run {"0" * 32}'
    with pytest.raises(DataError, match=f"^{re.escape(reason)}$"):
        site.keep("j1", "refused")
    assert (site.registered("refused"), site.assets("refused")) == ([], [])


def test_a_model_of_somebody_elses_fails_the_step_with_its_mend(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_asked: object, **_rest: object) -> None:
        message = "no right to theirs"
        raise ForbiddenError(message)

    monkeypatch.setattr(Tracking, "call", refused)
    with pytest.raises(DataError) as caught:
        site.keep("j1", "theirs")
    assert str(caught.value).splitlines() == [
        'output "net" was made, but could not be kept: MLflow\'s registry: no right to theirs',
        "  mend: give the output the name of a model of your own, or ask its owner or an administrator",
    ]
