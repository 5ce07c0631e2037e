"""What a job may not do to others through what stands inside of a body: metrics of their models, tags, approvals."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from cloister.access.principals import Principal, job_step
from cloister.gateway.app import build_app, open_services

if TYPE_CHECKING:
    from tests.gateway.conftest import Configure, Running

pytestmark = pytest.mark.platform
_API = "/api/2.0/mlflow/"
_OWN, _OTHER = job_step("pipe", "train", "alan"), job_step("other", "train", "ada")


def post(http: httpx.Client, path: str, **body: object) -> dict[str, Any]:
    answer = http.post(_API + path, json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.fixture(scope="module")
def made(running: Running) -> dict[str, str]:
    """A run of alan's job, and a logged model and a version of his job and of ada's."""
    with running.http(_OWN) as http:
        experiment = post(http, "experiments/create", name="nested")["experiment_id"]
        post(http, "registered-models/create", name="nested")
    found = {"experiment": experiment}
    for key, who in (("own", _OWN), ("other", _OTHER)):
        with running.http(who) as http:
            run = post(http, "runs/create", experiment_id=experiment)["run"]["info"]["run_id"]
            logged = post(http, "logged-models", experiment_id=experiment, name="m", source_run_id=run)
            version = post(http, "model-versions/create", name="nested", source=f"runs:/{run}/m", run_id=run)
        found[f"{key}-run"] = run
        found[f"{key}-model"] = logged["model"]["info"]["model_id"]
        found[f"{key}-version"] = version["model_version"]["version"]
    return found


def bodies(run: str, model: str) -> list[tuple[str, dict[str, object]]]:
    metric = {"key": "accuracy", "value": 1.0, "timestamp": 1, "step": 0}
    return [
        ("runs/log-metric", {"run_id": run, "model_id": model, **metric}),
        ("runs/log-batch", {"run_id": run, "metrics": [metric, {"model_id": model, **metric}]}),
        ("runs/outputs", {"run_id": run, "models": [{"model_id": model, "step": 0}]}),
    ]


@pytest.mark.parametrize("index", range(3))
def test_a_job_writes_onto_its_own_models_alone(running: Running, made: dict[str, str], index: int) -> None:
    with running.http(_OWN) as http:
        for whose, status in (("own", 200), ("other", 403)):
            path, body = bodies(made["own-run"], made[f"{whose}-model"])[index]
            answer = http.post(_API + path, json=body)
            assert answer.status_code == status, (whose, answer.text)


@pytest.mark.parametrize("item", [{"modelId": "m-1"}, {"model_id": 1}, {"ModelID": "m-1"}, "m-1"])
def test_a_model_has_one_spelling(running: Running, made: dict[str, str], item: object) -> None:
    with running.http("ada") as http:
        for path, name in (("runs/log-batch", "metrics"), ("runs/outputs", "models"), ("runs/log-inputs", "models")):
            answer = http.post(_API + path, json={"run_id": made["own-run"], name: [item]})
            assert answer.status_code == 400, answer.text


_TAGS: list[tuple[Principal | str, str, dict[str, object], int]] = [
    (_OWN, "model-versions/set-tag", {"name": "nested", "version": "{own-version}", "key": "k", "value": "v"}, 200),
    (_OWN, "model-versions/set-tag", {"name": "nested", "version": "{other-version}", "key": "k", "value": "v"}, 403),
    (_OWN, "registered-models/set-tag", {"name": "nested", "key": "approved_by", "value": "ceo"}, 403),
    ("ada", "runs/set-tag", {"run_id": "{own-run}", "key": "k", "value": "v"}, 200),
    ("ada", "runs/set-tag", {"run_id": "{own-run}", "key": "cloister.submitter", "value": "alan"}, 403),
    ("ada", "runs/delete-tag", {"run_id": "{own-run}", "key": "Cloister.job"}, 403),
    ("ada", "runs/log-batch", {"run_id": "{own-run}", "tags": [{"key": "cloister.job", "value": "j"}]}, 403),
    ("ada", "runs/create", {"experiment_id": "{experiment}", "tags": [{"key": "cloister.job", "value": "j"}]}, 403),
    (_OWN, "runs/create", {"experiment_id": "{experiment}", "tags": [{"key": "cloister.job", "value": "pipe"}]}, 200),
    (_OWN, "runs/set-tag", {"run_id": "{own-run}", "key": "cloister.attempt", "value": "2"}, 200),
]


@pytest.mark.parametrize(("who", "path", "body", "status"), _TAGS)
def test_tags_tell_who_set_them(
    running: Running, made: dict[str, str], who: Principal | str, path: str, body: dict[str, object], status: int
) -> None:
    filled = {key: made.get(value[1:-1], value) if isinstance(value, str) else value for key, value in body.items()}
    with running.http(who) as http:
        answer = http.post(_API + path, json=filled)
    assert answer.status_code == status, answer.text


def test_a_job_approves_nothing_whatever_is_protected(
    running: Running, made: dict[str, str], configure: Configure, tmp_path: Path
) -> None:
    """The aliases that the site protects count, and not those alone that the role of jobs names."""
    config = configure(
        tmp_path,
        protected_aliases=["live"],
        mlflow_socket=str(running.home / "run" / "mlflow.sock"),
        database_url=str(running.engine.url),
        signing_key=str(running.home / "secrets" / "signing.jwk"),
    )
    services = open_services(config)

    async def point(alias: str) -> httpx.Response:
        transport = httpx.ASGITransport(app=build_app(services))
        headers = {"authorization": f"Bearer {running.token(_OWN)}"}
        url = f"http://127.0.0.1:{config.port}"
        async with httpx.AsyncClient(transport=transport, base_url=url, headers=headers) as http:
            body = {"name": "nested", "version": made["other-version"], "alias": alias}
            return await http.post(_API + "registered-models/alias", json=body)

    async def both() -> list[httpx.Response]:
        answers = [await point("Live"), await point("candidate")]
        await services.upstream.close()
        return answers

    try:
        refused, pointed = asyncio.run(both())
    finally:
        services.close()
    assert (refused.status_code, pointed.status_code) == (403, 200), pointed.text
    assert "is a job, and only people approve" in refused.json()["faults"][0]["reason"]
