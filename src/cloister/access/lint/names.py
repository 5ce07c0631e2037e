"""Slips in names: actions that nobody knows, objects that there cannot be, keys that are not there."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Final

from cloister.access.globs import actions, names
from cloister.access.lint.slips import Places, Slip, nearest_place, slip
from cloister.access.lint.written import Text, Written
from cloister.access.visible import below
from cloister.facts.actions import keys_of_actions, kinds, known_actions

_OURS: Final = ("mlflow", "cloister")
# SageMaker's managed MLflow, after whose actions ours are named.
_MANAGED: Final = "sagemaker-mlflow:"
_INVOKE: Final = "execute-api:Invoke"
# Resources that are one object, and have no name below their kind.
_SINGLE: Final = ("server", "audit")
_LISTED: Final = 3


def action_slips(statement: Written) -> Iterator[Slip]:
    """Actions that decide nothing."""
    for one in statement.actions:
        service = one.text.partition(":")[0].casefold()
        if one.text == "*" or actions((one.text,)).matches(_INVOKE):
            continue
        if service not in _OURS and not one.text.startswith(_MANAGED):
            yield slip("foreign-action", one.at, one.place, action=one.text)
        elif not any(map(actions((one.text,)).matches, known_actions())):
            yield slip("unknown-action", one.at, one.place, action=one.text, mend=_near_action(one.text))


def resource_slips(statement: Written) -> Iterator[Slip]:
    """Resources that no object is called by, or none that the statement's actions are about."""
    if statement.names_calls and not statement.known:
        return
    about = {kind for action in statement.known for kind in known_actions()[action]}
    for one in statement.resources:
        if one.text == "*" or (one.text.startswith("arn:") and (statement.names_calls or _is_any(statement))):
            continue
        possible = _possible_kinds(one.text)
        if not possible:
            yield slip("no-object", one.at, one.place, resource=one.text, mend=_near_kind(one))
        elif about and not possible & about and "NotAction" not in statement.elements:
            known = _some(sorted(statement.known))
            yield slip("other-object", one.at, one.place, resource=one.text, actions=known, kinds=_some(sorted(about)))


def key_slips(statement: Written, places: Places) -> Iterator[Slip]:
    """Keys that are not there for any of the statement's actions."""
    conditions = statement.elements.get("Condition")
    if not isinstance(conditions, Mapping) or not statement.known:
        return
    for operator, comparisons in conditions.items():
        for row in keys_of_actions():
            allowed = row.actions.split()
            if isinstance(comparisons, Mapping) and row.key in comparisons and not statement.known & set(allowed):
                at = f"{statement.at}/Condition/{operator}/{row.key}"
                words = {"key": row.key, "actions": _some(sorted(statement.known)), "allowed": _some(allowed)}
                yield slip("key-not-there", at, nearest_place(places, at), **words)


def _is_any(statement: Written) -> bool:
    return any(one.text == "*" for one in statement.actions)


def _possible_kinds(text: str) -> set[str]:
    pattern = names((text,))
    return {kind for kind in kinds() if (pattern.matches(kind) if kind in _SINGLE else below(kind, (text,)))}


def _near_action(text: str) -> str:
    if text.startswith(_MANAGED):
        return f'write "mlflow:{text.removeprefix(_MANAGED)}"'
    by_letters = {action.casefold(): action for action in known_actions()}
    near = get_close_matches(text.casefold(), by_letters, n=1)
    return f'write "{by_letters[near[0]]}"' if near else "see which there are: docs/gateway.md"


def _near_kind(one: Text) -> str:
    if one.text.startswith("arn:"):
        return "allow execute-api:Invoke on it, or name an object, such as experiment/NAME"
    near = get_close_matches(one.text.partition("/")[0].casefold().replace("_", "-"), kinds(), n=1)
    return f'begin with "{near[0]}/"' if near else f"begin with one of {', '.join(kinds())}"


def _some(found: list[str]) -> str:
    more = len(found) - _LISTED
    return ", ".join(found[:_LISTED]) + (f" and {more} more" if more > 0 else "")
