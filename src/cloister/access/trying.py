"""Who gains and who loses what by a change of policies: decisions before and after, over everything that can be asked.

Asked are all known actions, on one object of each kind that nothing names, and on one for each name in the policies;
under no condition, and under each value that a condition names. What hangs on two values at once may go unseen.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from cloister.access.conditions import Context
from cloister.access.decision import Request
from cloister.access.invocations import Api, by_any_call
from cloister.access.policies import Policy
from cloister.access.policy_set import PolicySet
from cloister.access.principals import Principal
from cloister.facts.actions import known_actions
from cloister.verdict import Answer, Verdict

_DEPTHS: Final = {"run": 2, "logged-model": 2, "model-version": 2, "artifact": 3, "server": 0, "audit": 0}
_WILD: Final = re.compile(r"[*?]|\$\{[^}]*\}")
_STANDS_IN: Final = "x"
_MOST_CONTEXTS: Final = 60
_MOST_NAMES: Final = 200


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody with the policies that speak for it before the change and after it."""

    principal: Principal
    before: PolicySet
    after: PolicySet


@dataclass(frozen=True, slots=True)
class Change:
    """What some principals gain or lose: actions on a resource, under a condition or under none."""

    gains: bool
    principals: tuple[str, ...]
    actions: tuple[str, ...]
    resource: str
    when: str
    rule: str


@dataclass(frozen=True, slots=True)
class _Question:
    action: str
    resource: str
    asked: str
    when: str
    context: Context


def changes(standings: Sequence[Standing], api: Api | None = None) -> tuple[Change, ...]:
    """Every change, gains first; equal ones of several principals and actions as one.

    `api` is what the gateway is called where policies speak of calls.
    """
    changed = [one for one in standings if one.before.policies != one.after.policies]
    found: dict[tuple[bool, str, str, str], dict[str, set[str]]] = {}
    questions = tuple(_questions({policy for one in changed for policy in (*one.before.policies, *one.after.policies)}))
    for one in changed:
        for gains, question, rule in _differences(one, questions, api):
            key = (not gains, question.resource, question.when, rule)
            found.setdefault(key, {}).setdefault(question.action, set()).add(str(one.principal))
    return tuple(_joined(found))


def _joined(found: Mapping[tuple[bool, str, str, str], Mapping[str, set[str]]]) -> Iterator[Change]:
    for (loses, resource, when, rule), by_action in sorted(found.items()):
        alike: dict[tuple[str, ...], list[str]] = {}
        for action, changed in sorted(by_action.items()):
            alike.setdefault(tuple(sorted(changed)), []).append(action)
        for principals, actions in sorted(alike.items()):
            yield Change(not loses, principals, tuple(actions), resource, when, rule)


def _differences(
    standing: Standing, questions: Iterable[_Question], api: Api | None
) -> Iterator[tuple[bool, _Question, str]]:
    around = {"aws:username": (standing.principal.name,)}
    for question in questions:
        asked = question.asked.replace("${aws:username}", standing.principal.name)
        resource = _WILD.sub(_STANDS_IN, asked)
        request = Request(standing.principal, question.action, resource, {**around, **question.context})
        before, after = (by_any_call(one, request, api) for one in (standing.before, standing.after))
        if before.answer is not after.answer:
            yield after.answer is Answer.ALLOW, question, _rule(after)


def _rule(verdict: Verdict) -> str:
    rule = verdict.trace[0].rule
    return rule.name if rule else ""


def _questions(policies: Iterable[Policy]) -> Iterator[_Question]:
    statements = [statement for policy in policies for statement in policy.statements]
    named = sorted({text for statement in statements for text in statement.resources.texts})[:_MOST_NAMES]
    contexts = tuple(_contexts(policies))
    for action, about in known_actions().items():
        resources = {_anything(kind): _object_of(kind) for kind in sorted(about)}
        for text in named:
            if any(text.startswith(f"{kind}/") for kind in about):
                resources.setdefault(text, text)
        for shown, asked in resources.items():
            for when, context in contexts:
                yield _Question(action, shown, asked, when, context)


def _anything(kind: str) -> str:
    return kind if _DEPTHS.get(kind) == 0 else f"{kind}/*"


def _object_of(kind: str) -> str:
    return "/".join((kind, *(_STANDS_IN for _ in range(_DEPTHS.get(kind, 1)))))


def _contexts(policies: Iterable[Policy]) -> Iterator[tuple[str, Context]]:
    """No condition, and each value that a condition names, in words and as the context of a request."""
    yield "", {}
    found = {
        (condition.key, value)
        for policy in policies
        for statement in policy.statements
        for condition in statement.conditions
        for value in _values(condition.operator, condition.values)
    }
    for key, value in islice(sorted(found), _MOST_CONTEXTS):
        yield f"{key} is {value}", {key: (value,)}


def _values(operator: str, written: Iterable[str]) -> Iterator[str]:
    for text in written:
        if operator == "Null":
            continue
        if operator.startswith("Bool"):
            yield from ("true", "false")
        else:
            # Of a network its first address, of a pattern one name that fits it.
            yield text.partition("/")[0] if "IpAddress" in operator else _WILD.sub(_STANDS_IN, text)
