"""Texts of policies with parts that are filled in: wildcards, and variables such as `${aws:username}`.

After "IAM policy elements: Variables and tags" (docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables,
read 2026-11): `${key}` stands for the one value that the request has for a key, `${key, 'text'}` for the text where it
has none; `${*}`, `${?}` and `${$}` are these letters themselves. What a variable stands for is never a wildcard.
Without a value the whole text stands for nothing.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeVar
from urllib.parse import quote

Context = Mapping[str, tuple[str, ...]]

_PIECE: Final = re.compile(r"\$\{(?P<inside>[^{}]*)\}|(?P<wildcard>[*?])|(?P<open>\$\{)|(?P<letters>[^*?$]+|\$)")
_INSIDE: Final = re.compile(r"(?P<key>[^,'\s]+)(?:, ?'(?P<default>[^']*)')?")


class Wildcard(Enum):
    """What stands for letters that are not said; no text, because the letter `*` itself is one."""

    MANY = "*"
    ONE = "?"


@dataclass(frozen=True, slots=True)
class Variable:
    """A key of the request whose value is put in, and what is put in where there is none.

    `is_name`: the value is put in as resources write names, percent-encoded.
    """

    key: str
    default: str | None
    is_name: bool

    def value(self, context: Context) -> str | None:
        """The text to put in; None where the request has no value, or several."""
        found = context.get(self.key, ())
        if len(found) > 1:
            return None
        value = found[0] if found else self.default
        return name_part(value) if self.is_name and value is not None else value


Plain = str | Wildcard
Part = Plain | Variable
_P = TypeVar("_P", str | Wildcard, str | Wildcard | Variable)


def name_part(text: str) -> str:
    """A name as a part of a resource's name: no slash or wildcard in it passes for one of the resource or a policy."""
    return quote(text, safe=" ")


def parse(text: str, *, wildcards: bool, is_name: bool) -> tuple[Part, ...]:
    """The parts of a text; `wildcards` off takes `*` and `?` for letters. Raises ValueError with what is wrong."""
    parts: list[Part] = []
    for piece in _PIECE.finditer(text):
        if piece["open"]:
            message = "has a variable without an end"
            raise ValueError(message)
        part: Part = piece["wildcard"] or piece["letters"] or ""
        if piece["inside"] is not None:
            part = _inside(piece["inside"], is_name=is_name)
        elif piece["wildcard"] and wildcards:
            part = Wildcard(piece["wildcard"])
        parts.append(part)
    return tuple(_joined(parts))


def fill(parts: tuple[Part, ...], context: Context) -> tuple[Plain, ...] | None:
    """The parts with the values of a request in the place of variables; None where one has no value."""
    filled: list[Plain] = []
    for part in parts:
        value = part.value(context) if isinstance(part, Variable) else part
        if value is None:
            return None
        filled.append(value)
    return tuple(_joined(filled))


def keys(parts: tuple[Part, ...]) -> Iterator[str]:
    """The keys that variables in the text look at."""
    return (part.key for part in parts if isinstance(part, Variable))


def _inside(inside: str, *, is_name: bool) -> Part:
    if inside in ("*", "?", "$"):
        return name_part(inside) if is_name else inside
    read = _INSIDE.fullmatch(inside)
    if read is None:
        message = f'has "${{{inside}}}", which is no variable'
        raise ValueError(message)
    return Variable(read["key"], read["default"], is_name)


def _joined(parts: list[_P]) -> Iterator[_P]:
    """The parts with neighbouring letters as one text, and none that says nothing."""
    letters = ""
    for part in parts:
        if isinstance(part, str):
            letters += part
            continue
        if letters:
            yield letters
        letters = ""
        yield part
    if letters:
        yield letters
