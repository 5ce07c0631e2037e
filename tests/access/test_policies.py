"""Policy documents: what is read, what is refused, and where the fault lies."""

import json

import pytest

from cloister.access.conditions import Condition
from cloister.access.policies import read_policy
from cloister.errors import SpecError

_ALLOW = {"Effect": "Allow", "Action": "mlflow:Get*", "Resource": "*"}


def document(*statements: object, **more: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **more})


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param(document(_ALLOW), ["/Statement/0"], id="one statement is named after its place"),
        pytest.param(document(_ALLOW | {"Sid": "Read"}), ["Read"], id="a Sid names the statement"),
        pytest.param(
            json.dumps({"Version": "2012-10-17", "Statement": _ALLOW}),
            ["/Statement/0"],
            id="a single statement needs no list",
        ),
        pytest.param(document(_ALLOW, _ALLOW, Id="x"), ["/Statement/0", "/Statement/1"], id="an Id is allowed"),
    ],
)
def test_documents_that_are_read(text: str, names: list[str]) -> None:
    assert [statement.name for statement in read_policy(text, "p").statements] == names


@pytest.mark.parametrize(
    ("text", "things"),
    [
        pytest.param("{", ["policy p"], id="broken JSON"),
        pytest.param('{"Version": "2012-10-17", "Statement": [],}', ["policy p"], id="the published trailing comma"),
        pytest.param("[]", ["policy p"], id="a list"),
        pytest.param(
            '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Effect": "Deny"}]}',
            ["policy p"],
            id="the same key twice",
        ),
        pytest.param(json.dumps({"Statement": [_ALLOW]}), ["policy p /Version"], id="no version"),
        pytest.param(document(), ["policy p /Statement"], id="no statement"),
        pytest.param(document(_ALLOW, Owner="x"), ["policy p /Owner"], id="an unknown element of the document"),
        pytest.param(document("x"), ["policy p /Statement/0"], id="a statement that is a text"),
        pytest.param(
            document(_ALLOW | {"Effect": "allow"}), ["policy p /Statement/0/Effect"], id="effect in small letters"
        ),
        pytest.param(document(_ALLOW | {"Efect": 1}), ["policy p /Statement/0/Efect"], id="an unknown element"),
        pytest.param(document(_ALLOW | {"Principal": "*"}), ["policy p /Statement/0/Principal"], id="a principal"),
        pytest.param(document({"Effect": "Allow", "Resource": "*"}), ["policy p /Statement/0"], id="no action"),
        pytest.param(
            document(_ALLOW | {"NotAction": "mlflow:GetRun"}), ["policy p /Statement/0"], id="action and its opposite"
        ),
        pytest.param(
            document(_ALLOW | {"Action": []}), ["policy p /Statement/0/Action"], id="an empty list of actions"
        ),
        pytest.param(
            document(_ALLOW | {"Action": "GetRun"}), ["policy p /Statement/0/Action"], id="an action of nobody"
        ),
        pytest.param(
            document(_ALLOW | {"Resource": "run/${principal}/*"}),
            ["policy p /Statement/0/Resource"],
            id="a policy variable",
        ),
        pytest.param(
            document(_ALLOW | {"Condition": {"NumericLessThan": {"mlflow:Stage": "1"}}}),
            ["policy p /Statement/0/Condition/NumericLessThan"],
            id="an operator that is not known here",
        ),
        pytest.param(
            document(_ALLOW | {"Condition": {"Bool": {"mlflow:Owned": "yes"}}}),
            ["policy p /Statement/0/Condition/Bool/mlflow:Owned"],
            id="neither true nor false",
        ),
        pytest.param(
            document({"Effect": "Alow"}, {"Effect": "Allow", "Action": 3, "Resource": {}}),
            ["policy p /Statement/0/Effect", "policy p /Statement/1/Action", "policy p /Statement/1/Resource"],
            id="every fault of every statement in one run",
        ),
    ],
)
def test_documents_that_are_refused(text: str, things: list[str]) -> None:
    with pytest.raises(SpecError) as caught:
        read_policy(text, "p")
    assert [fault.thing for fault in caught.value.faults] == things
    assert all(fault.reason and fault.mend for fault in caught.value.faults)


_STAGE = {"mlflow:Stage": ("Production",)}


@pytest.mark.parametrize(
    ("operator", "values", "context", "holds"),
    [
        ("StringEquals", ("Production",), _STAGE, True),
        ("StringEquals", ("production",), _STAGE, False),
        ("StringEquals", ("Staging", "Production"), _STAGE, True),
        ("StringEquals", ("Production",), {}, False),
        ("StringEqualsIfExists", ("Production",), {}, True),
        ("StringEqualsIfExists", ("Staging",), _STAGE, False),
        ("StringEqualsIgnoreCase", ("production",), _STAGE, True),
        ("StringNotEquals", ("Production",), _STAGE, False),
        ("StringNotEquals", ("Staging",), _STAGE, True),
        ("StringNotEquals", ("Staging", "Production"), _STAGE, False),
        ("StringNotEquals", ("Staging",), {}, True),
        ("StringNotEqualsIgnoreCase", ("production",), _STAGE, False),
        ("StringLike", ("Prod*",), _STAGE, True),
        ("StringLike", ("prod*",), _STAGE, False),
        ("StringLike", ("Prod",), _STAGE, False),
        ("StringNotLike", ("Prod*",), _STAGE, False),
        ("StringNotLike", ("Stag*",), _STAGE, True),
        ("Bool", ("true",), {"mlflow:Stage": ("TRUE",)}, True),
        ("Bool", ("true",), {"mlflow:Stage": ("false",)}, False),
        ("Bool", ("true",), {}, False),
        ("Null", ("true",), {}, True),
        ("Null", ("true",), _STAGE, False),
        ("Null", ("false",), _STAGE, True),
    ],
)
def test_conditions(operator: str, values: tuple[str, ...], context: dict[str, tuple[str, ...]], holds: bool) -> None:
    assert Condition(operator, "mlflow:Stage", values).holds(context) is holds
