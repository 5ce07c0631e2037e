"""Every served route, tried on somebody else's objects by everybody who may not see them.

Whatever a route is about, an object of another owner is named in each of its fields. Nothing that only its owner knows
comes back, nothing of it changes, and nothing breaks. CLOISTER_SWEEP=N goes over the table N times, from the second
time on with other fields added.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx
import pytest

from cloister.gateway.mlflow.routes import Route, routes

if TYPE_CHECKING:
    from tests.gateway.conftest import Running

pytestmark = [pytest.mark.platform, pytest.mark.timeout(int(os.environ.get("CLOISTER_SWEEP", "1")) * 170)]
_API, _AJAX = "/api/2.0/mlflow/", "/ajax-api/2.0/mlflow/"
_ROUNDS = int(os.environ.get("CLOISTER_SWEEP", "1"))
# Stands in everything that only those know who may read the objects; nobody sends it.
_MARK = "zq7vault"
# Somebody who sees other things, somebody who sees nothing, and nobody.
_STRANGERS = ("nick", "nora", None)
# What an answer may be to whom it is refused, or to whom it tells nothing. 200 with nothing of the vault in it is one
# of a list that leaves it out, or of MLflow's own page.
_ANSWERS = {200, 400, 401, 403, 404, 405, 413, 429}


@dataclass
class Vault:
    """Somebody else's objects: what fields of requests name them by."""

    fields: dict[str, object] = field(default_factory=dict)
    reads: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@pytest.fixture(scope="module")
def vault(running: Running) -> Vault:
    """An experiment with a run, files, a logged model, a registered version, a trace and a dataset, all of ada's."""
    with running.http("ada") as http:

        def made(path: str, body: dict[str, object], base: str = _API) -> dict[str, object]:
            answer = http.post(base + path, json=body)
            assert answer.status_code == 200, f"{path}: {answer.text}"
            return dict(answer.json())

        experiment = str(made("experiments/create", {"name": f"closed-{_MARK}"})["experiment_id"])
        info = made("runs/create", {"experiment_id": experiment, "run_name": f"{_MARK}-run"})["run"]
        assert isinstance(info, dict)
        run = str(info["info"]["run_id"])
        dataset = {"name": f"{_MARK}-set", "digest": "1", "source_type": "x", "source": f"{_MARK}", "schema": "{}"}
        made("runs/log-inputs", {"run_id": run, "datasets": [{"dataset": dataset}]})
        for key, value in (("lr", _MARK), ("secret", _MARK)):
            made("runs/log-parameter", {"run_id": run, "key": key, "value": value})
            made("runs/set-tag", {"run_id": run, "key": key, "value": value})
        made("runs/log-metric", {"run_id": run, "key": f"{_MARK}-auc", "value": 0.5, "timestamp": 1, "step": 0})
        files = f"{experiment}/{run}/artifacts"
        put = http.put(f"/api/2.0/mlflow-artifacts/artifacts/{files}/model/{_MARK}.txt", content=_MARK.encode())
        assert put.status_code == 200, put.text
        model = made("logged-models", {"experiment_id": experiment, "name": f"{_MARK}-logged"})["model"]
        assert isinstance(model, dict)
        made("registered-models/create", {"name": "closed-vault", "description": _MARK})
        source = f"mlflow-artifacts:/{files}/model"
        made("model-versions/create", {"name": "closed-vault", "source": source, "run_id": run, "description": _MARK})
        made("registered-models/alias", {"name": "closed-vault", "alias": "newest", "version": "1"})
        location = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}
        started = {
            "trace_id": "tr-" + "7" * 32,
            "trace_location": location,
            "request_time": "2026-11-26T00:00:00Z",
            "state": "OK",
            "request_preview": _MARK,
            "tags": {"secret": _MARK},
        }
        trace = made("traces", {"trace": {"trace_info": started}}, "/api/3.0/mlflow/")["trace"]
        assert isinstance(trace, dict)
        trace_id = str(trace["trace_info"]["trace_id"])
    named = {
        "experiment_id": experiment, "experiment_ids": [experiment], "experiment_name": f"closed-{_MARK}"[:6],
        "run_id": run, "run_uuid": run, "run_ids": [run], "model_id": model["info"]["model_id"],
        "name": "closed-vault", "version": "1", "alias": "newest", "new_name": "open-stolen",
        "path": files, "artifact_path": f"{files}/model/x.txt", "artifact_file_path": "model/x.txt",
        "trace_id": trace_id, "trace_ids": [trace_id], "request_id": trace_id, "request_ids": [trace_id],
        "assessment_id": "a-1", "tag_key": "secret", "key": "secret", "value": "stolen", "stage": "Archived",
        "metric_key": "m", "source": f"mlflow-artifacts:/{files}/model",
        "artifact_location": f"mlflow-artifacts:/{files}",
    }  # fmt: skip
    reads = [
        (_API + "experiments/get", {"experiment_id": experiment}),
        (_API + "runs/get", {"run_id": run}),
        (_API + "artifacts/list", {"run_id": run, "path": "model"}),
        ("/get-artifact", {"run_id": run, "path": f"model/{_MARK}.txt"}),
        (_API + f"logged-models/{model['info']['model_id']}", {}),
        (_API + "registered-models/get", {"name": "closed-vault"}),
        (_API + "model-versions/get", {"name": "closed-vault", "version": "1"}),
        (f"/api/3.0/mlflow/traces/{trace_id}", {}),
    ]
    return Vault(named, reads)


