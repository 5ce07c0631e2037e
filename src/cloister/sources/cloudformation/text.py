"""The text of a template, YAML or JSON, as plain values; the short forms of functions (`!Ref`) as the long ones.

YAML as CloudFormation takes it: tags for functions, no anchors or aliases, so nothing can expand; no key twice.
"""

from collections.abc import Iterator
from typing import Any

import yaml

from cloister.errors import Fault, SpecError
from cloister.origin import Origin
from cloister.sources.wording import printable

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MAX_CHARACTERS = 16_000_000
_MAX_DEPTH = 100
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "true": True, "false": False}
_WHOLE_NAMES = ("Ref", "Condition")
"""Functions whose long form has no `Fn::` before it."""
_SPLIT_AT_A_DOT = "GetAtt"


def template_of(text: str, file: str) -> dict[str, Any]:
    """The template as plain values. Raises SpecError with the one fault that stops the reading."""
    if len(text) > _MAX_CHARACTERS:
        reason = f"has {len(text)} characters, and {_MAX_CHARACTERS} are the limit"
        raise SpecError(Fault(file, reason, "split the template: CloudFormation itself takes 1 MB"))
    try:
        value = _Reader(iter(yaml.parse(text, Loader=_LOADER)), file).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = Origin(file, mark.line + 1, mark.column + 1) if mark else None
        reason = f"is neither YAML nor JSON: {error.problem or error.context}"
        raise SpecError(Fault(file, reason, "mend the text at or just before that place", where)) from error
    except yaml.reader.ReaderError as error:
        reason = "holds a control character, which YAML does not allow"
        raise SpecError(Fault(file, reason, "remove that character")) from error
    if not isinstance(value, dict):
        raise SpecError(Fault(file, "is not a mapping", "begin with AWSTemplateFormatVersion and Resources"))
    return value


class _Reader:
    """Builds values from the parser's events."""

    def __init__(self, events: Iterator[Any], file: str) -> None:
        self._events = events
        self._file = file

    def document(self) -> object:
        """The one document of the stream; None for an empty one."""
        next(self._events)  # the stream starts
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return None
        value = self._value(next(self._events), 0)
        next(self._events)  # the document ends
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            self._refuse(after, "holds a second document", "keep one template a file")
        return value

    def _value(self, event: Any, depth: int) -> object:  # noqa: ANN401 - PyYAML's events are untyped
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            self._refuse(event, "uses an anchor or an alias, which CloudFormation does not take", "write the value out")
        if depth > _MAX_DEPTH:
            self._refuse(event, f"is nested deeper than {_MAX_DEPTH} levels", "flatten it")
        tag: str | None = event.tag
        value: object
        if isinstance(event, yaml.MappingStartEvent):
            value = self._mapping(depth)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(depth)
        else:
            value = event.value if event.style not in (None, "") or tag else _scalar(event.value)
        return _called(tag, value) if tag and tag.startswith("!") and tag != "!" else value

    def _mapping(self, depth: int) -> dict[str, object]:
        members: dict[str, object] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self._refuse(event, "has a list or a mapping as a key", "write a plain word as the key")
            if event.value in members:
                self._refuse(event, f'states the key "{printable(event.value)}" twice', "keep one of the two")
            members[event.value] = self._value(next(self._events), depth + 1)
        return members

    def _sequence(self, depth: int) -> list[object]:
        items: list[object] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(event, depth + 1))
        return items

    def _refuse(self, event: Any, reason: str, mend: str) -> None:  # noqa: ANN401 - as above
        mark = event.start_mark
        raise SpecError(Fault(self._file, reason, mend, Origin(self._file, mark.line + 1, mark.column + 1)))


def _called(tag: str, value: object) -> dict[str, object]:
    """`!GetAtt a.b` is `{"Fn::GetAtt": ["a", "b"]}`."""
    name = tag.removeprefix("!")
    if name == _SPLIT_AT_A_DOT and isinstance(value, str):
        value = list(value.split(".", 1))
    return {name if name in _WHOLE_NAMES else f"Fn::{name}": value}


def _scalar(text: str) -> object:
    """A plain scalar: a switch, a whole number, or the text itself, which CloudFormation turns into what it wants."""
    if text in _WORDS:
        return _WORDS[text]
    digits = text.removeprefix("-")
    return int(text) if digits.isdecimal() and (digits == "0" or not digits.startswith("0")) else text
