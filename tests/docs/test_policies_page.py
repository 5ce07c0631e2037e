"""The page on policies: its tables are those of the code, and its examples decide what it says."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from cloister.access.conditions import NULL, Context
from cloister.access.decision import Request
from cloister.access.operators import OPERATORS
from cloister.access.policies import read_policy
from cloister.access.policy_set import PolicySet
from cloister.access.principals import Principal
from cloister.facts.condition_keys import condition_keys
from cloister.verdict import Answer

_PAGE = (Path(__file__).parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")
_EXAMPLES = re.findall(r"```json\n(.*?)```", _PAGE, re.DOTALL)
_ADA = Principal("ada", "user")
_WHO: Mapping[str, tuple[str, ...]] = {
    "aws:username": ("ada",),
    "aws:SourceIp": ("10.20.1.1",),
    "aws:CurrentTime": ("2026-11-26T09:00:00Z",),
    "cloister:AuthenticationAge": ("60",),
}
_MOVE = "mlflow:TransitionModelVersionStage"
_VERSION = "model-version/churn/1"
_PRODUCTION = {"mlflow:Stage": ("Production",)}


def test_the_page_lists_every_key_and_every_operator() -> None:
    keys = re.findall(r"^\| `([a-z]+:[A-Za-z/]+)` \| (.*) \|$", _PAGE, re.MULTILINE)
    assert sorted(keys) == sorted((row.key, row.meaning) for row in condition_keys())
    table = _PAGE[_PAGE.index("| operators |") : _PAGE.index("`...IfExists`")]
    assert set(re.findall(r"`([A-Z][A-Za-z]+)`", table)) == {*OPERATORS, NULL}


@pytest.mark.parametrize(
    ("example", "action", "resource", "context", "rule"),
    [
        (0, "mlflow:CreateRun", "experiment/ada-churn", {}, "OwnSpace"),
        (0, "mlflow:GetRun", "run/ada-churn/1", {}, "OwnSpace"),
        (0, "mlflow:GetRun", "run/adam-churn/1", {}, None),
        (0, "mlflow:GetRun", "run/bob-churn/1", {}, None),
        (1, "mlflow:GetRun", "run/churn/1", {"aws:ResourceTag/access": ("open",)}, "ReadOpen"),
        (1, "mlflow:GetRun", "run/churn/1", {"aws:ResourceTag/access": ("blue",)}, None),
        (
            1,
            "mlflow:GetRun",
            "run/churn/1",
            {"aws:ResourceTag/access": ("blue",), "aws:PrincipalTag/team": ("blue",)},
            "ReadOpen",
        ),
        (1, "mlflow:GetRun", "run/churn/1", {}, None),
        (
            1,
            "mlflow:SetExperimentTag",
            "experiment/churn",
            {"aws:ResourceTag/access": ("open",), "aws:TagKeys": ("note",)},
            "ReadOpen",
        ),
        (
            1,
            "mlflow:SetExperimentTag",
            "experiment/churn",
            {"aws:ResourceTag/access": ("open",), "aws:TagKeys": ("note", "access")},
            "LeaveTheTag",
        ),
        (2, _MOVE, _VERSION, _PRODUCTION, "MoveVersions"),
        (2, _MOVE, _VERSION, {"mlflow:Stage": ("Staging",), "aws:SourceIp": ("192.0.2.1",)}, "MoveVersions"),
        (2, _MOVE, _VERSION, {**_PRODUCTION, "aws:SourceIp": ("192.0.2.1",)}, "NotFromElsewhere"),
        (2, _MOVE, _VERSION, {**_PRODUCTION, "aws:SourceIp": ("2001:db8:20::9",)}, "MoveVersions"),
        (2, _MOVE, _VERSION, {**_PRODUCTION, "cloister:AuthenticationAge": ("901",)}, "NotWithAnOldLogin"),
        (2, _MOVE, _VERSION, {**_PRODUCTION, "aws:CurrentTime": ("2026-12-24T00:00:00Z",)}, "NotInTheLastDays"),
        (2, _MOVE, _VERSION, {**_PRODUCTION, "aws:CurrentTime": ("2027-01-02T00:00:00Z",)}, "MoveVersions"),
    ],
)
def test_the_examples_decide_what_the_page_says(
    example: int, action: str, resource: str, context: Context, rule: str | None
) -> None:
    policies = PolicySet([read_policy(_EXAMPLES[example], "example")])
    verdict = policies.decide(Request(_ADA, action, resource, {**_WHO, **context}))
    decided = verdict.trace[0].rule
    expected = f"policy example, statement {rule}" if rule else "deny by default"
    assert (decided.name if decided else "") == expected
    assert (verdict.answer is Answer.ALLOW) == (rule in ("OwnSpace", "ReadOpen", "MoveVersions"))


def test_every_example_is_a_document() -> None:
    assert [json.loads(example)["Version"] for example in _EXAMPLES] == ["2012-10-17"] * 3
