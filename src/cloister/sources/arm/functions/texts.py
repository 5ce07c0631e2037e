"""Functions on texts."""

import json
import re
from base64 import b64decode, b64encode
from typing import Any
from urllib.parse import quote, unquote, urljoin

from cloister.sources.arm.functions.calling import MANY, Function, FunctionError, listed, number, text
from cloister.sources.arm.functions.digests import guid, unique_string
from cloister.sources.declared import Value

_PLACE = re.compile(r"\{\{|\}\}|\{(\d+)(?:,(-?\d+))?(?::([^}]*))?\}")
"""A place for a value, or a doubled brace, which stands for one that is meant."""
_LONGEST = 1_000_000


def shown(value: Any) -> str:  # noqa: ANN401 - any value
    """A value as `string` writes it: True and False with capitals, lists and objects as JSON without spaces."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _format(pattern: str, *values: Any) -> str:  # noqa: ANN401 - as above
    def filled(place: re.Match[str]) -> str:
        if place[1] is None:
            return place[0][0]
        number_, width, form = int(place[1]), int(place[2] or 0), place[3] or ""
        if number_ >= len(values):
            raise FunctionError(f"has no value for {{{number_}}}")
        word = _numeric(values[number_], form) if form else shown(values[number_])
        return word.rjust(width) if width > 0 else word.ljust(-width)

    return _PLACE.sub(filled, text(pattern))


def _numeric(value: Any, form: str) -> str:  # noqa: ANN401 - as above
    """A number in .NET's forms that templates use: D3, N0, 000."""
    letter, digits = form[:1].upper(), form[1:]
    if letter == "D":
        return str(number(value)).zfill(int(digits or 0))
    if letter == "N":
        return f"{value:,.{int(digits or 2)}f}"
    if set(form) == {"0"}:
        return str(number(value)).zfill(len(form))
    raise FunctionError(f"takes no form {form}")


def _pad(value: Any, width: int, letter: str = " ") -> str:  # noqa: ANN401 - as above
    if width > _LONGEST:
        raise FunctionError(f"takes no width above {_LONGEST}")
    return shown(value).rjust(number(width), letter)


def _replace(whole: str, old: str, new: str) -> str:
    if not old:
        raise FunctionError("takes no empty text to look for")
    found = text(whole).replace(text(old), text(new))
    if len(found) > _LONGEST:
        raise FunctionError(f"makes no text longer than {_LONGEST} characters")
    return found


def _split(whole: str, signs: Any) -> list[Value]:  # noqa: ANN401 - one sign or several
    several = [text(sign) for sign in signs] if isinstance(signs, list) else [text(signs)]
    parts = [text(whole)]
    for sign in sorted((sign for sign in several if sign), key=len, reverse=True):
        parts = [piece for part in parts for piece in part.split(sign)]
    return [*parts]


def _substring(whole: str, start: int, length: int | None = None) -> str:
    begin, end = number(start), len(text(whole)) if length is None else start + number(length)
    if not 0 <= begin <= end <= len(whole):
        raise FunctionError("takes a start and a length inside of the text")
    return whole[begin:end]


def _join(parts: list[Value], sign: str) -> str:
    return text(sign).join(shown(part) for part in listed(parts))


def _json(value: str) -> Value:
    found: Value = json.loads(text(value))
    return found


def _trim(value: str) -> str:
    return text(value).strip()


TEXTS = (
    Function("base64", lambda value: b64encode(text(value).encode()).decode(), 1, 1, makes_text=True),
    Function("base64ToJson", lambda value: _json(b64decode(value).decode()), 1, 1),
    Function("base64ToString", lambda value: b64decode(value).decode(), 1, 1),
    Function(
        "dataUri", lambda value: f"data:text/plain;charset=utf8;base64,{b64encode(value.encode()).decode()}", 1, 1
    ),
    Function("dataUriToString", lambda value: b64decode(value.partition("base64,")[2]).decode(), 1, 1),
    Function("endsWith", lambda whole, part: text(whole).lower().endswith(text(part).lower()), 2, 2),
    Function("startsWith", lambda whole, part: text(whole).lower().startswith(text(part).lower()), 2, 2),
    Function("format", _format, 1, MANY, makes_text=True),
    Function("guid", lambda *parts: guid(*map(text, parts)), 1, MANY, makes_text=True),
    Function("uniqueString", lambda *parts: unique_string(*map(text, parts)), 1, MANY, makes_text=True),
    Function("join", _join, 2, 2, makes_text=True),
    Function("json", _json, 1, 1),
    Function("padLeft", _pad, 2, 3, makes_text=True),
    Function("replace", _replace, 3, 3, makes_text=True),
    Function("split", _split, 2, 2, makes_text=True),
    Function("string", shown, 1, 1, makes_text=True),
    Function("substring", _substring, 2, 3, makes_text=True),
    Function("toLower", lambda value: text(value).lower(), 1, 1, makes_text=True),
    Function("toUpper", lambda value: text(value).upper(), 1, 1, makes_text=True),
    Function("trim", _trim, 1, 1, makes_text=True),
    Function("uri", lambda base, part: urljoin(text(base) if base.endswith("/") else f"{base}/", text(part)), 2, 2),
    Function("uriComponent", lambda value: quote(text(value), safe=""), 1, 1, makes_text=True),
    Function("uriComponentToString", lambda value: unquote(text(value)), 1, 1, makes_text=True),
)
