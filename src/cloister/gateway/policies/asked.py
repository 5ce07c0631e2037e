"""Who has which policies, and through what; and who can do something, before anybody has tried."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Engine

from cloister.access.invocations import INVOKE, Api, about_calls
from cloister.access.policies import Policy
from cloister.access.policy_set import PolicySet
from cloister.access.principals import Principal
from cloister.access.roles import roles_of
from cloister.access.supposing import Supposed, suppose
from cloister.errors import Fault, SpecError
from cloister.facts.actions import served_calls
from cloister.gateway.guard import Guard
from cloister.gateway.identity.users import find_user, list_users
from cloister.gateway.policies.kept import everything
from cloister.gateway.policies.standing import targets_of
from cloister.verdict import Answer

_ANY_JOB = "job/any/any"
_ANY_SERVICE = "service/any"
_PARTS_OF_A_JOB = 3


@dataclass(frozen=True, slots=True)
class Able:
    """A principal that can do something, or perhaps can; `through` says how it came to the policy."""

    principal: str
    kind: str
    supposed: Supposed
    through: tuple[str, ...]


def principal_of(engine: Engine, text: str) -> Principal:
    """The principal that a text names: a user, group/NAME (any member), job/JOB/STEP or service/NAME.

    Raises SpecError where there is no such user.
    """
    kind, slash, name = text.partition("/")
    if slash and name and kind == "group":
        return Principal(text, "user", (name,))
    if slash and name and kind == "service":
        return Principal(text, "service")
    if kind == "job" and len(text.split("/")) == _PARTS_OF_A_JOB:
        return Principal(text, "job")
    user = find_user(engine, text)
    if user is None:
        mend = "name a user (cloister user list), group/NAME, job/JOB/STEP or service/NAME"
        raise SpecError(Fault(f'principal "{text}"', "is not known", mend))
    return Principal(user.name, "user", user.groups)


def known_principals(guard: Guard) -> Iterator[tuple[str, Principal]]:
    """Everybody that policies can speak for, by kind: users that are let in, groups, jobs and services."""
    for user in list_users(guard.engine):
        if not user.disabled:
            yield "user", Principal(user.name, "user", user.groups)
    attached = {target.name for _, target in everything(guard.engine).attachments if target.kind == "group"}
    for group in sorted({*guard.role_of_group, *attached}):
        yield "group", Principal(f"group/{group}", "user", (group,))
    yield "job", Principal(_ANY_JOB, "job")
    yield "service", Principal(_ANY_SERVICE, "service")


def who_can(guard: Guard, api: Api | None, action: str, resource: str) -> tuple[Able, ...]:
    """Everybody who can do it, or perhaps can. What a request would bring along is not known, but for the name."""
    found: list[Able] = []
    for kind, principal in known_principals(guard):
        policies = guard.policies(principal)
        known = {"aws:username": (principal.name,)} if kind == "user" else {}
        supposed = suppose(policies.policies, action, resource, known)
        if not _is_denied(supposed) and supposed.answer is not Answer.ALLOW and api is not None:
            supposed = _by_call(policies, api, action, supposed)
        if supposed.answer is not Answer.DENY:
            found.append(Able(principal.name, kind, supposed, through(guard, principal, supposed.policy)))
    return tuple(found)


def through(guard: Guard, principal: Principal, policy: str) -> tuple[str, ...]:
    """How a principal comes to a policy: the groups that give it a role of that name, and what it is attached to."""
    roles = roles_of(principal, guard.role_of_group)
    by_group = [
        f"group/{group} has the role {policy}"
        for group in principal.groups
        if policy in roles and guard.role_of_group.get(group) == policy
    ]
    by_kind = [f"every {principal.kind} has the role {policy}"] if policy in roles and not by_group else []
    attached = [
        f"attached to {target}"
        for target in targets_of(principal, roles)
        if policy in guard.standing.now.names_attached_to(target)
    ]
    return (*by_group, *by_kind, *attached)


def _is_denied(supposed: Supposed) -> bool:
    return supposed.answer is Answer.DENY and bool(supposed.policy)


def _by_call(policies: PolicySet, api: Api, action: str, otherwise: Supposed) -> Supposed:
    """The answer by way of a call that does the action, where one is allowed."""
    speaking = about_calls(policies)
    of_calls: tuple[Policy, ...] = speaking.policies if speaking else ()
    for call in served_calls() if of_calls else ():
        if call.action == action:
            found = suppose(of_calls, INVOKE, api.call(call.method, call.path), {})
            if found.answer is Answer.ALLOW:
                return found
    return otherwise
