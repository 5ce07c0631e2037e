"""A document as it was written: a tree of values that remembers the place of every key and every value.

The reader takes YAML 1.2's core schema and nothing else: `on` and `22:30` are strings, no tags, no anchors or aliases
(so nothing can expand), one document, no key twice. That is also what JSON can say, so editors and Cloister agree.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from cloister.errors import Fault, SpecError
from cloister.origin import Origin
from cloister.sources.wording import printable

_MAX_CHARACTERS = 16_000_000
_MAX_DEPTH = 24
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same events, twenty times faster where libyaml is

_HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that drive a terminal or turn the direction of text, so that what is shown is not what is written."""

_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}

IMPLICIT = (
    ("tag:yaml.org,2002:float", re.compile(f"(?:{_FLOAT.pattern})$"), list("-+.0123456789")),
    ("tag:yaml.org,2002:int", re.compile(f"(?:{_INTEGER.pattern})$"), list("-+0123456789")),
)
"""What this reader takes for a number, as PyYAML's writers want it, so that they quote text that looks like one."""

Scalar = str | int | float | bool | None
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """A value with the place of its key (or of its list item) and of itself."""

    value: "Scalar | list[Written] | dict[str, Written]"
    key_place: Origin
    place: Origin

    def plain(self) -> Any:  # noqa: ANN401 - any JSON value
        """The value without its places, as `json` would have it."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def children(self) -> Mapping[str, "Written"]:
        """The members of a mapping; empty for everything else."""
        return self.value if isinstance(self.value, dict) else {}

    def at(self, path: Path) -> "Written":
        """The deepest value on the way to `path` that was written."""
        here = self
        for part in path:
            if isinstance(here.value, dict) and part in here.value:
                here = here.value[str(part)]
            elif isinstance(here.value, list) and isinstance(part, int) and part < len(here.value):
                here = here.value[part]
            else:
                break
        return here


def parse(text: str, file: str) -> Written:
    """The document in `text` as a tree; raises SpecError with the one fault that stops the reading."""
    if len(text) > _MAX_CHARACTERS:
        reason = f"has {len(text)} characters, and {_MAX_CHARACTERS} are the limit"
        raise SpecError(Fault(file, reason, "split the environment, or remove what does not belong in it"))
    try:
        return _Builder(iter(yaml.parse(text, Loader=_LOADER)), file).document()
    except yaml.MarkedYAMLError as error:
        raise SpecError(_syntax_fault(error, file)) from error
    except yaml.reader.ReaderError as error:
        lines = text[: error.position].split("\n")
        where = Origin(file, len(lines), len(lines[-1]) + 1)
        reason = f"holds the control character U+{_code_point(error.character):04X}, which YAML does not allow"
        raise SpecError(Fault(file, reason, "remove that character", where)) from error


def _code_point(character: Any) -> int:  # noqa: ANN401 - PyYAML gives a str, bytes or an int, depending on the parser
    return character if isinstance(character, int) else ord(character)


def _syntax_fault(error: yaml.MarkedYAMLError, file: str) -> Fault:
    mark = error.problem_mark or error.context_mark
    where = Origin(file, mark.line + 1, mark.column + 1) if mark else None
    reason = f"is not YAML: {error.problem or error.context}"
    return Fault(file, reason, "mend the indentation, quotes or brackets at or just before that place", where)


class _Builder:
    """Builds the tree from the parser's events, so that anchors, tags and doubled keys are seen and nothing expands."""

    def __init__(self, events: Iterator[Any], file: str) -> None:
        self._events = events
        self._file = file

    def document(self) -> Written:
        """The one document of the stream; an empty stream is an empty mapping."""
        next(self._events)  # the stream starts
        event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            start = Origin(self._file, 1, 1)
            return Written({}, start, start)
        event = next(self._events)
        place = self._place(event)
        tree = self._value(event, place, depth=0)
        next(self._events)  # the document ends
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            self._refuse(after, "holds a second document", "keep one document a file; remove the line ---")
        return Written({}, place, place) if tree.value is None else tree

    def _value(self, event: Any, key_place: Origin, depth: int) -> Written:  # noqa: ANN401 - PyYAML's events are untyped
        self._refuse_extras(event)
        if depth > _MAX_DEPTH:
            self._refuse(
                event, f"is nested deeper than {_MAX_DEPTH} levels", "flatten it; no key of a spec is that deep"
            )
        place = self._place(event)
        if isinstance(event, yaml.MappingStartEvent):
            return Written(self._mapping(depth), key_place, place)
        if isinstance(event, yaml.SequenceStartEvent):
            return Written(self._sequence(depth), key_place, place)
        return Written(_scalar(event), key_place, place)

    def _mapping(self, depth: int) -> dict[str, Written]:
        members: dict[str, Written] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            self._refuse_extras(event)
            if not isinstance(event, yaml.ScalarEvent):
                self._refuse(event, "has a list or a mapping as a key", "write a plain word as the key")
            key = event.value
            if key == "<<":
                self._refuse(event, "uses the merge key <<", "write the keys out, or put them into a blueprint")
            if key in members:
                first = members[key].key_place
                self._refuse(
                    event, f'states the key "{printable(key)}" twice, first on line {first.line}', "keep one of the two"
                )
            members[key] = self._value(next(self._events), self._place(event), depth + 1)
        return members

    def _sequence(self, depth: int) -> list[Written]:
        items: list[Written] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(event, self._place(event), depth + 1))
        return items

    def _refuse_extras(self, event: Any) -> None:  # noqa: ANN401 - as above
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, f"uses the alias *{event.anchor}", "write the value out; a spec has no anchors")
        if event.anchor is not None:
            self._refuse(event, f"sets the anchor &{event.anchor}", "remove it; a spec has no anchors")
        if event.tag is not None:
            self._refuse(event, f"uses the tag {event.tag}", "remove the tag; quote the value if it is text")
        hidden = _HIDDEN.search(event.value) if isinstance(event, yaml.ScalarEvent) else None
        if hidden:
            reason = f"holds the control character U+{ord(hidden.group()):04X}, written as an escape"
            self._refuse(event, reason, "remove that character")

    def _refuse(self, event: Any, reason: str, mend: str) -> None:  # noqa: ANN401 - as above
        raise SpecError(Fault(self._file, reason, mend, self._place(event)))

    def _place(self, event: Any) -> Origin:  # noqa: ANN401 - as above
        return Origin(self._file, event.start_mark.line + 1, event.start_mark.column + 1)


def _scalar(event: Any) -> Scalar:  # noqa: ANN401 - as above
    text: str = event.value
    if event.style not in (None, ""):
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
