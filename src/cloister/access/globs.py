"""Patterns of names: `*` for any letters, `?` for one, and variables that a request fills in."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from cloister.access.templates import Context, Part, Plain, Variable, Wildcard, fill, keys, parse

NOTHING: Final[Context] = MappingProxyType({})
_ARN: Final = "arn:"
_KEPT: Final = 4096
_TO_LOWER: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


@dataclass(frozen=True, slots=True)
class Glob:
    """One pattern. A variable without a value matches nothing."""

    text: str
    parts: tuple[Part, ...]
    has_variables: bool = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "has_variables", any(isinstance(part, Variable) for part in self.parts))

    @property
    def beginning(self) -> str:
        """What every text that it matches begins with, whoever asks."""
        return self.parts[0] if self.parts and not isinstance(self.parts[0], Wildcard | Variable) else ""

    @property
    def is_whole(self) -> bool:
        """Whether it matches its own text alone."""
        return self.parts in ((), (self.beginning,))

    @property
    def is_beginning(self) -> bool:
        """Whether it matches whatever begins as it does."""
        return self.parts in ((Wildcard.MANY,), (self.beginning, Wildcard.MANY))

    def matches(self, text: str, context: Context = NOTHING) -> bool:
        """Whether the pattern speaks of a text in a request with this context."""
        filled = self.filled(context)
        return filled is not None and fits(filled, text)

    def filled(self, context: Context) -> tuple[Plain, ...] | None:
        """The pattern with the request's values in the place of variables; None where one has none."""
        return fill(self.parts, context) if self.has_variables else self.parts  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Patterns:
    """The patterns of one element; with `inverted` (NotAction, NotResource) it matches what none of them matches."""

    globs: tuple[Glob, ...]
    inverted: bool
    ignore_case: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        """The patterns as they are written."""
        return tuple(glob.text for glob in self.globs)

    @property
    def keys(self) -> frozenset[str]:
        """The keys of the request that variables look at."""
        return frozenset(key for glob in self.globs for key in keys(glob.parts))

    @property
    def may_lack_a_value(self) -> bool:
        """Whether a variable has no default."""
        return any(isinstance(part, Variable) and part.default is None for glob in self.globs for part in glob.parts)

    @property
    def is_everything(self) -> bool:
        """Whether it matches every text there can be."""
        return not self.inverted and "*" in self.texts

    def matches(self, text: str, context: Context = NOTHING) -> bool:
        """Whether the statement's element speaks of this action or resource."""
        read = text.translate(_TO_LOWER) if self.ignore_case else text
        return any(glob.matches(read, context) for glob in self.globs) != self.inverted


def actions(texts: Iterable[str], *, inverted: bool = False) -> Patterns:
    """Patterns of actions, which ignore the case of ASCII letters (as in IAM) and have no variables."""
    globs = (Glob(text, _plain(text.translate(_TO_LOWER))) for text in texts)
    return Patterns(tuple(globs), inverted, ignore_case=True)


def resources(texts: Iterable[str], *, inverted: bool = False) -> Patterns:
    """Patterns of resources. Variables stand for names, written as resources write them; in an ARN for themselves.

    Raises ValueError where one cannot be read.
    """
    globs = (Glob(text, parse(text, wildcards=True, is_name=not text.startswith(_ARN))) for text in texts)
    return Patterns(tuple(globs), inverted)


def names(texts: Iterable[str]) -> Patterns:
    """Patterns of names, without variables."""
    return Patterns(tuple(Glob(text, _plain(text)) for text in texts), inverted=False)


def fits(parts: tuple[Plain, ...], text: str) -> bool:
    """Whether letters and wildcards match the whole of a text."""
    match parts:
        case ():
            return not text
        case (Wildcard.MANY,):
            return True
        case (str() as whole,):
            return text == whole
        case (str() as beginning, Wildcard.MANY):
            return text.startswith(beginning)
        case _:
            return _regex(parts).fullmatch(text) is not None


@lru_cache(maxsize=_KEPT)
def _regex(parts: tuple[Plain, ...]) -> re.Pattern[str]:
    """The parts as a regular expression that never tries one piece at two places once it has matched.

    The first place that a piece fits at is as good as any later one, because only its letters' number counts for what
    follows. So a text of many equal letters costs no more than another, whatever the pattern.
    """
    pieces = [""]
    for part in parts:
        if part is Wildcard.MANY:
            pieces.append("")
        else:
            pieces[-1] += "." if part is Wildcard.ONE else re.escape(part)
    first, *rest = pieces
    middle = "".join(f"(?>.*?{piece})" for piece in rest[:-1])
    last = f".*{rest[-1]}" if rest else ""
    return re.compile(first + middle + last, re.DOTALL)


def _plain(text: str) -> tuple[Plain, ...]:
    """A pattern without variables."""
    pieces = re.split(r"([*?])", text)
    return tuple(Wildcard(piece) if piece in ("*", "?") else piece for piece in pieces if piece)
