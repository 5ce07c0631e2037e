"""Who creates something has rights to it: from its creation on, under every name, and no longer than it is there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sqlalchemy import Engine, select

from cloister.access.principals import Principal, job_step
from cloister.gateway.passing.upstream import Upstream
from cloister.gateway.record.writing import AuditLog, Decision
from cloister.gateway.rights.makers import Makers
from cloister.gateway.rights.settling import settle
from cloister.gateway.tables import MAKERS
from cloister.store import migrate, open_store

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gateway.conftest import Running

pytestmark = pytest.mark.platform
_API = "/api/2.0/mlflow/"


def call(http: httpx.Client, method: str, path: str, **body: object) -> httpx.Response:
    if method == "GET":
        return http.get(_API + path, params={name: str(value) for name, value in body.items()})
    return http.request(method, _API + path, json=body)


def done(http: httpx.Client, method: str, path: str, **body: object) -> dict[str, Any]:
    response = call(http, method, path, **body)
    assert response.status_code == 200, response.text
    return dict(response.json())


def own_all(http: httpx.Client, name: str) -> dict[str, str]:
    """An experiment, a run with a file in it, a model and a version of it."""
    experiment = done(http, "POST", "experiments/create", name=name)["experiment_id"]
    run = done(http, "POST", "runs/create", experiment_id=experiment)["run"]["info"]["run_id"]
    file = f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/model/weights.bin"
    assert http.put(file, content=b"weights").status_code == 200
    done(http, "POST", "registered-models/create", name=name)
    done(http, "POST", "model-versions/create", name=name, source=f"runs:/{run}/model", run_id=run)
    return {"name": name, "experiment": experiment, "run": run, "file": file}


@pytest.fixture(scope="module")
def of_mia(running: Running) -> dict[str, str]:
    with running.http("mia") as http:
        return own_all(http, "of mia")


Ask = Callable[[httpx.Client, dict[str, str]], httpx.Response]
_ASKED: list[tuple[str, Ask]] = [
    ("the experiment", lambda http, it: call(http, "GET", "experiments/get", experiment_id=it["experiment"])),
    ("by its name", lambda http, it: call(http, "GET", "experiments/get-by-name", experiment_name=it["name"])),
    (
        "a tag of it",
        lambda http, it: call(
            http, "POST", "experiments/set-experiment-tag", experiment_id=it["experiment"], key="k", value="v"
        ),
    ),
    ("a run in it", lambda http, it: call(http, "POST", "runs/create", experiment_id=it["experiment"])),
    ("its runs", lambda http, it: call(http, "POST", "runs/search", experiment_ids=[it["experiment"]])),
    ("a run", lambda http, it: call(http, "GET", "runs/get", run_id=it["run"])),
    (
        "a metric",
        lambda http, it: call(http, "POST", "runs/log-metric", run_id=it["run"], key="m", value=1, timestamp=0, step=0),
    ),
    ("a file", lambda http, it: http.get(it["file"])),
    ("a file that is written", lambda http, it: http.put(it["file"] + ".more", content=b"more")),
    ("the model", lambda http, it: call(http, "GET", "registered-models/get", name=it["name"])),
    ("its version", lambda http, it: call(http, "GET", "model-versions/get", name=it["name"], version="1")),
    (
        "staging",
        lambda http, it: call(
            http, "POST", "model-versions/transition-stage", name=it["name"], version="1", stage="Staging"
        ),
    ),
    (
        "another version",
        lambda http, it: call(
            http, "POST", "model-versions/create", name=it["name"], source=f"runs:/{it['run']}/model", run_id=it["run"]
        ),
    ),
    (
        "a query of the page",
        lambda http, it: http.post(
            "/graphql",
            json={
                "query": "query GetRun($data: MlflowGetRunInput!) "
                "{ mlflowGetRun(input: $data) { run { info { runUuid } } } }",
                "operationName": "GetRun",
                "variables": {"data": {"runId": it["run"]}},
            },
        ),
    ),
]


@pytest.mark.parametrize("ask", [ask for _, ask in _ASKED], ids=[name for name, _ in _ASKED])
def test_owners_use_what_is_theirs_and_nobody_else_does(running: Running, of_mia: dict[str, str], ask: Ask) -> None:
    with running.http("mia") as owner, running.http("max") as other, running.http(job_step("j", "s", "mia")) as job:
        assert ask(owner, of_mia).status_code == 200
        assert ask(other, of_mia).status_code == 403
        # A job reads, and writes into what its submitter made; stages are not its business.
        assert ask(job, of_mia).status_code in (200, 403)


def test_lists_show_an_owner_what_is_theirs(running: Running, of_mia: dict[str, str]) -> None:
    with running.http("ada") as admin:
        own_all(admin, "not of mia")
    with running.http("mia") as owner, running.http("max") as other:
        for path, rows in (
            ("experiments/search", "experiments"),
            ("registered-models/search", "registered_models"),
            ("model-versions/search", "model_versions"),
        ):
            query: dict[str, object] = {"max_results": 1000}
            names = {row["name"] for row in done(owner, "GET", path, **query)[rows]}
            assert of_mia["name"] in names
            assert "not of mia" not in names
            assert of_mia["name"] not in {row["name"] for row in done(other, "GET", path, **query).get(rows, [])}


def test_the_owner_of_an_experiment_manages_what_others_made_in_it(running: Running, of_mia: dict[str, str]) -> None:
    with running.http("ada") as admin:
        run = done(admin, "POST", "runs/create", experiment_id=of_mia["experiment"])["run"]["info"]["run_id"]
    with running.http("mia") as owner:
        assert call(owner, "POST", "runs/set-tag", run_id=run, key="k", value="v").status_code == 200


def test_ownership_gives_no_right_to_approve(running: Running) -> None:
    """Mia owns the model; the version in it is of an administrator's, so that only her role stands in her way."""
    with running.http("mia") as owner, running.http("ada") as admin:
        own = own_all(owner, "approved-by-owner")
        run = done(admin, "POST", "runs/create", experiment_id=own["experiment"])["run"]["info"]["run_id"]
        source = f"runs:/{run}/model"
        version = done(admin, "POST", "model-versions/create", name=own["name"], source=source, run_id=run)[
            "model_version"
        ]
        move = {"name": own["name"], "version": version["version"]}
        staged = call(owner, "POST", "model-versions/transition-stage", **move, stage="Staging")
        assert staged.status_code == 200
        for path, more in (
            ("model-versions/transition-stage", {"stage": "Production"}),
            ("registered-models/alias", {"alias": "champion"}),
        ):
            refused = call(owner, "POST", path, **move, **more)
            assert refused.status_code == 403
            assert "no statement lets mia do mlflow:" in refused.json()["message"]


