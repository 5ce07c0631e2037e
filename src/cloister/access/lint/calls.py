"""Slips in statements on calls of an API: names that no client calls, and calls that do more than their name says."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from cloister.access.globs import names
from cloister.access.lint.slips import Slip, slip
from cloister.access.lint.written import Text, Written
from cloister.facts.actions import ServedCall, served_calls

_ARN: Final = re.compile(r"arn:[^:]*:execute-api:[^:]*:[^:]*:(?P<api>[^/]*)(?:/(?P<stage>[^/]*)(?:/(?P<call>.*))?)?")
_PLACEHOLDER: Final = re.compile(r"<[^<>]+>|\{\{[^{}]+\}\}")
_PARAMETER: Final = re.compile(r"\{[^{}]+\}")
_MOVING: Final = frozenset({"mlflow:TransitionModelVersionStage", "mlflow:SetRegisteredModelAlias"})
# Verbs that nobody expects behind a wildcard, as a sentence has them.
_UNEXPECTED: Final = {"Delete": "deletes", "Rename": "renames", "Restore": "restores"}
_TWINS: Final = (("/api/", "/ajax-api/"), ("/ajax-api/", "/api/"))
_EVERYTHING: Final = "*"


@dataclass(frozen=True, slots=True)
class NamedCall:
    """What a resource of `execute-api:Invoke` says of method and path, and the calls of MLflow that it fits."""

    call: str
    fits: tuple[ServedCall, ...]

    @property
    def is_everything(self) -> bool:
        """Whether every call fits."""
        return len(self.fits) == len(served_calls())


def named_call(resource: str) -> NamedCall | None:
    """The call that a resource names, or None where it names none at all."""
    if resource == _EVERYTHING:
        return NamedCall(_EVERYTHING, served_calls())
    found = _ARN.fullmatch(resource)
    if found is None:
        return None
    call = found["call"]
    if call is None:
        # Whatever stands in for what is left out is a star at the end, or nothing is called so.
        call = _EVERYTHING if resource.endswith(_EVERYTHING) else ""
    return NamedCall(call, _fitting(call))


def without_slash(named: NamedCall) -> NamedCall:
    """The call without a slash at its end, where no client calls it with one."""
    bare = named.call.rstrip("/")
    return named if named.fits or bare == named.call else NamedCall(bare, _fitting(bare))


def call_slips(statement: Written) -> Iterator[Slip]:
    """The slips of a statement that speaks of calls."""
    placeholders = dict.fromkeys(found for one in statement.resources for found in _PLACEHOLDER.findall(one.text))
    if placeholders:
        first = next(one for one in statement.resources if _PLACEHOLDER.search(one.text))
        yield slip("placeholder", first.at, first.place, placeholder=", ".join(placeholders))
    for one in statement.resources:
        named = named_call(one.text)
        if named is None:
            if not one.text.startswith("arn:") or ":execute-api:" in one.text:
                yield slip("no-arn", one.at, one.place, resource=one.text)
        elif not named.fits:
            yield _unfitting(one, named)
        elif statement.allows and "NotResource" not in statement.elements and not named.is_everything:
            yield from _too_wide(one, named)
        elif not statement.allows:
            yield from _half_denied(one, named)


def _unfitting(one: Text, named: NamedCall) -> Slip:
    bare = without_slash(named)
    if bare.fits:
        return slip("trailing-slash", one.at, one.place, call=named.call, bare=bare.call)
    near = get_close_matches(named.call, [call.name for call in served_calls()], n=1)
    mend = f"write {near[0]}" if near else "write METHOD/api/2.0/mlflow/..., as clients do"
    return slip("unknown-call", one.at, one.place, call=named.call or one.text, mend=mend)


def _too_wide(one: Text, named: NamedCall) -> Iterator[Slip]:
    actions = dict.fromkeys(call.action for call in named.fits)
    if "*" in named.call:
        beyond = [action for action in actions if _verb(action)]
        verbs = " and ".join(dict.fromkeys(_verb(action) for action in beyond))
        if beyond:
            listed = ", ".join(beyond)
            yield slip("more-than-named", one.at, one.place, call=named.call, verbs=verbs, actions=listed)
    if _MOVING & set(actions):
        yield slip("any-stage", one.at, one.place, call=named.call)


def _half_denied(one: Text, named: NamedCall) -> Iterator[Slip]:
    fitting = {call.name for call in named.fits}
    served = {call.name for call in served_calls()}
    for call in named.fits:
        for base, other in _TWINS:
            twin = f"{call.method}{other}{call.path.removeprefix(base)}"
            if call.path.startswith(base) and twin in served - fitting:
                yield slip("half-denied", one.at, one.place, call=call.name, twin=twin)
                return


def _fitting(call: str) -> tuple[ServedCall, ...]:
    pattern = names((call,))
    return tuple(served for served in served_calls() if pattern.matches(_PARAMETER.sub("x", served.name)))


def _verb(action: str) -> str:
    name = action.partition(":")[2]
    return next((words for verb, words in _UNEXPECTED.items() if name.startswith(verb)), "")
