"""What roles may do, by their policies: the evaluation of IAM over calls of an API, and statements as they are written.

A policy with an element that is not understood decides nothing: whoever asks is told so.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from cloister.access.conditions import Condition
from cloister.access.decision import Request, decide
from cloister.access.policies import Policy, read_policy
from cloister.access.principals import service
from cloister.errors import SpecError
from cloister.facts.mlflow_calls import MlflowCall
from cloister.inventory.aws import IamRole, Inventory, RestApi
from cloister.verdict import Answer

INVOKE = "execute-api:Invoke"
UNREADABLE = "not all of its policies can be read here: one is AWS's own, or has an element that is not understood"
SPELL_OUT = "write its rights as policies of its own, with Action, Resource and simple conditions"
ROLES = {"admin": "administrator", "reader": "reader", "approver": "model approver"}
"""The three roles of the published pattern, by the word in their names."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A role that may call an API, and which of the three it is by its name, empty where that does not tell."""

    role: IamRole
    kind: str


@cache
def policies_of(role: IamRole) -> tuple[Policy, ...] | None:
    """The policies of a role, None where one cannot be read, or is one of AWS's own."""
    try:
        found = tuple(read_policy(one.policy, one.name, foreign=True) for one in role.policies)
    except SpecError:
        return None
    conditions = (one for policy in found for statement in policy.statements for one in statement.conditions)
    if role.managed_policies or role.permissions_boundary or not all(map(_is_simple, conditions)):
        return None
    return found


def _is_simple(condition: Condition) -> bool:
    """Whether a condition compares texts or truth values: what those are can be told without the request's time."""
    return condition.operator.startswith(("String", "Bool", "Null"))


def statements(document: str) -> Iterator[Mapping[str, Any]]:
    """The statements of a policy as they are written."""
    parsed = json.loads(document)
    written = parsed.get("Statement", []) if isinstance(parsed, dict) else []
    yield from (one for one in (written if isinstance(written, list) else [written]) if isinstance(one, dict))


def words(value: object) -> tuple[str, ...]:
    """The texts of an element that may be one or a list of them."""
    several = value if isinstance(value, list) else [value]
    return tuple(one for one in several if isinstance(one, str))


def callers(inventory: Inventory) -> tuple[Caller, ...]:
    """The roles whose policies speak of calling an API."""
    found = [role for role in inventory.iam_roles if any(_speaks_of_calls(one.policy) for one in role.policies)]
    return tuple(Caller(role, next((kind for kind in ROLES if kind in role.name.lower()), "")) for role in found)


def _speaks_of_calls(document: str) -> bool:
    actions = (action.lower() for one in statements(document) for action in words(one.get("Action")))
    return any(action.startswith("execute-api:") for action in actions)


def arn_of(inventory: Inventory, api: RestApi, stage: str, call: MlflowCall) -> str:
    """The name of a call as policies have it."""
    account = inventory.account(api.account)
    number = account.account_id if account else ""
    region = api.region or inventory.region
    return f"arn:aws:execute-api:{region}:{number}:{api.api_id or '*'}/{stage}/{call.method}{call.path}"


def allowed(inventory: Inventory, role: IamRole, api: RestApi, call: MlflowCall) -> bool | None:
    """Whether a role may make a call under any stage of an API, None where its policies cannot be read as a whole."""
    may = [may_call(role, arn_of(inventory, api, stage.name, call)) for stage in api.stages]
    return None if None in may else any(may)


def may_call(role: IamRole, arn: str) -> bool | None:
    """Whether a role may make a call, None where its policies cannot be read as a whole."""
    policies = policies_of(role)
    if policies is None:
        return None
    return decide(policies, Request(service(role.name), INVOKE, arn)).answer is Answer.ALLOW