def test_what_is_not_there_yet_can_be_looked_for_by_who_may_create_it(running: Running) -> None:
    name = "nothing of that name"
    for who, status in (("mia", 404), ("nora", 403)):
        with running.http(who) as http:
            assert call(http, "GET", "experiments/get-by-name", experiment_name=name).status_code == status
            assert call(http, "GET", "registered-models/get", name=name).status_code == status


def test_rights_follow_a_rename(running: Running) -> None:
    with running.http("mia") as owner, running.http("max") as other:
        own = own_all(owner, "before")
        done(owner, "POST", "registered-models/rename", name="before", new_name="after")
        done(owner, "POST", "experiments/update", experiment_id=own["experiment"], new_name="after")
        for path, query in (
            ("registered-models/get", {"name": "after"}),
            ("model-versions/get", {"name": "after", "version": "1"}),
            ("experiments/get-by-name", {"experiment_name": "after"}),
        ):
            assert call(owner, "GET", path, **query).status_code == 200
        assert call(other, "POST", "registered-models/rename", name="after", new_name="taken").status_code == 403
        # The old name is free, and whoever takes it owes nothing to who had it before.
        done(other, "POST", "registered-models/create", name="before")
        assert call(owner, "GET", "registered-models/get", name="before").status_code == 403
        assert call(other, "GET", "registered-models/get", name="before").status_code == 200


def test_rights_end_with_the_object(running: Running) -> None:
    with running.http("mia") as owner, running.http("max") as other:
        own = own_all(owner, "ends")
        done(owner, "DELETE", "model-versions/delete", name="ends", version="1")
        source = f"runs:/{own['run']}/model"
        done(owner, "POST", "model-versions/create", name="ends", source=source, run_id=own["run"])
        done(owner, "DELETE", "registered-models/delete", name="ends")
        assert Makers(running.engine).of("registered-model", "ends") == frozenset()
        assert Makers(running.engine).of("model-version", "ends/1") == frozenset()
        assert Makers(running.engine).origins("ends", "1") == frozenset()
        done(other, "POST", "registered-models/create", name="ends")
        assert call(owner, "GET", "registered-models/get", name="ends").status_code == 403
        assert call(other, "GET", "registered-models/get", name="ends").status_code == 200


