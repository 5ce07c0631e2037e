"""Policies that speak of calls: which statements answer, and how two answers become one."""

import json

import pytest

from cloister.access.decision import Request
from cloister.access.invocations import INVOKE, Api, about_calls, joined
from cloister.access.policies import Policy, read_policy
from cloister.access.policy_set import PolicySet
from cloister.access.principals import Principal
from cloister.verdict import Answer

_API = Api("eu-west-1", "111122223333", "m1f2l3o4w5", "prod")
_ARN = "arn:aws:execute-api:eu-west-1:111122223333:m1f2l3o4w5/prod"
_SEARCH = "POST/api/2.0/mlflow/runs/search"


def policy(*statements: dict[str, object], name: str = "p") -> Policy:
    return read_policy(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}), name)


def allow(action: object, resource: object = "*", **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: object, resource: object = "*", **more: object) -> dict[str, object]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


@pytest.mark.parametrize(
    ("resource", "called", "allowed"),
    [
        pytest.param(f"{_ARN}/{_SEARCH}", _SEARCH, True, id="method and path written out"),
        pytest.param(f"{_ARN}/{_SEARCH}/", _SEARCH, False, id="the published slash at the end fits no call"),
        pytest.param(f"{_ARN}/*/*", _SEARCH, True, id="the published administrator"),
        pytest.param(f"{_ARN}/GET/*", "GET/api/2.0/mlflow/runs/get", True, id="a star goes over slashes"),
        pytest.param(f"{_ARN}/GET/*", _SEARCH, False, id="another method"),
        pytest.param(f"{_ARN}/POST/api/2.?/mlflow/runs/*", _SEARCH, True, id="a question mark is one letter"),
        pytest.param(f"{_ARN}*", _SEARCH, True, id="everything below the stage"),
        pytest.param(_ARN.replace("prod", "dev") + "/*/*", _SEARCH, False, id="another stage"),
        pytest.param(_ARN.replace("prod", "*") + "/*/*", _SEARCH, True, id="any stage"),
        pytest.param(_ARN.replace("eu-west-1", "eu-west-2") + "/*", _SEARCH, False, id="another region"),
        pytest.param(_ARN.replace("111122223333", "1") + "/*", _SEARCH, False, id="another account"),
        pytest.param(_ARN.replace("m1f2l3o4w5", "other") + "/*", _SEARCH, False, id="another API"),
        pytest.param(_ARN.replace(":aws:", ":aws-cn:") + "/*", _SEARCH, False, id="another partition"),
        pytest.param("arn:aws:execute-api:<REGION>:<ACCOUNT>:<API>/<STAGE>/*/*", _SEARCH, False, id="a placeholder"),
        pytest.param("*", _SEARCH, True, id="a bare star"),
    ],
)
def test_calls_by_name(resource: str, called: str, allowed: bool) -> None:
    method, _, path = called.partition("/")
    request = Request(Principal("ada", "user"), INVOKE, _API.call(method, f"/{path}"))
    speaking = about_calls(PolicySet([policy(allow(INVOKE, resource))]))
    assert speaking is not None
    assert (speaking.decide(request).answer is Answer.ALLOW) is allowed


@pytest.mark.parametrize(
    ("statement", "speaks"),
    [
        (allow("execute-api:Invoke"), True),
        (allow("execute-api:*"), True),
        (deny("*", f"{_ARN}/DELETE/*"), True),
        (allow("*", f"{_ARN}/GET/*"), True),
        ({"Effect": "Allow", "Action": INVOKE, "NotResource": f"{_ARN}/DELETE/*"}, True),
        (allow("*"), False),
        (allow("mlflow:*"), False),
        ({"Effect": "Allow", "NotAction": "mlflow:Delete*", "Resource": "*"}, False),
        ({"Effect": "Allow", "NotAction": INVOKE, "Resource": "*"}, False),
        ({"Effect": "Allow", "Action": "*", "NotResource": "registered-model/secret"}, False),
    ],
)
def test_which_statements_speak_of_calls(statement: dict[str, object], speaks: bool) -> None:
    assert (about_calls(PolicySet([policy(statement)])) is not None) is speaks


_RUN = "run/churn/1"


@pytest.mark.parametrize(
    ("statements", "answer", "rule"),
    [
        ([allow("mlflow:GetRun")], Answer.ALLOW, "/Statement/0"),
        ([allow(INVOKE, f"{_ARN}/GET/*")], Answer.ALLOW, "/Statement/0"),
        ([allow("mlflow:GetRun"), deny(INVOKE, f"{_ARN}/GET/*")], Answer.DENY, "/Statement/1"),
        ([allow(INVOKE, f"{_ARN}/GET/*"), deny("mlflow:*", _RUN)], Answer.DENY, "/Statement/1"),
        ([deny("*", f"{_ARN}/GET/*"), allow("*")], Answer.DENY, "/Statement/0"),
        ([allow(INVOKE, f"{_ARN}/POST/*"), allow("mlflow:GetExperiment")], Answer.DENY, "deny by default"),
        ([allow(INVOKE, f"{_ARN}/POST/*"), allow("mlflow:GetRun")], Answer.ALLOW, "/Statement/1"),
    ],
)
def test_two_questions_one_answer(statements: list[dict[str, object]], answer: Answer, rule: str) -> None:
    policies = PolicySet([policy(*statements)])
    ada = Principal("ada", "user")
    of_object = policies.decide(Request(ada, "mlflow:GetRun", _RUN))
    name = _API.call("GET", "/api/2.0/mlflow/runs/get")
    of_calls = about_calls(policies) or PolicySet(())
    verdict = joined(of_object, of_calls.decide(Request(ada, INVOKE, name)))
    decided = verdict.trace[0].rule
    assert (verdict.answer, decided and decided.name.removeprefix("policy p, statement ")) == (answer, rule)
