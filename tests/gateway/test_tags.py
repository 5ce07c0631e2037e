"""Tags that policies look at, through a real gateway: those of the resource, and those that a request sets."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from cloister.access.policies import read_policy
from cloister.access.policy_set import PolicySet
from cloister.access.principals import Principal
from cloister.gateway.identity.users import add_user
from cloister.gateway.mlflow.canonical import canonical
from cloister.gateway.mlflow.routes import find
from cloister.gateway.mlflow.tags import tags_of, tags_set
from cloister.gateway.policies import kept
from cloister.gateway.policies.kept import Putting, Target
from cloister.gateway.rights.asking import Asker

if TYPE_CHECKING:
    from tests.gateway.conftest import Running

_API = "/api/2.0/mlflow/"
_PAGE = (Path(__file__).parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")
_BY_TAG = re.findall(r"```json\n(.*?)```", _PAGE, re.DOTALL)[1]
# What a set of policies is followed within, and how long a tag is kept.
_SOON = 4.0


def test_tags_of_a_row() -> None:
    row = {"name": "x", "tags": [{"key": "access", "value": "open"}, {"key": "empty"}, "odd", {"value": "lost"}]}
    assert tags_of(row) == {"aws:ResourceTag/access": ("open",), "aws:ResourceTag/empty": ("",)}
    assert tags_of({"name": "x"}) == {}


@pytest.mark.parametrize(
    ("route", "document", "expected"),
    [
        pytest.param(
            ("POST", f"{_API}runs/set-tag"),
            {"run_id": "1", "key": "a", "value": "x"},
            {"mlflow:Tag/a": ("x",), "aws:TagKeys": ("a",)},
            id="one tag",
        ),
        pytest.param(
            ("POST", f"{_API}runs/delete-tag"), {"run_id": "1", "key": "a"}, {"aws:TagKeys": ("a",)}, id="deleted"
        ),
        pytest.param(
            ("DELETE", f"{_API}logged-models/m-1/tags/a"), {}, {"aws:TagKeys": ("a",)}, id="deleted by its path"
        ),
        pytest.param(
            ("POST", f"{_API}runs/log-batch"),
            {"run_id": "1", "tags": [{"key": "a", "value": "x"}, {"key": "b", "value": ""}]},
            {"mlflow:Tag/a": ("x",), "mlflow:Tag/b": ("",), "aws:TagKeys": ("a", "b")},
            id="a list",
        ),
        pytest.param(
            ("POST", "/api/3.0/mlflow/traces"),
            {"trace": {"trace_info": {"trace_id": "tr-1", "tags": {"a": "x"}}}},
            {"mlflow:Tag/a": ("x",), "aws:TagKeys": ("a",)},
            id="a map of a trace",
        ),
        pytest.param(("POST", f"{_API}runs/log-parameter"), {"run_id": "1", "key": "a", "value": "x"}, {}, id="no tag"),
    ],
)
def test_tags_that_a_request_sets(
    route: tuple[str, str], document: dict[str, object], expected: dict[str, tuple[str, ...]]
) -> None:
    match = find(*route)
    assert match is not None
    asker = Asker(Principal("ada", "user"), PolicySet([read_policy(_BY_TAG, "p")]), {})
    action = match.route.action
    assert tags_set(asker, action, canonical(match, b"", document)) == expected
    nobody = Asker(Principal("ada", "user"), PolicySet([]), {})
    assert tags_set(nobody, action, canonical(match, b"", document)) == {}


@pytest.fixture(scope="module")
def tess(running: Running) -> Iterator[httpx.Client]:
    """Somebody whose only policy is the page's example of tags."""
    now = datetime.now(UTC)
    add_user(running.engine, "tess", (), None, now=now, by="ada")
    kept.put(running.engine, Putting("by-tag", _BY_TAG, "a test", None), now=now, by="ada", taken=())
    kept.attach(running.engine, "by-tag", Target("user", "tess"), now=now, by="ada")
    with running.http("tess") as http:
        yield http


@pytest.fixture(scope="module")
def ada(running: Running) -> Iterator[httpx.Client]:
    with running.http("ada") as http:
        yield http


