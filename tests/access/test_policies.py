"""Policy documents: what is read, what is refused, and where the fault lies."""

import json

import pytest

from cloister.access.conditions import Condition
from cloister.access.operators import OPERATORS
from cloister.access.policies import read_policy
from cloister.errors import Fault, SpecError
from cloister.facts.condition_keys import condition_keys

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
            document(_ALLOW | {"Condition": {"NumericLessThan": {"mlflow:Stage": "1"}}}),
            ["policy p /Statement/0/Condition/NumericLessThan/mlflow:Stage"],
            id="a text compared as a number",
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


@pytest.mark.parametrize(
    ("resource", "reason", "mend"),
    [
        pytest.param(
            {"Resource": "run/${principal}/*"},
            "uses the variable ${principal}, for which the gateway has no value",
            "use aws:PrincipalTag/KEY",
            id="a variable that nobody knows",
        ),
        pytest.param(
            {"Resource": "run/${aws:UserName}/*"},
            "uses the variable ${aws:UserName}, which is spelled otherwise",
            "use aws:username",
            id="a variable in another spelling",
        ),
        pytest.param(
            {"Resource": "run/${aws:TagKeys}/*"},
            "uses the variable ${aws:TagKeys}, which holds several values",
            "use aws:TagKeys",
            id="a variable of several values",
        ),
        pytest.param(
            {"Resource": "run/${aws:username"},
            "holds a name that has a variable without an end",
            "write ${aws:username}, or ${*} for the letter itself",
            id="a variable without an end",
        ),
        pytest.param(
            {"Resource": "run/${}"},
            'holds a name that has "${}", which is no variable',
            "write ${aws:username}, or ${*} for the letter itself",
            id="nothing in a variable",
        ),
        pytest.param(
            {"NotResource": "run/${aws:PrincipalTag/team}-*/*"},
            "would allow everything to whom a variable has no value for",
            "write a default, ${aws:PrincipalTag/team, 'none'}, or use Resource",
            id="everything but what may not be named",
        ),
    ],
)
def test_resources_that_are_refused(resource: dict[str, str], reason: str, mend: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_policy(document({"Effect": "Allow", "Action": "*", **resource}), "p")
    place = f"policy p /Statement/0/{next(iter(resource))}"
    assert caught.value.faults == (Fault(place, reason, mend),)


@pytest.mark.parametrize(
    ("condition", "at", "reason", "mend"),
    [
        pytest.param(
            {"StringEqual": {"mlflow:Stage": "x"}},
            "StringEqual",
            "is no operator that is known here",
            "use StringEquals",
            id="an operator that nobody knows",
        ),
        pytest.param(
            {"NullIfExists": {"mlflow:Stage": "true"}},
            "NullIfExists",
            "is no operator that is known here",
            "use Null",
            id="a missing key that may be missing",
        ),
        pytest.param(
            {"StringEquals": {"mlflow:Stge": "x"}},
            "StringEquals/mlflow:Stge",
            "is no key that the gateway has a value for",
            "use mlflow:Stage",
            id="a key that nobody knows",
        ),
        pytest.param(
            {"StringEquals": {"aws:PrincipalTag": "x"}},
            "StringEquals/aws:PrincipalTag",
            "is no key that the gateway has a value for",
            "use aws:PrincipalTag/KEY",
            id="a tag without its name",
        ),
        pytest.param(
            {"StringLike": {"aws:SourceIp": "10.*"}},
            "StringLike/aws:SourceIp",
            "is not compared as texts",
            "compare it as addresses",
            id="an address compared as a text",
        ),
        pytest.param(
            {"StringLike": {"aws:TagKeys": "team"}},
            "StringLike/aws:TagKeys",
            "holds several values",
            "write ForAnyValue:StringLike or ForAllValues:StringLike",
            id="several values as if they were one",
        ),
        pytest.param(
            {"ForAllValues:StringLike": {"mlflow:Stage": "x"}},
            "ForAllValues:StringLike/mlflow:Stage",
            "holds one value, and ForAllValues: would hold where there is none",
            "write StringLike",
            id="one value as if it were several",
        ),
        pytest.param(
            {"NumericLessThan": {"cloister:AuthenticationAge": "an hour"}},
            "NumericLessThan/cloister:AuthenticationAge",
            "holds a value that is no number",
            "write it in the form that the operator compares",
            id="a number in words",
        ),
        pytest.param(
            {"DateLessThan": {"aws:CurrentTime": "2026"}},
            "DateLessThan/aws:CurrentTime",
            "holds a value that is no date (2026-11-26, 2026-11-26T09:00:00Z) and no count of seconds since 1970",
            "write it in the form that the operator compares",
            id="a year or a second",
        ),
        pytest.param(
            {"IpAddress": {"aws:SourceIp": "10.0.0.0/33"}},
            "IpAddress/aws:SourceIp",
            "holds a value that is no address and no network, such as 10.0.0.0/8",
            "write it in the form that the operator compares",
            id="a network that is none",
        ),
        pytest.param(
            {"ArnLike": {"aws:PrincipalTag/role": "arn:aws:iam"}},
            "ArnLike/aws:PrincipalTag/role",
            "holds a value that is no ARN of six parts, arn:partition:service:region:account:resource",
            "write it in the form that the operator compares",
            id="half an ARN",
        ),
        pytest.param(
            {"Bool": {"mlflow:Owned": "${aws:username}"}},
            "Bool/mlflow:Owned",
            "uses a policy variable",
            "write the value out",
            id="a variable that is no text",
        ),
        pytest.param(
            {"StringEquals": {"mlflow:Stage": "${aws:usrname}"}},
            "StringEquals/mlflow:Stage",
            "uses the variable ${aws:usrname}, for which the gateway has no value",
            "use aws:username",
            id="a variable that nobody knows",
        ),
        pytest.param(
            {"StringEquals": {"mlflow:Stage": {}}},
            "StringEquals/mlflow:Stage",
            "is no text and no list of texts",
            "write one text or several",
            id="an object for a value",
        ),
        pytest.param(
            {"StringEquals": {}},
            "StringEquals",
            "compares nothing",
            'write {"mlflow:Stage": "Staging"}',
            id="an operator for nothing",
        ),
    ],
)
def test_conditions_that_are_refused(condition: dict[str, object], at: str, reason: str, mend: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_policy(document(_ALLOW | {"Condition": condition}), "p")
    assert caught.value.faults == (Fault(f"policy p /Statement/0/Condition/{at}", reason, mend),)


def test_keys_are_read_in_any_case_but_for_names_of_tags() -> None:
    block = {"StringEquals": {"AWS:UserName": "ada", "aws:principaltag/Team": "x"}, "Null": {"MLFLOW:stage": True}}
    (statement,) = read_policy(document(_ALLOW | {"Condition": block}), "p").statements
    assert [(one.key, one.values) for one in statement.conditions] == [
        ("aws:username", ("ada",)),
        ("aws:PrincipalTag/Team", ("x",)),
        ("mlflow:Stage", ("true",)),
    ]


def test_policies_of_a_cloud_have_keys_of_their_own_and_no_variables() -> None:
    elsewhere = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}
    (statement,) = read_policy(document(_ALLOW | {"Condition": elsewhere}), "p", foreign=True).statements
    assert statement.conditions == (Condition("StringEquals", "aws:SourceVpce", ("vpce-1",)),)
    variable = {"StringEquals": {"aws:SourceVpce": "${aws:username}"}}
    for element in ({"Condition": variable}, {"Resource": "${aws:username}"}):
        with pytest.raises(SpecError, match="uses a policy variable"):
            read_policy(document(_ALLOW | element), "p", foreign=True)


def test_every_key_says_what_it_is() -> None:
    families = {one.family for one in OPERATORS.values()}
    for row in condition_keys():
        assert set(row.families.split()) <= families
        assert (row.values in ("one", "several"), row.of in ("caller", "request", "resource")) == (True, True)
        assert row.meaning
        assert row.source
        assert row.read
