"""Policies: IAM policy documents, read once into frozen statements.

The language is AWS's (IAM JSON policy elements reference, docs.aws.amazon.com/IAM/latest/UserGuide, read 2026-11):
Version, Statement, Sid, Effect, Action or NotAction, Resource or NotResource, Condition. Whatever else a document says
is refused rather than ignored, because a policy that is half understood decides wrongly.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cloister.access.conditions import Condition, Context, read_conditions
from cloister.errors import Fault, SpecError

_VERSION: Final = "2012-10-17"
_DOCUMENT_KEYS: Final = {"Version", "Id", "Statement"}
_STATEMENT_KEYS: Final = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
_ACTION: Final = re.compile(r"\*|[a-z][a-z0-9-]*:[A-Za-z0-9*?]+")


class Effect(StrEnum):
    """What a statement does to a request that it matches."""

    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True, slots=True)
class Patterns:
    """Names with `*` and `?`; with `inverted` (NotAction, NotResource) it matches what none of them matches."""

    texts: tuple[str, ...]
    inverted: bool
    regex: re.Pattern[str]

    def matches(self, text: str) -> bool:
        """Whether the statement's element speaks of this action or resource."""
        return (self.regex.fullmatch(text) is not None) != self.inverted

    @property
    def is_everything(self) -> bool:
        """Whether it matches every text there can be."""
        return not self.inverted and "*" in self.texts


def patterns(texts: tuple[str, ...], *, inverted: bool, ignore_case: bool) -> Patterns:
    """Patterns compiled once; actions ignore case, resources do not (as in IAM)."""
    parts = ("".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in text) for text in texts)
    flags = re.DOTALL | (re.IGNORECASE | re.ASCII if ignore_case else 0)
    return Patterns(texts, inverted, re.compile("|".join(f"(?:{part})" for part in parts), flags))


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; `name` is its Sid, or its place in the document."""

    name: str
    effect: Effect
    actions: Patterns
    resources: Patterns
    conditions: tuple[Condition, ...]

    def matches(self, action: str, resource: str, context: Context) -> bool:
        """Whether the statement speaks of the request: action, resource and every condition."""
        return (
            self.actions.matches(action)
            and self.resources.matches(resource)
            and all(condition.holds(context) for condition in self.conditions)
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document that was understood as a whole."""

    name: str
    statements: tuple[Statement, ...]

    def __hash__(self) -> int:
        return hash(self.name)  # sets of policies are looked up at each request; equality looks at the rest


def read_policy(text: str, name: str) -> Policy:
    """The policy in a JSON text. Raises SpecError with every fault, each with its place in the document."""
    faults: list[Fault] = []
    try:
        document = json.loads(text, object_pairs_hook=_no_twins)
    except ValueError as error:
        faults.append(Fault(f"policy {name}", f"is not JSON: {error}", "mend the JSON at that place"))
        raise SpecError(faults) from error
    statements = tuple(_read_document(document, name, faults))
    if faults:
        raise SpecError(faults)
    return Policy(name, statements)


def _no_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object without duplicate keys, because of two Effects nobody knows which one counts."""
    seen = dict(pairs)
    if len(seen) != len(pairs):
        keys = [key for key, _ in pairs]
        twin = next(key for key in keys if keys.count(key) > 1)
        message = f'the key "{twin}" stands twice in one object'
        raise ValueError(message)
    return seen


def _read_document(document: object, name: str, faults: list[Fault]) -> Iterator[Statement]:
    if not isinstance(document, Mapping):
        faults.append(_fault(name, "", "is not an object", 'write {"Version": "2012-10-17", "Statement": [...]}'))
        return
    faults.extend(
        _fault(name, f"/{key}", "is no element of a policy", f"use {', '.join(sorted(_DOCUMENT_KEYS))}")
        for key in document
        if key not in _DOCUMENT_KEYS
    )
    if document.get("Version") != _VERSION:
        faults.append(_fault(name, "/Version", f"is {document.get('Version')!r}", f'write "{_VERSION}"'))
    statements = document.get("Statement")
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        faults.append(_fault(name, "/Statement", "holds no statement", "write a list with at least one statement"))
        return
    for index, statement in enumerate(statements):
        before = len(faults)
        read = _read_statement(statement, name, f"/Statement/{index}", faults)
        if read is not None and len(faults) == before:
            yield read


def _read_statement(statement: object, name: str, at: str, faults: list[Fault]) -> Statement | None:
    if not isinstance(statement, Mapping):
        faults.append(_fault(name, at, "is not an object", "write a statement with Effect, Action and Resource"))
        return None
    faults.extend(
        _fault(name, f"{at}/{key}", *_unknown_element(key)) for key in statement if key not in _STATEMENT_KEYS
    )
    effect = statement.get("Effect")
    if effect not in ("Allow", "Deny"):
        faults.append(_fault(name, f"{at}/Effect", f"is {effect!r}", 'write "Allow" or "Deny", in these letters'))
        return None
    sid = statement.get("Sid", at)
    if not isinstance(sid, str) or not sid:
        faults.append(_fault(name, f"{at}/Sid", f"is {sid!r}", "write a text, or leave it out"))
        return None
    actions = _read_patterns(statement, "Action", name, at, faults)
    resources = _read_patterns(statement, "Resource", name, at, faults)
    conditions = read_conditions(
        statement.get("Condition", {}), lambda path, reason, mend: faults.append(_fault(name, at + path, reason, mend))
    )
    if actions is None or resources is None:
        return None
    faults.extend(
        _fault(name, f"{at}/Action", f'"{text}" is no action', 'write it as "mlflow:CreateRun", "mlflow:Get*" or "*"')
        for text in actions.texts
        if not _ACTION.fullmatch(text)
    )
    return Statement(sid, Effect(effect), actions, resources, conditions)


def _unknown_element(key: str) -> tuple[str, str]:
    if key in ("Principal", "NotPrincipal"):
        return "does not belong into a role's policy", "remove it: who has the role is said by group"
    return "is no element of a statement", f"use {', '.join(sorted(_STATEMENT_KEYS))}"


def _read_patterns(
    statement: Mapping[str, object], element: str, name: str, at: str, faults: list[Fault]
) -> Patterns | None:
    """The patterns of Action or NotAction (Resource or NotResource), of which there must be exactly one."""
    present = [key for key in (element, f"Not{element}") if key in statement]
    if len(present) != 1:
        reason = f"{element} and Not{element} stand together" if present else f"there is no {element}"
        faults.append(_fault(name, at, reason, f"write either {element} or Not{element}"))
        return None
    value = statement[present[0]]
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) and text for text in texts):
        faults.append(_fault(name, f"{at}/{present[0]}", "is no text and no list of texts", 'write for example "*"'))
        return None
    if variables := [text for text in texts if "${" in text]:
        mend = "write the names out, or use a condition"
        faults.append(_fault(name, f"{at}/{present[0]}", f'"{variables[0]}" uses a policy variable', mend))
        return None
    return patterns(tuple(texts), inverted=present[0].startswith("Not"), ignore_case=element == "Action")


def _fault(name: str, at: str, reason: str, mend: str) -> Fault:
    return Fault(thing=f"policy {name} {at}".rstrip(), reason=reason, mend=mend)
