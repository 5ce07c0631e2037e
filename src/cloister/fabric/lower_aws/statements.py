"""Statements of IAM documents, as far as they say who gets through to what: read once, and asked in three values.

Nothing is refused here: what a statement says and is not understood makes its answer None, and so does a condition on
what no model of the network knows.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from cloister.fabric.addresses import all_of, any_of

Conditions = tuple[tuple[str, str, tuple[str, ...]], ...]
Known = Mapping[str, tuple[str, ...] | None]
"""What is known of a request by condition key in lower case: its values, none, or None where it is not known."""
_IF_EXISTS = "IfExists"
_WHO = ("aws:principal", "aws:userid", "aws:username")
_IDS = ("vpce-", "vpc-")
"""How ids begin that AWS gives: which endpoint or VPC of the environment has one is not known here."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `principals` is empty where it is about everyone; those that it excepts make it not understood."""

    name: str
    allow: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principals: tuple[str, ...]
    conditions: Conditions
    understood: bool

    def about_action(self, action: str) -> bool:
        """Whether it speaks of an action."""
        return any(fnmatchcase(action.lower(), one.lower()) for one in self.actions)

    def about_resource(self, resource: str) -> bool:
        """Whether it speaks of a resource."""
        return any(fnmatchcase(resource, one) for one in self.resources)

    def meets(self, known: Known) -> bool | None:
        """Whether all of its conditions hold; None where that is not known.

        Conditions on who asks hold for somebody, which is enough to allow, and not for everybody, which a denial needs.
        """
        holding = (self.allow if _about_who(one) else _holds(one, known) for one in self.conditions)
        return all_of((True if self.understood else None, *holding))


def statements(policy: str) -> tuple[Statement, ...]:
    """The statements of a document."""
    document = json.loads(policy)
    listed = document.get("Statement", [])
    return tuple(_statement(one, at) for at, one in enumerate(listed if isinstance(listed, list) else [listed]))


def _statement(one: Any, at: int) -> Statement:  # noqa: ANN401 - any JSON value
    plain = one if isinstance(one, dict) else {}
    inverted = any(key in plain for key in ("NotAction", "NotResource", "NotPrincipal"))
    sound = plain.get("Effect") in ("Allow", "Deny") and not inverted
    return Statement(
        name=str(plain.get("Sid") or f"statement {at + 1}"),
        allow=plain.get("Effect") == "Allow",
        actions=_texts(plain.get("Action")) or ("*",),
        resources=_texts(plain.get("Resource")) or ("*",),
        principals=tuple(_principals(plain.get("Principal"))),
        conditions=tuple(_conditions(plain.get("Condition"))),
        understood=sound,
    )


def _texts(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - as above
    items = value if isinstance(value, list) else [value]
    return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in items if item is not None)


def _principals(value: Any) -> Iterator[str]:  # noqa: ANN401 - as above
    if isinstance(value, dict):
        listed = [text for part in value.values() for text in _texts(part)]
    else:
        listed = list(_texts(value))
    yield from () if "*" in listed else listed


def _conditions(value: Any) -> Iterator[tuple[str, str, tuple[str, ...]]]:  # noqa: ANN401 - as above
    for operator, comparisons in value.items() if isinstance(value, dict) else ():
        for key, wanted in comparisons.items() if isinstance(comparisons, dict) else ():
            yield str(operator), str(key).lower(), _texts(wanted)


def _about_who(condition: tuple[str, str, tuple[str, ...]]) -> bool:
    return condition[1].startswith(_WHO)


def _holds(condition: tuple[str, str, tuple[str, ...]], known: Known) -> bool | None:
    operator, key, wanted = condition
    plain = operator.removesuffix(_IF_EXISTS)
    if key not in known or known[key] is None:
        return None
    values = known[key] or ()
    if values and any(one.startswith(_IDS) for one in wanted) and not set(values) & set(wanted):
        return None
    if plain == "Null":
        return str(not values).lower() == wanted[0].lower()
    negated = "Not" in plain
    if not values:
        return negated or plain != operator
    compare = _COMPARED.get(plain.replace("Not", ""))
    if compare is None:
        return None
    return any(compare(value, one) for value in values for one in wanted) != negated


def _same(value: str, wanted: str) -> bool:
    return value == wanted


def _same_letters(value: str, wanted: str) -> bool:
    return value.lower() == wanted.lower()


def _like(value: str, wanted: str) -> bool:
    return fnmatchcase(value, wanted)


_COMPARED = {
    "StringEquals": _same,
    "StringEqualsIgnoreCase": _same_letters,
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": _same_letters,
}


def lets_through(found: Iterable[Statement], actions: Iterable[str], resource: str, known: Known) -> bool | None:
    """Whether a document lets anybody do one of the actions to a resource: denied before allowed before nothing said.

    That a statement is about some principals only makes no difference to an allowance: somebody has it. A denial counts
    where it is about everyone.
    """
    listed = tuple(found)
    return any_of(_one_action(listed, action, resource, known) for action in actions)


def _one_action(found: tuple[Statement, ...], action: str, resource: str, known: Known) -> bool | None:
    speaking = [one for one in found if one.about_action(action) and one.about_resource(resource)]
    denied = any_of(
        one.meets(known) if not one.principals else _at_most_doubt(one.meets(known))
        for one in speaking
        if not one.allow
    )
    allowed = any_of(one.meets(known) for one in speaking if one.allow)
    return all_of((allowed, None if denied is None else not denied))


def _at_most_doubt(holds: bool | None) -> bool | None:
    return False if holds is False else None