def _made(ada: httpx.Client, name: str, access: str) -> tuple[str, str]:
    """The ids of an experiment with the tag, and of a run in it."""
    tags = [{"key": "access", "value": access}]
    made = ada.post(f"{_API}experiments/create", json={"name": name, "tags": tags}).raise_for_status().json()
    run = ada.post(f"{_API}runs/create", json={"experiment_id": made["experiment_id"]}).raise_for_status().json()
    ada.post(f"{_API}registered-models/create", json={"name": name, "tags": tags}).raise_for_status()
    return made["experiment_id"], run["run"]["info"]["run_id"]


def _until(http: httpx.Client, path: str, status: int) -> None:
    deadline = time.monotonic() + _SOON
    while (found := http.get(_API + path)).status_code != status and time.monotonic() < deadline:
        time.sleep(0.1)
    assert found.status_code == status, found.text


@pytest.mark.platform
def test_a_tag_of_the_experiment_and_of_the_model_opens_what_lies_in_it(
    running: Running, ada: httpx.Client, tess: httpx.Client
) -> None:
    suffix = uuid.uuid4().hex[:8]
    names = (f"tag-open-{suffix}", f"tag-shut-{suffix}")
    (opened, run), (shut, hidden) = _made(ada, names[0], "open"), _made(ada, names[1], "shut")
    _until(tess, f"experiments/get?experiment_id={opened}", 200)
    for path in (
        f"runs/get?run_id={run}",
        f"artifacts/list?run_id={run}",
        f"experiments/get-by-name?experiment_name={names[0]}",
        f"registered-models/get?name={names[0]}",
    ):
        assert tess.get(_API + path).status_code == 200, path
    for path in (
        f"experiments/get?experiment_id={shut}",
        f"runs/get?run_id={hidden}",
        f"registered-models/get?name={names[1]}",
    ):
        assert tess.get(_API + path).status_code == 403, path
    assert running.last_record()["rule"] == "deny by default"
    found = tess.get(f"{_API}registered-models/search").raise_for_status().json()["registered_models"]
    assert [model["name"] for model in found if suffix in model["name"]] == [names[0]]
    found = tess.post(f"{_API}experiments/search", json={"max_results": 1000}).raise_for_status().json()["experiments"]
    assert [one["name"] for one in found if suffix in one["name"]] == [names[0]]
    for name, made in zip(names, (run, hidden), strict=True):
        version = {"name": name, "source": f"runs:/{made}/model", "run_id": made}
        ada.post(f"{_API}model-versions/create", json=version).raise_for_status()
    found = tess.get(f"{_API}model-versions/search").raise_for_status().json()["model_versions"]
    assert [one["name"] for one in found if suffix in one["name"]] == [names[0]]
    query = "query Q($data: MlflowSearchRunsInput!) { mlflowSearchRuns(input: $data) { runs { info { runId } } } }"
    for experiment, status in ((opened, 200), (shut, 403)):
        variables = {"data": {"experimentIds": [experiment]}}
        asked = {"operationName": "Q", "query": query, "variables": variables}
        assert tess.post("/graphql", json=asked).status_code == status
    tag = {"experiment_id": opened, "key": "access", "value": "shut"}
    ada.post(f"{_API}experiments/set-experiment-tag", json=tag).raise_for_status()
    _until(tess, f"runs/get?run_id={run}", 403)


@pytest.mark.platform
def test_whom_a_tag_lets_in_does_not_change_it(running: Running, ada: httpx.Client, tess: httpx.Client) -> None:
    opened, run = _made(ada, f"tag-kept-{uuid.uuid4().hex[:8]}", "open")
    _until(tess, f"experiments/get?experiment_id={opened}", 200)
    for key, status in (("note", 200), ("access", 403)):
        tag = {"experiment_id": opened, "key": key, "value": "x"}
        assert tess.post(f"{_API}experiments/set-experiment-tag", json=tag).status_code == status
    assert running.last_record()["rule"] == "policy by-tag, statement LeaveTheTag"
    for body, status in (
        ([{"key": "a", "value": "1"}], 403),
        ([{"key": "access", "value": "1"}], 403),
        ([{"key": "a", "value": "1"}, {"key": "a", "value": "2"}], 400),
        ([{"key": "a", "value": 1}], 400),
    ):
        answer = tess.post(f"{_API}runs/log-batch", json={"run_id": run, "tags": body})
        assert answer.status_code == status, body
    assert "stands twice" in json.dumps(
        tess.post(f"{_API}runs/log-batch", json={"run_id": run, "tags": [{"key": "a"}, {"key": "a"}]}).json()
    )