def test_an_experiment_that_comes_back_keeps_its_owner(running: Running) -> None:
    with running.http("mia") as owner:
        own = own_all(owner, "comes back")
        done(owner, "POST", "experiments/delete", experiment_id=own["experiment"])
        done(owner, "POST", "experiments/restore", experiment_id=own["experiment"])
        assert call(owner, "POST", "runs/create", experiment_id=own["experiment"]).status_code == 200


_USER = [{"key": "mlflow.user", "value": "somebody else"}]


@pytest.mark.parametrize(
    ("who", "author"),
    [("mia", "mia"), (job_step("j", "s", "mia"), "mia"), ("ada", "somebody else")],
    ids=["a member", "her job", "an administrator, who may import"],
)
def test_the_author_that_mlflow_shows_is_who_asked(
    running: Running, of_mia: dict[str, str], who: str | Principal, author: str
) -> None:
    with running.http(who) as http:
        body = {"experiment_id": of_mia["experiment"], "user_id": "somebody else", "tags": _USER}
        run = done(http, "POST", "runs/create", **body)["run"]
        assert run["info"]["user_id"] == author
        assert {tag["key"]: tag["value"] for tag in run["data"]["tags"]}["mlflow.user"] == author
        model = {"experiment_id": of_mia["experiment"], "name": "m", "tags": _USER}
        made = done(http, "POST", "logged-models", **model)["model"]["info"]
        assert {tag["key"]: tag["value"] for tag in made["tags"]}["mlflow.user"] == author


def test_an_author_has_one_spelling(running: Running, of_mia: dict[str, str]) -> None:
    with running.http("mia") as http:
        refused = call(http, "POST", "runs/create", experiment_id=of_mia["experiment"], userId="max")
    assert refused.status_code == 400
    assert refused.json()["faults"][0]["reason"] == 'is a second spelling of "user_id"'


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("runs/set-tag", {"key": "mlflow.user", "value": "max"}, 403),
        ("runs/set-tag", {"key": "mlflow.user", "value": "mia"}, 200),
        ("runs/log-batch", {"tags": [{"key": "mlflow.user", "value": "max"}]}, 403),
        ("runs/delete-tag", {"key": "mlflow.user"}, 403),
    ],
)
def test_nobody_changes_the_author_later(
    running: Running, of_mia: dict[str, str], path: str, body: dict[str, object], status: int
) -> None:
    with running.http("mia") as http:
        response = call(http, "POST", path, run_id=of_mia["run"], **body)
    assert response.status_code == status, response.text
    if status == 403:
        assert response.json()["faults"][0]["reason"] == "says who made it, and mia names only itself"


@pytest.fixture
def engine(tmp_path: Path) -> Any:  # noqa: ANN401 - an iterator of engines
    opened = open_store(f"sqlite:///{tmp_path}/cloister.db")
    migrate(opened, "gateway")
    yield opened
    opened.dispose()


def test_the_makers_of_what_is_known_by_name_are_those_of_the_latest(engine: Engine) -> None:
    makers = Makers(engine)
    makers.created("registered-model", "churn", {"mia"}, 100)
    makers.created("registered-model", "churn", {"max", "job/a/b"}, 200)
    assert makers.of("registered-model", "churn") == {"max", "job/a/b"}
    makers.created("registered-model", "churn", {"late"}, 150)  # its own was deleted before max created his
    assert makers.of("registered-model", "churn") == {"max", "job/a/b"}
    makers.forget("churn", until=150)  # a late message of the first one's deletion
    assert makers.of("registered-model", "churn") == {"max", "job/a/b"}
    makers.forget("churn", until=200)
    with engine.connect() as connection:
        assert connection.execute(select(MAKERS)).all() == []


