"""Decisions: explicit deny, then allow, then deny by default, each with the statement that decided."""

import json

import pytest

from cloister.access.conditions import Context
from cloister.access.decision import Breadth, Request, decide
from cloister.access.duties import Duties, separate
from cloister.access.policies import Policy, read_policy
from cloister.access.policy_set import PolicySet
from cloister.access.principals import Principal, job_step
from cloister.access.roles import ROLES, policies_of, role_policy
from cloister.errors import SpecError
from cloister.verdict import Answer

_ADA = Principal("ada", "user")


def policy(*statements: dict[str, object], name: str = "p") -> Policy:
    return read_policy(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}), name)


def allow(action: object, resource: object = "*", **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: object, resource: object = "*", **more: object) -> dict[str, object]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


@pytest.mark.parametrize(
    ("statements", "action", "resource", "answer", "rule"),
    [
        ((), "mlflow:GetRun", "run/a/1", Answer.DENY, "deny by default"),
        ((allow("*"),), "mlflow:GetRun", "run/a/1", Answer.ALLOW, "policy p, statement /Statement/0"),
        ((allow("mlflow:getrun"),), "mlflow:GetRun", "run/a/1", Answer.ALLOW, "policy p, statement /Statement/0"),
        ((allow("mlflow:Get*"),), "mlflow:SearchRuns", "run/a/1", Answer.DENY, "deny by default"),
        ((allow("mlflow:Get???"),), "mlflow:GetRun", "run/a/1", Answer.ALLOW, "policy p, statement /Statement/0"),
        ((allow("*", "run/a/*"),), "mlflow:GetRun", "run/a/1", Answer.ALLOW, "policy p, statement /Statement/0"),
        ((allow("*", "run/A/*"),), "mlflow:GetRun", "run/a/1", Answer.DENY, "deny by default"),
        ((allow("*", "run/a/*"),), "mlflow:GetRun", "run/a%2Fb/1", Answer.DENY, "deny by default"),
        ((allow("*", ["x", "run/?/1"]),), "mlflow:GetRun", "run/a/1", Answer.ALLOW, "policy p, statement /Statement/0"),
        ((allow("*"), deny("*")), "mlflow:GetRun", "run/a/1", Answer.DENY, "policy p, statement /Statement/1"),
        (
            (allow("*"), deny("*", "run/secret/*")),
            "mlflow:GetRun",
            "run/a/1",
            Answer.ALLOW,
            "policy p, statement /Statement/0",
        ),
        (
            ({"Effect": "Allow", "NotAction": "mlflow:Delete*", "Resource": "*"},),
            "mlflow:DeleteRun",
            "run/a/1",
            Answer.DENY,
            "deny by default",
        ),
        (
            ({"Effect": "Deny", "Action": "*", "NotResource": "run/a/*"}, allow("*")),
            "mlflow:GetRun",
            "run/b/1",
            Answer.DENY,
            "policy p, statement /Statement/0",
        ),
    ],
)
def test_decisions(
    statements: tuple[dict[str, object], ...], action: str, resource: str, answer: Answer, rule: str
) -> None:
    policies = [policy(*statements)] if statements else []
    verdict = decide(policies, Request(_ADA, action, resource))
    decided = verdict.trace[0].rule
    assert (verdict.answer, decided.name if decided else None) == (answer, rule)
    assert action in verdict.reason
    assert resource in verdict.reason
    assert bool(verdict.mend) == (answer is Answer.DENY)


def test_a_deny_in_one_policy_wins_over_an_allow_in_another() -> None:
    policies = (policy(allow("*"), name="wide"), policy(deny("mlflow:DeleteRun"), name="careful"))
    verdict = decide(policies, Request(_ADA, "mlflow:DeleteRun", "run/a/1"))
    assert verdict.reason == "ada is denied mlflow:DeleteRun on run/a/1"


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ((allow("mlflow:Search*"),), Breadth.ALL),
        ((allow("mlflow:Search*", "experiment/*"),), Breadth.ALL),
        ((allow("mlflow:Search*", "experiment/a*"),), Breadth.SOME),
        ((allow("*"), deny("mlflow:SearchExperiments", "experiment/secret")), Breadth.SOME),
        ((allow("*"), deny("mlflow:DeleteRun")), Breadth.ALL),
        ((allow("*", Condition={"StringEquals": {"mlflow:Stage": "x"}}),), Breadth.SOME),
        (({"Effect": "Allow", "Action": "*", "NotResource": "x"},), Breadth.SOME),
        ((allow("mlflow:GetRun"),), Breadth.NONE),
    ],
)
def test_how_broad_a_right_is(statements: tuple[dict[str, object], ...], expected: Breadth) -> None:
    assert PolicySet([policy(*statements)]).breadth("mlflow:SearchExperiments", "experiment") is expected


