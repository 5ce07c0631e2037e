"""How words of an author are told back: as they were written, short, harmless to a terminal, with their near miss."""

from collections.abc import Iterable
from difflib import get_close_matches

_CLOSE = 0.6
_LONGEST = 60


def printable(text: str) -> str:
    """A text for a terminal: control characters as escapes, so that they are seen and do nothing."""
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)


def shown(value: object) -> str:
    """A value as its author wrote it, short."""
    if isinstance(value, str):
        return f'"{printable(value if len(value) <= _LONGEST else value[:_LONGEST] + "...")}"'
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return str(value).lower()


def near_miss(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` most likely stands for, if one is close."""
    by_lower = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), by_lower, n=1, cutoff=_CLOSE)
    return by_lower[close[0]] if close else None


def one_of(words: Iterable[str]) -> str:
    """`a, b or c`, in their order."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else str(last)
