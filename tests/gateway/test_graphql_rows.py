"""GraphQL for somebody who may see some of it: the rest is not there, however it is asked for."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.gateway.conftest import Running

pytestmark = pytest.mark.platform
_API = "/api/2.0/mlflow/"


@pytest.fixture(scope="module")
def made(running: Running) -> Iterator[dict[str, str]]:
    """A run that nick may see, with a version of a model that he may see and of one that he may not; another run."""
    found: dict[str, str] = {}
    suffix = uuid.uuid4().hex[:8]
    with running.http("ada") as http:
        for name in (f"open-g-{suffix}", f"shut-g-{suffix}"):
            kind = name[:4]
            made = http.post(f"{_API}experiments/create", json={"name": name}).json()["experiment_id"]
            run = http.post(f"{_API}runs/create", json={"experiment_id": made}).json()["run"]["info"]["run_id"]
            http.post(f"{_API}registered-models/create", json={"name": name})
            found |= {kind: name, f"{kind}-experiment": made, f"{kind}-run": run}
        for model in (found["open"], found["shut"]):
            version = {"name": model, "source": f"runs:/{found['open-run']}/m", "run_id": found["open-run"]}
            http.post(f"{_API}model-versions/create", json=version).raise_for_status()
    yield found
    with running.http("ada") as http:
        for kind in ("open", "shut"):
            http.request("DELETE", f"{_API}registered-models/delete", json={"name": found[kind]})
            http.post(f"{_API}experiments/delete", json={"experiment_id": found[f"{kind}-experiment"]})


def ask(running: Running, who: str, query: str, given: object) -> tuple[int, Any]:
    with running.http(who) as http:
        answer = http.post("/graphql", json={"query": query, "variables": {"data": given}})
    return answer.status_code, answer.json()


_RUN = "query Q($data: MlflowGetRunInput!) { mlflowGetRun(input: $data) { run { %s } } }"


@pytest.mark.parametrize(
    ("fields", "key", "row"),
    [
        ("modelVersions { name version }", "modelVersions", {"name": "{open}", "version": "1"}),
        ("modelVersions { version }", "modelVersions", {"version": "1"}),
        ("x: modelVersions { name: source y: name }", "x", {"name": "runs:/{open-run}/m", "y": "{open}"}),
        (
            "...F } } } fragment F on MlflowRunExtension {modelVersions{...G}} fragment G on MlflowModelVersion{x:name",
            "modelVersions",
            {"x": "{open}"},
        ),
        ("modelVersions { version } modelVersions { name }", "modelVersions", {"version": "1", "name": "{open}"}),
    ],
)
def test_a_run_brings_along_the_versions_that_may_be_seen(
    running: Running, made: dict[str, str], fields: str, key: str, row: dict[str, str]
) -> None:
    query = _RUN % fields
    if "fragment" in fields:
        query = query.removesuffix(" } } }") + " }"
    given = {"runId": made["open-run"]}
    expected = {name: value.format(**made) for name, value in row.items()}
    status, whole = ask(running, "rita", query, given)
    assert (status, len(whole["data"]["mlflowGetRun"]["run"][key])) == (200, 2), whole
    assert ask(running, "nick", query, given) == (
        200,
        {"data": {"mlflowGetRun": {"run": {key: [expected]}}}, "errors": None},
    )


def test_who_asks_for_something_else_under_our_names_gets_nothing(running: Running, made: dict[str, str]) -> None:
    query = _RUN % "modelVersions { cloister_name: source cloister_version: version }"
    status, answer = ask(running, "nick", query, {"runId": made["open-run"]})
    assert (status, answer["data"]) == (200, None)
    assert "conflict" in answer["errors"][0]


def test_a_search_of_versions_shows_what_may_be_seen(running: Running, made: dict[str, str]) -> None:
    fields = "v: modelVersions { n: name }"
    query = (
        f"query Q($data: MlflowSearchModelVersionsInput!) {{ mlflowSearchModelVersions(input: $data) {{ {fields} }} }}"
    )
    given = {"filter": f"run_id = '{made['open-run']}'"}
    _, whole = ask(running, "rita", query, given)
    assert {row["n"] for row in whole["data"]["mlflowSearchModelVersions"]["v"]} == {made["open"], made["shut"]}
    assert ask(running, "nick", query, given) == (
        200,
        {"data": {"mlflowSearchModelVersions": {"v": [{"n": made["open"]}]}}, "errors": None},
    )


def test_a_search_of_runs_leaves_out_what_may_not_be_searched(running: Running, made: dict[str, str]) -> None:
    shown, hidden = made["open-experiment"], made["shut-experiment"]
    by_variable = (
        "query Q($data: MlflowSearchRunsInput!) { mlflowSearchRuns(input: $data) { runs { info { runId } } } }"
    )
    written = '{ mlflowSearchRuns(input: {experimentIds: ["%s", "%s"]}) { runs { info { runId } } } }'
    expected = {"data": {"mlflowSearchRuns": {"runs": [{"info": {"runId": made["open-run"]}}]}}, "errors": None}
    for query, given in ((by_variable, {"experimentIds": [hidden, shown]}), (written % (hidden, shown), {})):
        _, whole = ask(running, "rita", query, given)
        assert len(whole["data"]["mlflowSearchRuns"]["runs"]) == 2
        assert ask(running, "nick", query, given) == (200, expected)
    assert ask(running, "nick", by_variable, {"experimentIds": [hidden]})[0] == 403
