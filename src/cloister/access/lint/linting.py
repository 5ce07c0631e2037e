"""All slips of a policy document, in the order of the text."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cloister.access.lint.beaten import beaten_slips
from cloister.access.lint.calls import call_slips, named_call
from cloister.access.lint.loose_json import Loose, read_loosely
from cloister.access.lint.names import action_slips, key_slips, resource_slips
from cloister.access.lint.slips import FINDINGS, Slip, nearest_place, slip
from cloister.access.lint.written import Written, written
from cloister.access.policies import Statement, read_policy
from cloister.errors import SpecError

_VERSION = "2012-10-17"


@dataclass(frozen=True, slots=True)
class Linted:
    """A document that was read, however loosely, its statements, and its slips."""

    name: str
    document: object
    statements: tuple[Written, ...]
    slips: tuple[Slip, ...]

    @property
    def findings(self) -> tuple[Slip, ...]:
        """The slips that are more than a note."""
        return tuple(one for one in self.slips if one.weight in FINDINGS)


def lint(text: str, name: str) -> Linted:
    """The slips of a document. Raises SpecError where it is no JSON, even read loosely."""
    loose = read_loosely(text, name)
    statements = tuple(_statements(loose, name))
    slips = {*loose.slips, *_elements(loose, name), *beaten_slips(statements)}
    for one in statements:
        slips.update((*action_slips(one), *resource_slips(one), *key_slips(one, loose.places)))
        slips.update(call_slips(one) if one.names_calls else ())
        if _is_everything(one):
            slips.add(slip("everything", one.at, one.place))
    return Linted(name, loose.value, statements, tuple(sorted(slips)))


def _statements(loose: Loose, name: str) -> Iterator[Written]:
    document = loose.value if isinstance(loose.value, Mapping) else {}
    listed = document.get("Statement")
    several = isinstance(listed, list)
    for index, elements in enumerate(listed if isinstance(listed, list) else [listed]):
        if isinstance(elements, Mapping):
            at = f"/Statement/{index}" if several else "/Statement"
            yield written(elements, at, loose.places, _read(elements, name))


def _read(elements: Mapping[str, object], name: str) -> Statement | None:
    try:
        (found,) = read_policy(json.dumps({"Version": _VERSION, "Statement": [elements]}), name).statements
    except SpecError:
        return None
    return found


def _elements(loose: Loose, name: str) -> Iterator[Slip]:
    """What the strict reader says of the document, each with its place."""
    try:
        read_policy(json.dumps(loose.value), name)
    except SpecError as error:
        for fault in error.faults:
            at = fault.thing.removeprefix(f"policy {name}").strip()
            # A single statement needs no list, and then has no number in the text.
            at = (
                at
                if at in loose.places or "/Statement/0" in loose.places
                else at.replace("/Statement/0", "/Statement", 1)
            )
            yield slip("element", at, nearest_place(loose.places, at), reason=fault.reason, mend=fault.mend)


def _is_everything(statement: Written) -> bool:
    """Whether it allows everything on everything, in whichever words."""
    if not statement.allows or not statement.is_plain:
        return False
    if statement.names_calls:
        calls = [named_call(one.text) for one in statement.resources]
        return any(call is not None and call.is_everything for call in calls)
    every = {one.text for one in statement.actions} & {"*", "mlflow:*"}
    return bool(every) and any(one.text == "*" for one in statement.resources)
