"""The meaning of a document, written anew: calls of an API as the actions on objects that they stand for.

Where a document is one of the three roles of the published pattern, what is written is what the pattern says that the
role may do, which its calls say too much of (they rename) and too little (a path that no client calls).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from cloister.access.lint.calls import named_call, without_slash
from cloister.access.lint.linting import Linted
from cloister.access.lint.written import Written
from cloister.facts.actions import ServedCall, published_roles, served_calls

_VERSION: Final = "2012-10-17"
_OF_MODELS: Final = ("/registered-models/", "/model-versions/")


@dataclass(frozen=True, slots=True)
class Mended:
    """The corrected document, which published role it is (empty: none), and what that role is to mean."""

    document: dict[str, object]
    role: str
    meaning: str


def mended(linted: Linted) -> Mended:
    """The document with the meaning that it has, or was published to have."""
    role = _published_role(linted.statements)
    if role:
        rows = [row for row in published_roles() if row.role == role]
        statements: list[dict[str, object]] = [
            {"Sid": row.sid, "Effect": "Allow", "Action": _one_or_many(row.actions.split()), "Resource": "*"}
            for row in rows
        ]
        return Mended(_document(statements), role, "; ".join(row.meaning for row in rows))
    return Mended(_document([new for one in linted.statements for new in _translated(one)]), "", "")


def _document(statements: list[dict[str, object]]) -> dict[str, object]:
    return {"Version": _VERSION, "Statement": statements}


def _published_role(statements: tuple[Written, ...]) -> str:
    """The role that the calls are, once slashes at their ends are gone, or an empty text."""
    if not statements or not all(one.allows and one.is_plain and _is_of_calls(one) for one in statements):
        return ""
    calls = {call for one in statements for call in _calls(one)}
    if len(calls) == len(served_calls()):
        return "admin"
    if not {call for call in served_calls() if call.method == "GET"} <= calls:
        return ""
    writing = [call for call in calls if not call.reads]
    if not writing:
        return "reader"
    return "approver" if all(any(part in call.path for part in _OF_MODELS) for call in writing) else ""


def _is_of_calls(statement: Written) -> bool:
    return all(one.text.casefold().startswith("execute-api:") for one in statement.actions)


def _calls(statement: Written) -> Iterator[ServedCall]:
    for one in statement.resources:
        named = named_call(one.text)
        if named is not None:
            yield from without_slash(named).fits


def _translated(statement: Written) -> Iterator[dict[str, object]]:
    """The statement about objects that a statement about calls stands for; another one as it is."""
    elements = dict(statement.elements)
    if not statement.names_calls or {"NotAction", "NotResource"} & set(elements):
        yield elements
        return
    others = [one.text for one in statement.actions if not one.text.casefold().startswith("execute-api:")]
    actions = sorted({call.action for call in _calls(statement)})
    if others:
        yield elements | {"Action": _one_or_many(others)}
    if actions:
        yield elements | {"Action": _one_or_many(actions), "Resource": "*"}


def _one_or_many(texts: Iterable[str]) -> str | list[str]:
    found = list(texts)
    return found[0] if len(found) == 1 else found
