"""GraphQL queries taken apart: what MLflow's page asks, beside what nobody may ask."""

import json
from collections.abc import Mapping

import pytest

from cloister.errors import SpecError
from cloister.gateway.mlflow.graphql import Asked, asked

_RUN = "query Q($d: MlflowGetRunInput!) { mlflowGetRun(input: $d) { run { info { runId } } } }"


@pytest.mark.parametrize(
    ("query", "variables", "expected"),
    [
        pytest.param(_RUN, {"d": {"runId": "r"}}, (Asked("mlflow:GetRun", "run", ("r",)),), id="one run"),
        pytest.param(
            '{ mlflowSearchRuns(input: {experimentIds: ["1", "2"], filter: "a"}) { runs { info { runId } } } }',
            {},
            (Asked("mlflow:SearchRuns", "experiment", ("1", "2")),),
            id="written out",
        ),
        pytest.param(
            _RUN,
            {"d": {"runId": "r", "runUuid": None}},
            (Asked("mlflow:GetRun", "run", ("r",)),),
            id="null counts as absent",
        ),
        pytest.param(
            'query Q($d: I!) @component(name: "x") { mlflowSearchRuns(input: $d) { runs { info { runId } } } }',
            {"d": {"experimentIds": ["1", "2"], "filter": ""}},
            (Asked("mlflow:SearchRuns", "experiment", ("1", "2")),),
            id="runs of two experiments",
        ),
        pytest.param(
            "query Q($a: I!, $b: J!) { x: mlflowGetRun(input: $a) { run { experiment { name } } } "
            "y: mlflowGetExperiment(input: $b) { experiment { name } } }",
            {"a": {"runId": "r"}, "b": {"experimentId": "1"}},
            (Asked("mlflow:GetRun", "run", ("r",)), Asked("mlflow:GetExperiment", "experiment", ("1",))),
            id="two fields under other names",
        ),
        pytest.param(
            "query Q($d: I!) { mlflowGetRun(input: $d) { run { ...F } } } "
            "fragment F on MlflowRun { modelVersions { name } }",
            {"d": {"runId": "r"}},
            (
                Asked("mlflow:GetRun", "run", ("r",)),
                Asked("mlflow:SearchModelVersions", "all:model-version", (), nested=True),
            ),
            id="a search that hides in a fragment",
        ),
    ],
)
def test_what_is_asked(query: str, variables: Mapping[str, object], expected: tuple[Asked, ...]) -> None:
    assert asked({"query": query, "variables": variables, "operationName": "Q"}) == expected


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"query": "{"}, "cannot be parsed"),
        ({"query": 1}, "holds no query"),
        ({"query": _RUN, "variables": []}, "has a variable that is no object"),
        ({"query": _RUN, "variables": [1]}, "holds no query with an object of variables"),
        ({"query": _RUN, "extensions": {}}, "holds more than query, variables and operationName"),
        ({"query": "mutation { testMutation { output } }"}, "is not exactly one query"),
        ({"query": "query A { test { output } } query B { test { output } }"}, "is not exactly one query"),
        ({"query": "fragment F on Query { test { output } }"}, "is not exactly one query"),
        ({"query": "{ test(inputString: 1) { output } }"}, "is not served"),
        ({"query": "{ __schema { types { name } } }"}, "is not served"),
        ({"query": "query Q { ...F } fragment F on Query { test { output } }"}, "has a fragment at its root"),
        ({"query": "query Q { ... on Query { test { output } } }"}, "has a fragment at its root"),
        (
            {
                "query": "query Q($r: String) { mlflowGetRun(input: {runId: $r}) { run { info { runId } } } }",
                "variables": {"r": "r"},
            },
            "one variable or one object",
        ),
        (
            {"query": "query Q($r: String) { mlflowSearchRuns(input: {experimentIds: [$r]}) { runs { x } } }"},
            "one variable or one object",
        ),
        ({"query": '{ mlflowGetRun(input: {runId: "a", runId: "b"}) { run { x } } }'}, "one variable or one object"),
        ({"query": '{ mlflowGetRun(input: "r") { run { x } } }'}, "one variable or one object"),
        ({"query": "{ mlflowGetRun(input: {runId: 1}) { run { x } } }"}, "anything but texts"),
        ({"query": "{ mlflowGetRun { run { info { runId } } } }"}, "from anything but one variable"),
        ({"query": _RUN, "variables": {}}, "has a variable that is no object"),
        ({"query": _RUN, "variables": {"d": {}}}, "does not name one runId or runUuid"),
        ({"query": _RUN, "variables": {"d": {"runId": "a", "runUuid": "b"}}}, "does not name one runId or runUuid"),
        ({"query": _RUN, "variables": {"d": {"runId": ""}}}, "names nothing, or anything but texts"),
        ({"query": _RUN, "variables": {"d": {"runId": 1}}}, "names nothing, or anything but texts"),
        ({"query": "{ a " * 3000}, "cannot be parsed"),
        # Short texts that stand for much.
        ({"query": "query Q { mlflowGetRun(input: $d) " + "{ a " * 12 + "}" * 13}, "more than 12 deep"),
        (
            {"query": "query Q {" + "".join(f"a{i}: mlflowGetRun(input: $d) {{ x }} " for i in range(11)) + "}"},
            "more than 10 things",
        ),
        (
            {
                "query": "query Q { mlflowGetRun(input: $d) { ...F0 } } fragment F9 on R { a b }"
                + "".join(f" fragment F{i} on R {{ x: r {{ ...F{i + 1} }} y: r {{ ...F{i + 1} }} }}" for i in range(9))
            },
            "more than 400 fields",
        ),
        ({"query": "query Q { mlflowGetRun(input: $d) { ...F } } fragment F on R { a { ...F } }"}, "spreads itself"),
        ({"query": "query Q { mlflowGetRun(input: $d) { ...F } }"}, "is not there"),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else None,
)
def test_what_is_not_asked(document: Mapping[str, object], reason: str) -> None:
    with pytest.raises(SpecError, match=reason):
        asked(document)
