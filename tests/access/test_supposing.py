"""Questions without a request: who could do something, and what a change of policies gives and takes."""

import json

import pytest

from cloister.access.invocations import Api
from cloister.access.policies import Policy, read_policy
from cloister.access.policy_set import PolicySet
from cloister.access.principals import Principal
from cloister.access.supposing import Supposed, suppose
from cloister.access.trying import Change, Standing, changes
from cloister.facts.actions import known_actions
from cloister.verdict import Answer

_STAGING = {"StringEquals": {"mlflow:Stage": "Staging"}}
_MOVE = "mlflow:TransitionModelVersionStage"


def policy(*statements: dict[str, object], name: str = "p") -> Policy:
    return read_policy(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}), name)


def allow(action: object, resource: object = "*", **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: object, resource: object = "*", **more: object) -> dict[str, object]:
    return allow(action, resource, **more) | {"Effect": "Deny"}


_ONE, _TWO = "/Statement/0", "/Statement/1"


@pytest.mark.parametrize(
    ("statements", "supposed"),
    [
        ([], Supposed(Answer.DENY)),
        ([allow("mlflow:*")], Supposed(Answer.ALLOW, "p", _ONE)),
        ([allow("mlflow:*", "run/*")], Supposed(Answer.DENY)),
        ([allow("mlflow:*"), deny(_MOVE)], Supposed(Answer.DENY, "p", _TWO)),
        ([allow(_MOVE, Condition=_STAGING)], Supposed(Answer.UNKNOWN, "p", _ONE, ("mlflow:Stage",))),
        ([allow(_MOVE), deny("*", Condition=_STAGING)], Supposed(Answer.UNKNOWN, "p", _TWO, ("mlflow:Stage",))),
        ([allow(_MOVE, Condition=_STAGING), allow("*")], Supposed(Answer.ALLOW, "p", _TWO)),
        ([allow(_MOVE, Condition={"StringEquals": {"aws:username": "ada"}})], Supposed(Answer.ALLOW, "p", _ONE)),
        ([allow(_MOVE, Condition={"StringEquals": {"aws:username": "bob"}})], Supposed(Answer.DENY)),
        ([allow(_MOVE, "model-version/${aws:username}/*")], Supposed(Answer.ALLOW, "p", _ONE)),
        (
            [allow(_MOVE, "model-version/${aws:PrincipalTag/team}/*")],
            Supposed(Answer.UNKNOWN, "p", _ONE, ("aws:PrincipalTag/team",)),
        ),
    ],
)
def test_what_is_not_known_is_not_guessed(statements: list[dict[str, object]], supposed: Supposed) -> None:
    policies = [policy(*statements)] if statements else []
    assert suppose(policies, _MOVE, "model-version/ada/1", {"aws:username": ("ada",)}) == supposed


_ADA, _BOB = Principal("ada", "user"), Principal("bob", "user")
_RULE = "policy p, statement /Statement/0"


def gain(principals: tuple[str, ...], actions: tuple[str, ...], resource: str, when: str, rule: str) -> Change:
    return Change(gains=True, principals=principals, actions=actions, resource=resource, when=when, rule=rule)


def loss(principals: tuple[str, ...], actions: tuple[str, ...], resource: str, when: str, rule: str) -> Change:
    return Change(gains=False, principals=principals, actions=actions, resource=resource, when=when, rule=rule)


def standing(principal: Principal, before: list[dict[str, object]], after: list[dict[str, object]]) -> Standing:
    old, new = ([policy(*statements)] if statements else [] for statements in (before, after))
    return Standing(principal, PolicySet(old), PolicySet(new))


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        pytest.param(
            [],
            [allow("mlflow:CreateRun")],
            [gain(("ada",), ("mlflow:CreateRun",), "experiment/*", "", _RULE)],
            id="a right that was not there",
        ),
        pytest.param([allow("mlflow:GetRun")], [allow("mlflow:GetRun", "run/*")], [], id="the same in other words"),
        pytest.param(
            [allow("mlflow:GetRun")],
            [allow("mlflow:GetRun", "run/churn/*")],
            [loss(("ada",), ("mlflow:GetRun",), "run/*", "", "deny by default")],
            id="narrower: lost elsewhere, kept where it is named",
        ),
        pytest.param(
            [allow(_MOVE)],
            [allow(_MOVE, Condition=_STAGING)],
            [loss(("ada",), (_MOVE,), "model-version/*", "", "deny by default")],
            id="kept under the condition alone",
        ),
        pytest.param(
            [allow(_MOVE)],
            [allow(_MOVE), deny(_MOVE, Condition=_STAGING)],
            [
                loss(
                    ("ada",),
                    (_MOVE,),
                    "model-version/*",
                    "mlflow:Stage is Staging",
                    "policy p, statement /Statement/1",
                )
            ],
            id="denied under a condition",
        ),
        pytest.param(
            [],
            [allow("mlflow:GetRun", "run/${aws:username}/*")],
            [gain(("ada",), ("mlflow:GetRun",), "run/${aws:username}/*", "", _RULE)],
            id="a variable stands for who asks",
        ),
    ],
)
def test_who_gains_and_who_loses(
    before: list[dict[str, object]], after: list[dict[str, object]], changed: list[Change]
) -> None:
    assert list(changes([standing(_ADA, before, after), standing(_BOB, before, before)])) == changed


def test_what_several_gain_alike_is_one_change_and_gains_come_first() -> None:
    found = changes(
        [
            standing(_ADA, [allow("mlflow:GetRun")], [allow(["mlflow:SetTag", "mlflow:DeleteTag"], "run/*")]),
            standing(_BOB, [], [allow(["mlflow:SetTag", "mlflow:DeleteTag"], "run/*")]),
        ]
    )
    assert list(found) == [
        gain(("ada", "bob"), ("mlflow:DeleteTag", "mlflow:SetTag"), "run/*", "", _RULE),
        loss(("ada",), ("mlflow:GetRun",), "run/*", "", "deny by default"),
    ]


def test_a_policy_of_calls_gives_what_its_calls_do() -> None:
    api = Api("eu-west-1", "111122223333", "m1f2l3o4w5", "prod")
    of_calls = [allow("execute-api:Invoke", api.call("POST", "/api/2.0/mlflow/runs/create"))]
    one = standing(_ADA, [], of_calls)
    assert list(changes([one], api)) == [gain(("ada",), ("mlflow:CreateRun",), "experiment/*", "", _RULE)]
    assert changes([one]) == ()


def test_every_action_is_asked_about() -> None:
    gained = {action for one in changes([standing(_ADA, [], [allow("*")])]) for action in one.actions}
    assert gained == set(known_actions())