_OPEN = [
    pytest.param(
        [("mia", "mlflow:CreateRegisteredModel", "registered-model/{name}", None)],
        {"mia"},
        id="created, and killed before it was recorded",
    ),
    pytest.param(
        [
            ("mia", "mlflow:CreateRegisteredModel", "registered-model/{name}", None),
            ("max", "mlflow:CreateRegisteredModel", "registered-model/{name}", None),
        ],
        set(),
        id="two asked at once, and nobody knows whose it is",
    ),
    pytest.param(
        [
            ("mia", "mlflow:CreateRegisteredModel", "registered-model/{name}", None),
            ("max", "mlflow:CreateRegisteredModel", "registered-model/{name}", 200),
        ],
        set(),
        id="another is known to have created it",
    ),
    pytest.param(
        [
            ("mia", "mlflow:CreateRegisteredModel", "registered-model/{name}", None),
            ("max", "mlflow:CreateRegisteredModel", "registered-model/{name}", 400),
        ],
        {"mia"},
        id="another was told that it is there",
    ),
    pytest.param(
        [("old", "mlflow:DeleteRegisteredModel", "registered-model/{name}", None)],
        set(),
        id="a deletion that was not carried out changes nothing",
    ),
]


@pytest.mark.parametrize(("decided", "owners"), _OPEN)
def test_what_a_killed_gateway_left_open_is_settled(
    running: Running, engine: Engine, decided: list[tuple[str, str, str, int | None]], owners: set[str]
) -> None:
    name = f"settled {time.monotonic_ns()}"
    log = AuditLog(engine)
    for who, action, resource, status in decided:
        log_decision(log, who, action, resource.format(name=name), status)
    with running.http("ada") as http:
        done(http, "POST", "registered-models/create", name=name)
    log.close()
    settled(running, engine)
    settled(running, engine)  # doing it twice changes nothing
    assert Makers(engine).of("registered-model", name) == owners


def test_an_experiment_a_rename_and_a_deletion_are_settled(running: Running, engine: Engine) -> None:
    log, makers = AuditLog(engine), Makers(engine)
    before = int(datetime.now(UTC).timestamp() * 1000) - 1000
    log_decision(log, "mia", "mlflow:CreateExperiment", "experiment/settled%2Fhere", None)
    with running.http("ada") as http:
        experiment = done(http, "POST", "experiments/create", name="settled/here")["experiment_id"]
        done(http, "POST", "registered-models/create", name="settled new")
    makers.created("registered-model", "settled old", {"mia"}, before)
    makers.created("model-version", "settled old/1", {"mia"}, before)
    log_decision(
        log, "mia", "mlflow:RenameRegisteredModel", "registered-model/settled old, registered-model/settled new", None
    )
    makers.created("registered-model", "settled gone", {"mia"}, before)
    log_decision(log, "mia", "mlflow:DeleteRegisteredModel", "registered-model/settled gone", None)
    log.close()
    settled(running, engine)
    with engine.connect() as connection:
        rows = {(row.kind, row.identity, row.person) for row in connection.execute(select(MAKERS))}
    assert rows == {
        ("experiment", experiment, "mia"),
        ("registered-model", "settled new", "mia"),
        ("model-version", "settled new/1", "mia"),
    }


def test_a_rename_that_was_left_open_takes_nothing_from_who_came_after(running: Running, engine: Engine) -> None:
    log, makers = AuditLog(engine), Makers(engine)
    rename = "registered-model/came before, registered-model/came after"
    log_decision(log, "max", "mlflow:RenameRegisteredModel", rename, None, ago=timedelta(hours=1))
    log.close()
    with running.http("ada") as http:
        done(http, "POST", "registered-models/create", name="came after")
    now = int(datetime.now(UTC).timestamp() * 1000)
    makers.created("registered-model", "came after", {"mia"}, now)
    makers.created("registered-model", "came before", {"max"}, now)
    settled(running, engine)
    assert makers.of("registered-model", "came after") == {"mia"}


def log_decision(
    log: AuditLog,
    who: str,
    action: str,
    resource: str,
    status: int | None,
    *,
    ago: timedelta = timedelta(milliseconds=50),
) -> None:
    at = datetime.now(UTC) - ago
    fields = (who, "", action, resource, "POST", "/", "127.0.0.1", "ALLOW", "may", "rule", "1")
    number = log.record(Decision(at, *fields)).result(timeout=30)
    if status is not None:
        log.outcome(number, status).result(timeout=30)


def settled(running: Running, engine: Engine) -> None:
    async def run() -> None:
        upstream = Upstream(running.home / "run" / "mlflow.sock")
        try:
            await settle(engine, upstream, Makers(engine))
        finally:
            await upstream.close()

    asyncio.run(run())
