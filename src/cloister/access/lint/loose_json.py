"""JSON as people write it: what a strict reader stumbles over is told with its place, and read as it is meant.

Told are commas before a closing bracket, comments (`//`, `#`, `/* */`), typographic quotation marks as they come out of
web pages, and keys that stand twice. Anything else that is no JSON has no meaning to guess at.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from json import JSONDecoder
from typing import Final

from cloister.access.lint.slips import Place, Places, Slip, slip
from cloister.errors import Fault, SpecError

_SPACE: Final = re.compile(r"[ \t\r\n\ufeff]*")
_COMMENT: Final = re.compile(r"//[^\n]*|#[^\n]*|/\*.*?\*/", re.DOTALL)
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_CONSTANTS: Final = {"true": True, "false": False, "null": None}
_TYPOGRAPHIC: Final = "“”„‟«»"
_DEEPEST: Final = 40
_STRICT: Final = JSONDecoder()
_CLOSING: Final = {"{": "}", "[": "]"}


@dataclass(frozen=True, slots=True)
class Loose:
    """What was read, the slips of its form, and where each value stands, by JSON pointer."""

    value: object
    slips: tuple[Slip, ...]
    places: Places


def read_loosely(text: str, name: str) -> Loose:
    """The value in a text. Raises SpecError with line and column where it has no meaning."""
    reader = _Reader(text, name)
    reader.skip()
    value = reader.value("", 0)
    reader.skip()
    if reader.position < len(text):
        raise reader.fault(reason="something follows the document")
    return Loose(value, tuple(sorted(reader.slips)), reader.places)


@dataclass(slots=True)
class _Reader:
    text: str
    name: str
    position: int = 0
    slips: list[Slip] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)

    def value(self, at: str, depth: int) -> object:
        """The value that begins here, with everything after it still unread."""
        self.places[at] = self.place()
        if depth > _DEEPEST:
            raise self.fault(reason=f"is nested deeper than {_DEEPEST} levels")
        letter = self.text[self.position : self.position + 1]
        if letter in _CLOSING:
            return self._object(at, depth) if letter == "{" else self._list(at, depth)
        if letter == '"' or (letter and letter in _TYPOGRAPHIC):
            return self._string(at)
        return self._bare()

    def skip(self) -> None:
        """Go on to the next thing that is neither space nor comment."""
        while True:
            self.position = _match_end(_SPACE, self.text, self.position)
            end = _match_end(_COMMENT, self.text, self.position)
            if end == self.position:
                return
            self.slips.append(slip("comment", "", self.place()))
            self.position = end

    def place(self, position: int | None = None) -> Place:
        """Line and column of a position."""
        at = self.position if position is None else position
        return Place(self.text.count("\n", 0, at) + 1, at - self.text.rfind("\n", 0, at))

    def fault(self, *, reason: str) -> SpecError:
        """The error of a text without a meaning."""
        return SpecError(Fault(f"policy {self.name} {self.place()}", reason, "mend the JSON at that place"))

    def _object(self, at: str, depth: int) -> dict[str, object]:
        found: dict[str, object] = {}
        for _ in self._items("{", at):
            where = self.place()
            if self.text[self.position : self.position + 1] not in ('"', *_TYPOGRAPHIC):
                raise self.fault(reason="a key is missing")
            key = self._string(at)
            if key in found:
                self.slips.append(slip("twin-key", at, where, key=key))
            self.skip()
            self._take(":")
            self.skip()
            found[key] = self.value(f"{at}/{key}", depth + 1)
        return found

    def _list(self, at: str, depth: int) -> list[object]:
        found: list[object] = []
        for index, _ in enumerate(self._items("[", at)):
            found.append(self.value(f"{at}/{index}", depth + 1))
        return found

    def _items(self, opening: str, at: str) -> Iterator[None]:
        """Stop at the beginning of each item, and leave behind the closing bracket."""
        closing = _CLOSING[opening]
        self._take(opening)
        self.skip()
        while self.text[self.position : self.position + 1] != closing:
            yield
            self.skip()
            if self.text[self.position : self.position + 1] == closing:
                break
            comma = self.position
            self._take(",")
            self.skip()
            if self.text[self.position : self.position + 1] == closing:
                self.slips.append(slip("trailing-comma", at, self.place(comma), closing=closing))
        self._take(closing)

    def _string(self, at: str) -> str:
        if self.text[self.position] in _TYPOGRAPHIC:
            return self._typographic(at)
        try:
            text, self.position = _STRICT.raw_decode(self.text, self.position)
        except ValueError as error:
            raise self.fault(reason="a text does not end, or holds what JSON does not allow in it") from error
        return str(text)

    def _typographic(self, at: str) -> str:
        begun = self.position
        self.slips.append(slip("typographic-quote", at, self.place(), quote=self.text[begun]))
        end = next((i for i in range(begun + 1, len(self.text)) if self.text[i] in (*_TYPOGRAPHIC, '"', "\n")), None)
        if end is None or self.text[end] == "\n":
            raise self.fault(reason="a text does not end")
        self.position = end + 1
        return self.text[begun + 1 : end]

    def _bare(self) -> object:
        for word, value in _CONSTANTS.items():
            if self.text.startswith(word, self.position):
                self.position += len(word)
                return value
        end = _match_end(_NUMBER, self.text, self.position)
        if end == self.position:
            raise self.fault(reason="a value is missing")
        text, self.position = self.text[self.position : end], end
        return float(text) if any(letter in text for letter in ".eE") else int(text)

    def _take(self, letter: str) -> None:
        if not self.text.startswith(letter, self.position):
            raise self.fault(reason=f'"{letter}" is missing')
        self.position += 1


def _match_end(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position
