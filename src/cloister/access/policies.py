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

from cloister.access.conditions import Condition, Context
from cloister.access.globs import Patterns
from cloister.access.globs import actions as patterns_of_actions
from cloister.access.globs import resources as patterns_of_resources
from cloister.access.reading_conditions import nearest_key, read_conditions, why_no_variable
from cloister.errors import Fault, SpecError

_VERSION: Final = "2012-10-17"
_DOCUMENT_KEYS: Final = {"Version", "Id", "Statement"}
_STATEMENT_KEYS: Final = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
_ACTION: Final = re.compile(r"\*|[A-Za-z][A-Za-z0-9-]*:[A-Za-z0-9*?]+")


class Effect(StrEnum):
    """What a statement does to a request that it matches."""

    ALLOW = "Allow"
    DENY = "Deny"


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
            and self.resources.matches(resource, context)
            and all(condition.holds(context) for condition in self.conditions)
        )

    @property
    def keys(self) -> frozenset[str]:
        """Every key of the request that the statement looks at, in conditions and in variables."""
        return self.resources.keys.union(*(condition.keys for condition in self.conditions))


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document that was understood as a whole."""

    name: str
    statements: tuple[Statement, ...]

    def __hash__(self) -> int:
        return hash(self.name)  # sets of policies are looked up at each request; equality looks at the rest


def read_policy(text: str, name: str, *, foreign: bool = False) -> Policy:
    """The policy in a JSON text. Raises SpecError with every fault, each with its place in the document.

    `foreign`: it is not for the gateway but for services of a cloud. Its keys are not those that are known here, and
    variables are refused, because nobody here knows what they stand for.
    """
    faults: list[Fault] = []
    try:
        document = json.loads(text, object_pairs_hook=_no_twins)
    except ValueError as error:
        faults.append(Fault(f"policy {name}", f"is not JSON: {error}", "mend the JSON at that place"))
        raise SpecError(faults) from error
    statements = tuple(_read_document(document, _Reading(name, faults, foreign)))
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


@dataclass(frozen=True, slots=True)
class _Reading:
    """A document on the way to a policy: what it is called, whose it is, and what is wrong with it so far."""

    name: str
    faults: list[Fault]
    foreign: bool

    def refuse(self, at: str, reason: str, mend: str) -> None:
        """Put down one fault with its place."""
        self.faults.append(Fault(thing=f"policy {self.name} {at}".rstrip(), reason=reason, mend=mend))


def _read_document(document: object, reading: _Reading) -> Iterator[Statement]:
    if not isinstance(document, Mapping):
        reading.refuse("", "is not an object", 'write {"Version": "2012-10-17", "Statement": [...]}')
        return
    for key in document:
        if key not in _DOCUMENT_KEYS:
            reading.refuse(f"/{key}", "is no element of a policy", f"use {', '.join(sorted(_DOCUMENT_KEYS))}")
    if document.get("Version") != _VERSION:
        reading.refuse("/Version", f"is {document.get('Version')!r}", f'write "{_VERSION}"')
    statements = document.get("Statement")
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        reading.refuse("/Statement", "holds no statement", "write a list with at least one statement")
        return
    for index, statement in enumerate(statements):
        before = len(reading.faults)
        read = _read_statement(statement, f"/Statement/{index}", reading)
        if read is not None and len(reading.faults) == before:
            yield read


def _read_statement(statement: object, at: str, reading: _Reading) -> Statement | None:
    if not isinstance(statement, Mapping):
        reading.refuse(at, "is not an object", "write a statement with Effect, Action and Resource")
        return None
    for key in statement:
        if key not in _STATEMENT_KEYS:
            reading.refuse(f"{at}/{key}", *_unknown_element(key))
    effect = statement.get("Effect")
    if effect not in ("Allow", "Deny"):
        reading.refuse(f"{at}/Effect", f"is {effect!r}", 'write "Allow" or "Deny", in these letters')
        return None
    sid = statement.get("Sid", at)
    if not isinstance(sid, str) or not sid:
        reading.refuse(f"{at}/Sid", f"is {sid!r}", "write a text, or leave it out")
        return None
    actions = _read_actions(statement, at, reading)
    resources = _read_resources(statement, at, reading)
    conditions = read_conditions(
        statement.get("Condition", {}),
        lambda path, reason, mend: reading.refuse(at + path, reason, mend),
        foreign=reading.foreign,
    )
    if actions is None or resources is None:
        return None
    return Statement(sid, Effect(effect), actions, resources, conditions)


def _unknown_element(key: str) -> tuple[str, str]:
    if key in ("Principal", "NotPrincipal"):
        return "does not belong into a role's policy", "remove it: who has the role is said by group"
    return "is no element of a statement", f"use {', '.join(sorted(_STATEMENT_KEYS))}"


def _read_actions(statement: Mapping[str, object], at: str, reading: _Reading) -> Patterns | None:
    key, texts = _read_texts(statement, "Action", at, reading)
    if variable := next((text for text in texts if "${" in text), None):
        reading.refuse(f"{at}/{key}", f'"{variable}" uses a policy variable', "write the names of actions out")
        return None
    for text in texts:
        if not _ACTION.fullmatch(text):
            mend = 'write it as "mlflow:CreateRun", "mlflow:Get*" or "*"'
            reading.refuse(f"{at}/Action", f'"{text}" is no action', mend)
    return patterns_of_actions(texts, inverted=key.startswith("Not")) if texts else None


def _read_resources(statement: Mapping[str, object], at: str, reading: _Reading) -> Patterns | None:
    key, texts = _read_texts(statement, "Resource", at, reading)
    if not texts:
        return None
    place, inverted = f"{at}/{key}", key.startswith("Not")
    try:
        read = patterns_of_resources(texts, inverted=inverted)
    except ValueError as error:
        reading.refuse(place, f"holds a name that {error}", "write ${aws:username}, or ${*} for the letter itself")
        return None
    if reading.foreign and any("${" in text for text in texts):
        reading.refuse(place, "uses a policy variable", "write the names out, or use a condition")
        return None
    for name in sorted(read.keys):
        if (reason := why_no_variable(name)) is not None:
            reading.refuse(place, f"uses the variable ${{{name}}}, {reason}", f"use {nearest_key(name)}")
    if inverted and statement.get("Effect") == "Allow" and read.may_lack_a_value:
        reason = "would allow everything to whom a variable has no value for"
        reading.refuse(place, reason, "write a default, ${aws:PrincipalTag/team, 'none'}, or use Resource")
    return read


def _read_texts(
    statement: Mapping[str, object], element: str, at: str, reading: _Reading
) -> tuple[str, tuple[str, ...]]:
    """The element that is there, Action or NotAction (Resource or NotResource), and its texts; none where at fault."""
    present = [key for key in (element, f"Not{element}") if key in statement]
    if len(present) != 1:
        reason = f"{element} and Not{element} stand together" if present else f"there is no {element}"
        reading.refuse(at, reason, f"write either {element} or Not{element}")
        return element, ()
    value = statement[present[0]]
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) and text for text in texts):
        reading.refuse(f"{at}/{present[0]}", "is no text and no list of texts", 'write for example "*"')
        return present[0], ()
    return present[0], tuple(texts)
