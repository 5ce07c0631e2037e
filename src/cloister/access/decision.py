"""The decision: whether a principal may do an action on a resource, and which statement makes it so.

Explicit deny wins, then an allow, and what no statement speaks of is denied (IAM policy evaluation logic,
docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html, read 2026-11).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from cloister.access.conditions import Context
from cloister.access.policies import Effect, Policy, Statement
from cloister.access.principals import Principal
from cloister.verdict import Answer, Layer, Outcome, Rule, Step, Verdict

_BY_DEFAULT: Final = Rule("deny by default")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: `mlflow:CreateRun` on `experiment/churn`, for example, with what conditions may look at."""

    principal: Principal
    action: str
    resource: str
    context: Context = field(default_factory=dict)


class Breadth(StrEnum):
    """How much of a kind of resource somebody may use: all that there will ever be, some, or none."""

    ALL = "all"
    SOME = "some"
    NONE = "none"


def context(**values: str) -> Mapping[str, tuple[str, ...]]:
    """A context of single values; `mlflow_Stage="Production"` stands for the key `mlflow:Stage`."""
    return {key.replace("_", ":", 1): (value,) for key, value in values.items()}


def decide(policies: Iterable[Policy], request: Request) -> Verdict:
    """ALLOW or DENY, with the statement that decided: the plain reading, statement by statement.

    `access.policy_set` answers the same at a fraction of the cost; tests hold the two against each other.
    """
    matching = [
        (policy, statement)
        for policy in policies
        for statement in policy.statements
        if statement.matches(request.action, request.resource, request.context)
    ]
    for policy, statement in matching:
        if statement.effect is Effect.DENY:
            return denied_by(policy, statement, request)
    for policy, statement in matching:
        return allowed_by(policy, statement, request)
    return denied_by_default(request)


def denied_by(policy: Policy, statement: Statement, request: Request) -> Verdict:
    """The DENY of a statement that denies."""
    reason = f"{request.principal} is denied {request.action} on {request.resource}"
    return _verdict(Answer.DENY, reason, request, _rule(policy, statement))


def allowed_by(policy: Policy, statement: Statement, request: Request) -> Verdict:
    """The ALLOW of a statement that allows, where none denies."""
    reason = f"{request.principal} may {request.action} on {request.resource}"
    return _verdict(Answer.ALLOW, reason, request, _rule(policy, statement))


def denied_by_default(request: Request) -> Verdict:
    """The DENY where no statement speaks of the request."""
    reason = f"no statement lets {request.principal} do {request.action} on {request.resource}"
    return _verdict(Answer.DENY, reason, request, _BY_DEFAULT)


def is_explicit_deny(verdict: Verdict) -> bool:
    """Whether a statement refused, and not merely none allowed."""
    return verdict.answer is Answer.DENY and verdict.trace[0].rule != _BY_DEFAULT


def breadth(speaking: Iterable[Statement], kind: str) -> Breadth:
    """How much of `kind` (`experiment`, `registered-model`) statements on one action allow, whatever the context.

    ALL only where it is certain: an allow on `*` or `kind/*` without condition, and no deny that speaks of the action.
    Everything else is SOME, to be decided one by one, unless nothing allows the action. An empty kind is every kind.
    """
    found = list(speaking)
    allows = [statement for statement in found if statement.effect is Effect.ALLOW]
    if not allows:
        return Breadth.NONE
    whole = {"*", f"{kind}/*"} if kind else {"*"}
    everything = any(
        not statement.conditions
        and not statement.resources.inverted
        and not whole.isdisjoint(statement.resources.texts)
        for statement in allows
    )
    return Breadth.ALL if everything and len(allows) == len(found) else Breadth.SOME


def refused(request: Request, reason: str, rule: Rule, mend: str) -> Verdict:
    """A DENY for a reason other than a statement: separation of duties, an unknown owner, an unknown route."""
    step = Step(Layer.AUTHORIZATION, request.resource, Outcome.REFUSE, reason, rule)
    return Verdict(Answer.DENY, reason, (step,), mend)


def _rule(policy: Policy, statement: Statement) -> Rule:
    return Rule(name=f"policy {policy.name}, statement {statement.name}")


def _verdict(answer: Answer, reason: str, request: Request, rule: Rule) -> Verdict:
    outcome = Outcome.PASS if answer is Answer.ALLOW else Outcome.REFUSE
    step = Step(Layer.AUTHORIZATION, request.resource, outcome, reason, rule)
    mend = "" if answer is Answer.ALLOW else f"ask an administrator for a role that allows {request.action}"
    return Verdict(answer, reason, (step,), mend)
