"""Calls of an API: `execute-api:Invoke` on a method and a path, asked beside what a request does to which object.

Resources after "Control access for invoking an API" (docs.aws.amazon.com/apigateway/latest/developerguide, read
2026-11): `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH`, where `*` stands for anything, slashes included.

Only statements that name such calls answer, by an action of `execute-api` or by an ARN. An allow of everything but
deletions (`NotAction`) never meant the call that deletes, although it does not name it either.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from cloister.access.decision import Request, is_explicit_deny
from cloister.access.globs import Patterns
from cloister.access.policies import Policy, Statement
from cloister.access.policy_set import PolicySet
from cloister.facts.actions import served_calls
from cloister.verdict import Answer, Verdict

INVOKE: Final = "execute-api:Invoke"
_SERVICE: Final = "execute-api:"
_ARN: Final = "arn:"
_KEPT_SETS: Final = 256
_PARAMETER: Final = re.compile(r"\{[^{}]+\}")


@dataclass(frozen=True, slots=True)
class Api:
    """The API that a gateway is, as policies name it."""

    region: str
    account: str
    api_id: str
    stage: str
    partition: str = "aws"

    def call(self, method: str, path: str) -> str:
        """The name of a call in policies; the path begins with a slash and has neither stage nor query."""
        return (
            f"arn:{self.partition}:execute-api:{self.region}:{self.account}:{self.api_id}/{self.stage}/{method}{path}"
        )


@lru_cache(maxsize=_KEPT_SETS)
def about_calls(policies: PolicySet) -> PolicySet | None:
    """What of the policies speaks of calls; None where nothing does, and then nobody needs to ask."""
    found = (
        Policy(policy.name, tuple(statement for statement in policy.statements if _names_calls(statement)))
        for policy in policies.policies
    )
    speaking = tuple(policy for policy in found if policy.statements)
    return PolicySet(speaking) if speaking else None


def joined(of_object: Verdict, of_call: Verdict) -> Verdict:
    """One verdict out of two questions: an explicit deny in either refuses, an allow in either is enough."""
    for verdict in (of_object, of_call):
        if is_explicit_deny(verdict):
            return verdict
    return of_call if of_object.answer is not Answer.ALLOW and of_call.answer is Answer.ALLOW else of_object


def by_any_call(policies: PolicySet, request: Request, api: Api | None) -> Verdict:
    """The answer about an action where nobody says by which call: of the object, or of the best call that does it."""
    of_object = policies.decide(request)
    speaking = about_calls(policies) if api is not None else None
    if api is None or speaking is None:
        return of_object
    calls = [call for call in served_calls() if call.action == request.action]
    names = (api.call(call.method, _PARAMETER.sub("x", call.path)) for call in calls)
    answers = [joined(of_object, speaking.decide(replace(request, action=INVOKE, resource=name))) for name in names]
    return min(answers, key=lambda one: one.answer is not Answer.ALLOW, default=of_object)


def _names_calls(statement: Statement) -> bool:
    return _begins(statement.actions, _SERVICE) or _begins(statement.resources, _ARN)


def _begins(patterns: Patterns, text: str) -> bool:
    return not patterns.inverted and any(pattern.casefold().startswith(text) for pattern in patterns.texts)
