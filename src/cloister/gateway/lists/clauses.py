"""From patterns of policies to MLflow's own filter: clauses that find at least what the patterns match.

MLflow's filter has `=`, `LIKE` and `AND`, and knows no escape: what a quote or a backslash, or `_` and `%` in LIKE,
mean depends on the database behind it. So what is not plain becomes `_` (any one character), or `%` where a wildcard or
half of an encoded character stands: a clause may find more than its patterns match, never less, and each row is decided
on afterwards.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cloister.access.globs import Patterns, names

_WILD: Final = re.compile(r"[*?]+")
_ENCODED: Final = re.compile(r"(?:%[0-9A-F]{2})+")
# The end of a text that a wildcard may complete to an encoded character, and the beginning of one that it may begin.
_OPEN_END: Final = re.compile(r"%[0-9A-F]?$")
_OPEN_BEGINNING: Final = re.compile(r"^[0-9A-F]{1,2}")
_PLAIN: Final = " .-_%"
# Stand for any text and any one character until a clause is written; names hold neither.
_ANY: Final = "\x01"
_ONE: Final = "\x00"
# More queries than these are made into fewer, each for a beginning that several have in common.
_MOST: Final = 24
# How many names or ids one query lists.
_LISTED: Final = 200


@dataclass(frozen=True, slots=True)
class Clause:
    """One query's part of the filter (empty: no filter at all), and the names and ids that it stands for."""

    text: str
    stands_for: Patterns
    identities: frozenset[str] = frozenset()

    def joined(self, of_caller: str) -> str:
        """The filter of a query: ours first, so that nothing in the caller's can make it mean something else."""
        return " AND ".join(part for part in (self.text, of_caller) if part)

    def finds(self, name: str, identity: str) -> bool:
        """Whether it stands for an object."""
        return self.stands_for.matches(name) or identity in self.identities


def clauses(kind: str, allow: Iterable[str]) -> tuple[Clause, ...]:
    """The queries that find everything which the patterns of names below a kind match."""
    found: dict[str, list[str]] = {}
    for pattern in allow:
        found.setdefault(_like(_name_part(pattern) if kind == "model-version" else pattern), []).append(pattern)
    if _ANY in found:
        found = {_ANY: [pattern for some in found.values() for pattern in some]}
    for text in sorted(found, key=len, reverse=True):
        wider = next((other for other in found if other != text and _covers(other, text)), None)
        if wider is not None:
            found[wider].extend(found.pop(text))
    whole = [] if kind == "experiment" else [like for like in found if _ANY not in like and _ONE not in like]
    listed = [_any_of("name", some, names(text for like in some for text in found[like])) for some in _parts(whole)]
    found = {like: texts for like, texts in found.items() if like not in whole}
    if len(found) > _MOST:
        found = _fewer(found)
    return (*(Clause(_text(like), names(texts)) for like, texts in found.items()), *listed)


def clauses_of_ids(identities: Sequence[str]) -> tuple[Clause, ...]:
    """The queries that find experiments by their ids."""
    return tuple(_any_of("experiment_id", some, names(()), frozenset(some)) for some in _parts(identities))


def _any_of(field: str, values: Sequence[str], texts: Patterns, identities: frozenset[str] = frozenset()) -> Clause:
    """The query for one of these values; MLflow has IN for names of models and ids of experiments."""
    quoted = [f"'{value}'" for value in values]
    text = f"{field} = {quoted[0]}" if len(quoted) == 1 else f"{field} IN ({', '.join(quoted)})"
    return Clause(text, texts, identities)


def _parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[start : start + _LISTED] for start in range(0, len(values), _LISTED))


def _name_part(pattern: str) -> str:
    """What the pattern of a version (`NAME/VERSION`) says of the model's name."""
    name, slash, _ = pattern.partition("/")
    wild = _WILD.search(name)
    if slash or wild is None:
        return name
    return name[: wild.start()] + "*"


def _like(pattern: str) -> str:
    """The pattern for LIKE that matches each name whose encoded form the policy's pattern matches."""
    pieces = _WILD.split(pattern)
    last = len(pieces) - 1
    found = _ANY.join(_literal(piece, begins=index == 0, ends=index == last) for index, piece in enumerate(pieces))
    return re.sub(f"{_ANY}+", _ANY, found)


def _literal(piece: str, *, begins: bool, ends: bool) -> str:
    text = piece if ends else _OPEN_END.sub("*", piece)
    text = text if begins else _OPEN_BEGINNING.sub("*", text)
    decoded = _ENCODED.sub(_decoded, text)
    return "".join(
        _ANY if letter == "*" else (letter if letter.isalnum() or letter in _PLAIN else _ONE) for letter in decoded
    )


def _decoded(found: re.Match[str]) -> str:
    try:
        return bytes.fromhex(found[0].replace("%", "")).decode().replace("*", _ONE)
    except UnicodeDecodeError:
        return "*"  # half of a character: the wildcard beside it stands for the rest


def _covers(wide: str, narrow: str) -> bool:
    """Whether one LIKE finds all that another does; told for beginnings only."""
    return wide.endswith(_ANY) and _ANY not in wide[:-1] and _ONE not in wide and narrow.startswith(wide[:-1])


def _fewer(found: dict[str, list[str]]) -> dict[str, list[str]]:
    likes = sorted(found)
    size = -(-len(likes) // _MOST)
    fewer: dict[str, list[str]] = {}
    for start in range(0, len(likes), size):
        some = likes[start : start + size]
        beginning = _common_beginning(some[0].partition(_ANY)[0], some[-1].partition(_ANY)[0])
        fewer.setdefault(beginning + _ANY, []).extend(text for like in some for text in found[like])
    return {_ANY: [text for texts in found.values() for text in texts]} if _ANY in fewer else fewer


def _common_beginning(first: str, last: str) -> str:
    """What the first and the last of sorted texts begin with, and so all between them."""
    length = next((at for at, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first))
    return first[: min(length, len(last))]


def _text(like: str) -> str:
    if like == _ANY:
        return ""
    if _ANY not in like and _ONE not in like:
        return f"name = '{like}'"
    return f"name LIKE '{like.replace('%', '_').replace(_ONE, '_').replace(_ANY, '%')}'"