def seen(running: Running, vault: Vault) -> list[str]:
    """The objects as they are."""
    with running.http("ada") as http:
        answers = [http.get(path, params=query) for path, query in vault.reads]
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    return [answer.text for answer in answers]


def test_the_owner_sees_the_mark_everywhere(running: Running, vault: Vault) -> None:
    """Else the sweep could not tell whether something came through."""
    assert [_MARK in text for text in seen(running, vault)] == [True] * len(vault.reads)


@pytest.mark.parametrize("who", _STRANGERS)
def test_nothing_of_anothers_comes_back_and_nothing_of_it_changes(
    running: Running, vault: Vault, who: str | None
) -> None:
    before = seen(running, vault)
    chance = random.Random(f"{who}")  # noqa: S311 - for variety, not for secrecy
    answered: Counter[int] = Counter()
    with running.http(who) as http:
        for round_number in range(_ROUNDS):
            for route in routes():
                answer = ask(http, route, vault, chance, round_number)
                told = f"{route.method} {route.path}: {answer.status_code} {answer.text[:500]}"
                assert _MARK not in answer.text + str(answer.headers), told
                assert answer.status_code in _ANSWERS, told
                answered[answer.status_code] += 1
    assert seen(running, vault) == before
    # Who proves nobody is held back after a while.
    assert answered[401 if who is None else 403] + answered[429] > len(routes()) // 2, answered


def test_who_may_read_changes_nothing(running: Running, vault: Vault) -> None:
    before = seen(running, vault)
    chance = random.Random(0)  # noqa: S311 - as above
    with running.http("rita") as http:
        for route in routes():
            if not route.reads_only:
                answer = ask(http, route, vault, chance, 0)
                assert answer.status_code in _ANSWERS - {200}, f"{route.method} {route.path}: {answer.text[:500]}"
    assert seen(running, vault) == before


def ask(http: httpx.Client, route: Route, vault: Vault, chance: random.Random, round_number: int) -> httpx.Response:
    """A request on the route that names the vault wherever it can; later rounds name it in other fields as well."""
    path = route.path
    for name in route.pattern.groupindex:
        value = quote(str(vault.fields.get(name, "model/x.txt")), safe="/" if f"{{{name}:path}}" in path else "")
        path = path.replace(f"{{{name}:path}}", value).replace(f"{{{name}}}", value)
    document: dict[str, object] = {}
    headers: dict[str, str] = {}
    for name in sorted(route.fields) if round_number else sorted(_asked_for(route)):
        if round_number and chance.random() < 0.4:
            continue
        if name.startswith("x-"):
            headers[name] = str(vault.fields["experiment_id" if "experiment" in name else "run_id"])
        else:
            put(document, name, vault.fields.get(name.rpartition(".")[2], "x"))
    if route.method == "GET":
        pairs = [
            (name, one) for name, value in document.items() for one in (value if isinstance(value, list) else [value])
        ]
        return http.get(path, params=[(name, str(one)) for name, one in pairs], headers=headers)
    if route.body == "stream":
        return http.request(route.method, path, content=b"stolen", headers=headers)
    document |= {"key": "secret", "value": "stolen"} if chance.random() < 0.8 else {}
    headers["content-type"] = "application/json"
    return http.request(route.method, path, content=json.dumps(document), headers=headers)


def _asked_for(route: Route) -> set[str]:
    return {spellings[0] for rule in route.resources for spellings in rule.fields if rule.kind != "all"}


def put(document: dict[str, object], name: str, value: object) -> None:
    """Set a field that may lie deeper: `trace.trace_info.trace_id`."""
    *above, last = name.split(".")
    for one in above:
        below = document.setdefault(one, {})
        assert isinstance(below, dict)
        document = below
    document[last] = value