# Role, action, resource, context: what the roles may, beside what they may not.
_MAY = [
    ("admin", "mlflow:DeleteExperiment", {}, True),
    ("admin", "cloister:ManageUser", {}, True),
    ("reader", "mlflow:GetRun", {}, True),
    ("reader", "mlflow:SearchRuns", {}, True),
    ("reader", "mlflow:GetArtifact", {}, True),
    ("reader", "mlflow:AccessUI", {}, True),
    ("reader", "mlflow:CreateRun", {}, False),
    ("reader", "mlflow:SetTag", {}, False),
    ("reader", "mlflow:TransitionModelVersionStage", {"mlflow:Stage": ("Staging",)}, False),
    ("reader", "cloister:ReadAudit", {}, False),
    ("reader", "cloister:InvokeEndpoint", {}, False),
    ("member", "mlflow:CreateExperiment", {}, True),
    ("member", "mlflow:CreateRegisteredModel", {}, True),
    ("member", "mlflow:DeleteRun", {"mlflow:Owned": ("true",)}, True),
    ("member", "mlflow:GetRun", {"mlflow:Owned": ("false",), "mlflow:ParentOwned": ("true",)}, True),
    ("member", "mlflow:GetRun", {"mlflow:Owned": ("false",), "mlflow:ParentOwned": ("false",)}, False),
    ("member", "mlflow:GetRun", {}, False),
    ("member", "cloister:NameAuthor", {"mlflow:Owned": ("true",)}, False),
    ("approver", "mlflow:CreateModelVersion", {}, True),
    ("approver", "mlflow:TransitionModelVersionStage", {"mlflow:Stage": ("Production",)}, True),
    ("approver", "mlflow:SetRegisteredModelAlias", {"mlflow:Alias": ("champion",)}, True),
    ("approver", "mlflow:CreateRun", {}, False),
    ("approver", "mlflow:PutArtifact", {}, False),
    ("approver", "mlflow:DeleteRegisteredModel", {}, False),
    ("approver", "mlflow:RenameRegisteredModel", {}, False),
    ("job", "mlflow:CreateRun", {}, True),
    ("job", "mlflow:CreateModelVersion", {}, True),
    ("job", "mlflow:LogBatch", {"mlflow:Owned": ("true",)}, True),
    ("job", "mlflow:LogBatch", {"mlflow:Owned": ("false",)}, False),
    ("job", "mlflow:PutArtifact", {}, False),
    ("job", "mlflow:DeleteArtifact", {"mlflow:Owned": ("true",)}, False),
    ("job", "mlflow:TransitionModelVersionStage", {"mlflow:Stage": ("Staging",)}, False),
    ("job", "mlflow:SetRegisteredModelAlias", {"mlflow:Alias": ("candidate",)}, True),
    ("job", "mlflow:SetRegisteredModelAlias", {"mlflow:Alias": ("Champion",)}, False),
    ("job", "mlflow:AccessUI", {}, False),
    ("service", "mlflow:GetArtifact", {}, True),
    ("service", "mlflow:CreateRun", {}, False),
]


@pytest.mark.parametrize(("role", "action", "context", "may"), _MAY)
def test_what_the_roles_may(role: str, action: str, context: Context, may: bool) -> None:
    verdict = decide([role_policy(role)], Request(_ADA, action, "run/a/1", context))
    assert (verdict.answer is Answer.ALLOW) is may


def test_roles_come_from_kind_and_groups() -> None:
    roles = {"ml-admins": "admin", "auditors": "reader"}
    by = {
        "a member": Principal("ada", "user", ("ml-admins", "auditors", "unheard-of")),
        "nobody": Principal("eve", "user"),
        "a step": job_step("train", "fit", "ada"),
    }
    assert {who: [policy.name for policy in policies_of(one, roles)] for who, one in by.items()} == {
        "a member": ["admin", "reader"],
        "nobody": [],
        "a step": ["job"],
    }


def test_an_unknown_role_is_a_fault() -> None:
    with pytest.raises(SpecError, match="use one of admin, reader, member, approver, job, service"):
        role_policy("owner")


def _move(principal: Principal, stage: str = "Production") -> Request:
    return Request(principal, "mlflow:TransitionModelVersionStage", "model-version/m/1", {"mlflow:Stage": (stage,)})


@pytest.mark.parametrize(
    ("principal", "makers", "answer", "reason"),
    [
        (_ADA, {"bob"}, Answer.ALLOW, "ada may mlflow:TransitionModelVersionStage on model-version/m/1"),
        (_ADA, {"ada"}, Answer.DENY, "ada made model-version/m/1 (ada) and may not approve it"),
        (_ADA, {"job/train/fit", "ada"}, Answer.DENY, "ada made model-version/m/1 (ada) and may not approve it"),
        (
            job_step("promote", "go", "ada"),
            {"ada"},
            Answer.DENY,
            "job/promote/go for ada made model-version/m/1 (ada) and may not approve it",
        ),
        (_ADA, set(), Answer.DENY, "it is not recorded who made model-version/m/1"),
        (_ADA, None, Answer.DENY, "it is not recorded who made model-version/m/1"),
    ],
)
def test_duties_are_separated(principal: Principal, makers: set[str] | None, answer: Answer, reason: str) -> None:
    request = _move(principal)
    verdict = separate(decide([role_policy("admin")], request), request, makers)
    assert (verdict.answer, verdict.reason) == (answer, reason)


@pytest.mark.parametrize(
    ("duties", "stage", "guarded"),
    [
        (Duties(), "Production", True),
        (Duties(), "pRoDuCtIoN", True),
        (Duties(), "Staging", False),
        (Duties(stages=("Staging",)), "Staging", True),
        (Duties(separated=False), "Production", False),
    ],
)
def test_which_moves_need_a_second_person(duties: Duties, stage: str, guarded: bool) -> None:
    assert duties.guards(_move(_ADA, stage)) is guarded


def test_a_denied_move_stays_denied_whoever_made_it() -> None:
    request = _move(_ADA)
    denied = decide([role_policy("reader")], request)
    assert separate(denied, request, {"bob"}) is denied


@pytest.mark.parametrize("role", ROLES)
def test_every_role_that_comes_with_cloister_is_read(role: str) -> None:
    assert role_policy(role).statements
