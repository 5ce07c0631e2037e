"""Slips in policy documents: each with its place, and the meaning that is offered instead."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cloister.access.decision import Request, decide
from cloister.access.lint.linting import lint
from cloister.access.lint.loose_json import read_loosely
from cloister.access.lint.mending import mended
from cloister.access.lint.slips import known_slips
from cloister.access.policies import read_policy
from cloister.access.principals import Principal
from cloister.cli.policy import policy
from cloister.errors import SourceError, SpecError
from cloister.facts.actions import known_actions, served_calls
from cloister.verdict import Answer

_API = "arn:aws:execute-api:eu-west-1:111122223333:m1f2l3o4w5/prod"
_BLANK = "arn:aws:execute-api:<REGION>:<ACCOUNT_ID>:<MLFLOW_API_ID>/<STAGE>"
_READING = ["GET/*", "POST/api/2.0/mlflow/runs/search/", "POST/api/2.0/mlflow/experiments/search"]
_MODELS = ["POST/api/2.0/mlflow/model-versions/*", "POST/api/2.0/mlflow/registered-models/*"]
_MOVES = "moves versions to any stage and alias: which one stands in the body, of which a call says nothing"
_BLANKS = "<REGION>, <ACCOUNT_ID>, <MLFLOW_API_ID>, <STAGE>: placeholders that nobody filled in match nothing"


def published(calls: list[str], *, comma: str = "") -> str:
    """A policy of the published pattern, with the slips of its text."""
    resources = ",\n".join(f'        "{_BLANK}/{call}"' for call in calls) + comma
    opening = '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Action": "execute-api:Invoke",\n'
    return f'{opening}      "Resource": [\n{resources}\n      ],\n      "Effect": "Allow"\n    }}\n  ]\n}}\n'


ADMIN, READER, APPROVER = published(["*/*"]), published(_READING, comma=","), published(_READING + _MODELS)


def document(*statements: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=1)


def allow(action: object, resource: object = "*", **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: object, resource: object = "*", **more: object) -> dict[str, object]:
    return allow(action, resource, **more) | {"Effect": "Deny"}


def calls(*names: str) -> dict[str, object]:
    return allow("execute-api:Invoke", [f"{_API}/{name}" for name in names])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(
            ADMIN,
            [
                ("4:5", "everything", "it allows everything on everything"),
                ("7:9", "placeholder", _BLANKS),
            ],
            id="the published administrator",
        ),
        pytest.param(
            READER,
            [
                ("7:9", "placeholder", _BLANKS),
                (
                    "8:9",
                    "trailing-slash",
                    "no client calls POST/api/2.0/mlflow/runs/search/: its path has a slash at the end",
                ),
                ("9:115", "trailing-comma", "a comma stands before ], which JSON does not allow"),
            ],
            id="the published reader",
        ),
        pytest.param(
            APPROVER,
            [
                ("7:9", "placeholder", _BLANKS),
                (
                    "8:9",
                    "trailing-slash",
                    "no client calls POST/api/2.0/mlflow/runs/search/: its path has a slash at the end",
                ),
                (
                    "10:9",
                    "any-stage",
                    f"POST/api/2.0/mlflow/model-versions/* {_MOVES}",
                ),
                (
                    "11:9",
                    "any-stage",
                    f"POST/api/2.0/mlflow/registered-models/* {_MOVES}",
                ),
                (
                    "11:9",
                    "more-than-named",
                    "POST/api/2.0/mlflow/registered-models/* also renames: mlflow:RenameRegisteredModel",
                ),
            ],
            id="the published model approver",
        ),
    ],
)
def test_each_slip_of_the_published_policies_is_named(text: str, told: list[tuple[str, str, str]]) -> None:
    assert [(str(one.place), one.kind, one.reason) for one in lint(text, "p").slips] == told


@pytest.mark.parametrize(
    ("text", "kind", "at", "mend"),
    [
        pytest.param(
            document(allow("mlflow:GetRun", "run/a/*")).replace("{\n", "{\n// who\n", 1),
            "comment",
            "2:1",
            "say it in the Sid, or beside the file",
            id="a comment",
        ),
        pytest.param(
            document(allow("mlflow:GetRun", "run/a/*")).replace('"2012-10-17"', "“2012-10-17”"),
            "typographic-quote",
            "2:13",
            'write " instead',
            id="a quotation mark out of a web page",
        ),
        pytest.param(
            '{"Version": "2012-10-17", "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": '
            '"mlflow:GetRun", "Resource": "run/a/*"}]}',
            "twin-key",
            "1:27",
            "keep the one that is meant",
            id="a key that stands twice",
        ),
        pytest.param(
            document(allow("mlflow:GetRun", "run/a/*") | {"Effect": "allow"}),
            "element",
            "5:14",
            'write "Allow" or "Deny", in these letters',
            id="what the strict reader refuses",
        ),
        pytest.param(
            document(allow("mlflow:GetRuns", "run/a/*")), "unknown-action", "6:14", 'write "mlflow:GetRun"', id="a typo"
        ),
        pytest.param(
            document(allow("sagemaker-mlflow:GetRun", "run/a/*")),
            "unknown-action",
            "6:14",
            'write "mlflow:GetRun"',
            id="an action of managed MLflow",
        ),
        pytest.param(
            document(allow("mlflow:Frobnicate*", "run/a/*")), "unknown-action", "6:14", None, id="a wildcard of nothing"
        ),
        pytest.param(
            document(allow(["mlflow:GetRun", "s3:GetObject"], "run/a/*")),
            "foreign-action",
            "8:5",
            "leave it to that service's policies",
            id="an action of another service",
        ),
        pytest.param(
            document(allow("execute-api:Invoke", "GET/api/2.0/mlflow/runs/get")),
            "no-arn",
            "7:16",
            "write arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH",
            id="a call without its ARN",
        ),
        pytest.param(
            document(calls("POST/api/2.0/mlflow/runs/serach")),
            "unknown-call",
            "8:5",
            "write POST/api/2.0/mlflow/runs/search",
            id="a call that is misspelt",
        ),
        pytest.param(
            document(calls("get/*")), "unknown-call", "8:5", "write METHOD/api/2.0/mlflow/..., as clients do", id="case"
        ),
        pytest.param(
            document(allow("mlflow:GetExperiment", "experiments/churn")),
            "no-object",
            "7:16",
            'begin with "experiment/"',
            id="a kind that there is not",
        ),
        pytest.param(
            document(allow("mlflow:GetRun", f"{_API}/GET/*")),
            "no-object",
            "7:16",
            "allow execute-api:Invoke on it, or name an object, such as experiment/NAME",
            id="a call where an object is due",
        ),
        pytest.param(
            document(allow("mlflow:GetRun", "registered-model/churn")),
            "other-object",
            "7:16",
            "name run, or remove it",
            id="an object that the action is not about",
        ),
        pytest.param(
            document(allow("mlflow:GetRun", "run/a/*", Condition={"StringEquals": {"mlflow:Stage": "Staging"}})),
            "key-not-there",
            "10:22",
            "use it with mlflow:TransitionModelVersionStage",
            id="a stage where nothing moves",
        ),
        pytest.param(
            document(allow("mlflow:GetRun", "run/a/*"), deny("mlflow:Get*", "run/*")),
            "beaten",
            "4:3",
            "remove one of the two",
            id="an allow that a deny always beats",
        ),
        pytest.param(
            document(deny("execute-api:Invoke", f"{_API}/POST/api/2.0/mlflow/runs/delete")),
            "half-denied",
            "7:16",
            "deny the action, or both calls",
            id="a call that has another name",
        ),
        pytest.param(
            document(calls("*/api/2.0/mlflow/model-versions/*")),
            "more-than-named",
            "8:5",
            "allow actions (mlflow:...), or write the calls that are meant",
            id="a wildcard that deletes",
        ),
    ],
)
def test_slips(text: str, kind: str, at: str, mend: str | None) -> None:
    told = [one for one in lint(text, "p").slips if one.kind != "any-stage"]
    assert [(one.kind, str(one.place)) for one in told] == [(kind, at)]
    assert mend is None or told[0].mend == mend


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param([allow("mlflow:GetRun", "run/a/*")], id="one right"),
        pytest.param([calls("GET/*", "POST/api/2.0/mlflow/runs/search")], id="calls that are there"),
        pytest.param([allow("mlflow:Get*", ["run/*", "experiment/open*"])], id="kinds of some of the actions"),
        pytest.param(
            [allow("mlflow:GetRun", "run/a/1"), deny("mlflow:GetRun", "run/b/*")], id="a deny of something else"
        ),
        pytest.param([allow("mlflow:GetRun", "run/a*"), deny("mlflow:GetRun", "run/a?")], id="a deny of a part"),
        pytest.param(
            [allow("mlflow:GetRun", "run/a/*"), deny("*", "run/*", Condition={"Null": {"mlflow:Alias": "true"}})],
            id="a deny under a condition",
        ),
        pytest.param(
            [allow("mlflow:TransitionModelVersionStage", "*", Condition={"StringEquals": {"mlflow:Stage": "S"}})],
            id="a stage where a version moves",
        ),
        pytest.param([allow("cloister:ReadAudit", "audit")], id="a resource without a name"),
        pytest.param([deny("execute-api:Invoke", f"{_API}/DELETE/*")], id="a deny of both names"),
    ],
)
def test_what_is_no_slip(statements: list[object]) -> None:
    assert [(one.kind, one.reason) for one in lint(document(*statements), "p").slips] == []


def test_every_slip_of_the_table_is_looked_for() -> None:
    texts = [ADMIN, READER, APPROVER]
    marks = [mark for mark in test_slips.pytestmark if mark.name == "parametrize"]  # type: ignore[attr-defined]  # pytest's
    texts += [row.values[0] for row in marks[0].args[1]]
    assert {one.kind for text in texts for one in lint(text, "p").slips} == set(known_slips())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": 1', '"," is missing'),
        ('{"a" 1}', '":" is missing'),
        ("{a: 1}", "a key is missing"),
        ('{"a": }', "a value is missing"),
        ("", "a value is missing"),
        ('{"a": "b}', "a text does not end"),
        ("{} {}", "something follows the document"),
        ("[" * 60, "is nested deeper than 40 levels"),
        ('{"a": “b}', "a text does not end"),
    ],
)
def test_what_has_no_meaning_is_refused_with_its_place(text: str, reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_loosely(text, "p")
    (fault,) = caught.value.faults
    assert fault.thing.startswith("policy p 1:")
    assert fault.reason.startswith(reason)


@pytest.mark.parametrize("text", ['{"a": [1, -2.5e3, true, null, "x\\u00e9"], "b": {}}', "[]", '"x"', " 7 "])
def test_sound_json_is_read_as_json_reads_it(text: str) -> None:
    loose = read_loosely(text, "p")
    assert (loose.value, loose.slips) == (json.loads(text), ())


_ROLES = [("admin", ADMIN), ("reader", READER), ("approver", APPROVER)]


@pytest.mark.parametrize(("role", "text"), _ROLES)
def test_the_corrected_meaning_is_what_the_pattern_describes(role: str, text: str) -> None:
    corrected = mended(lint(text, role))
    assert corrected.role == role
    policies = [read_policy(json.dumps(corrected.document), role)]
    may = {
        action
        for action in known_actions()
        if decide(policies, Request(Principal("ada", "user"), action, "run/a/1")).answer is Answer.ALLOW
    }
    reading = {call.action for call in served_calls() if call.reads}
    assert may >= reading
    writing = may - reading
    if role == "admin":
        assert may == {action for action in known_actions() if action.startswith("mlflow:")}
    elif role == "reader":
        assert (writing, "mlflow:SearchRuns" in may) == (set(), True)
    else:
        assert writing >= {"mlflow:CreateRegisteredModel", "mlflow:CreateModelVersion"}
        assert "mlflow:TransitionModelVersionStage" in writing
        assert not [action for action in writing if "Run" in action or "Delete" in action or "Rename" in action]
    assert lint(json.dumps(corrected.document), role).findings == ()


def test_other_calls_become_the_actions_that_they_are_with_effect_and_condition() -> None:
    night = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    text = document(
        calls("POST/api/2.0/mlflow/runs/create/", "GET/api/2.0/mlflow/runs/get") | {"Sid": "Runs", "Condition": night},
        deny(["execute-api:Invoke", "mlflow:SetTag"], f"{_API}/DELETE/*/mlflow/experiments/*"),
        allow("mlflow:GetExperiment", "experiment/a"),
    )
    corrected = mended(lint(text, "p"))
    assert (corrected.role, corrected.document["Statement"]) == (
        "",
        [
            allow(["mlflow:CreateRun", "mlflow:GetRun"], Sid="Runs", Condition=night),
            deny("mlflow:SetTag", f"{_API}/DELETE/*/mlflow/experiments/*"),
            allow("mlflow:GetExperiment", "experiment/a"),
        ],
    )


@pytest.mark.parametrize(
    ("text", "words", "code", "out"),
    [
        (READER, [], 10, "p.json:8:9: trailing-slash: no client calls"),
        (READER, ["--fix"], 0, '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "Read"'),
        (ADMIN.replace("<", "").replace(">", ""), [], 0, "p.json:4:5: everything:"),
        (document(allow("mlflow:GetRuns", "run/a/*")), ["--fix"], 10, '{\n  "Version"'),
    ],
)
def test_the_command_line(tmp_path: Path, text: str, words: list[str], code: int, out: str) -> None:
    file, new = tmp_path / "p.json", tmp_path / "new.json"
    file.write_text(text)
    runner = CliRunner()
    result = runner.invoke(policy, ["lint", str(file), *words])
    assert result.exit_code == code
    assert out in result.stdout
    shown = json.loads(runner.invoke(policy, ["lint", str(file), *words, "--format", "json"]).stdout)
    assert [one["slip"] for one in shown["slips"]] == [one.kind for one in lint(text, "p").slips]
    assert ("corrected" in shown) is ("--fix" in words)
    runner.invoke(policy, ["lint", str(file), "--fix", "--output", str(new)])
    assert json.loads(new.read_text())["Version"] == "2012-10-17"


def test_a_file_that_is_not_there() -> None:
    assert isinstance(CliRunner().invoke(policy, ["lint", "missing.json"]).exception, SourceError)
