"""Lines for a terminal, which shows the characters of East Asian languages two columns wide."""

import re
from unicodedata import combining, east_asian_width

from cloister.controls.report.visible import visible

WIDTH = 100
LABELS = 10
"""The column in which names of sections stand."""
_PIECES = re.compile(r"\s+|[\u3000-\u9fff\uac00-\ud7af\uff00-\uffef]|[^\s\u3000-\u9fff\uac00-\ud7af\uff00-\uffef]+")
_BREAKS = re.compile(r"[\n\t]")
_NEVER_FIRST = "\u3001\u3002\uff0c\uff1b\uff1a\uff09\u300d\u300f\u3011\uff01\uff1f"
"""What no line may begin with: East Asian comma, full stop, colon, closing brackets and the like."""


def columns(words: str) -> int:
    """How many columns of a terminal the words take."""
    if words.isascii():
        return len(words)
    return sum(0 if combining(one) else 2 if east_asian_width(one) in "WF" else 1 for one in words)


def padded(words: str, width: int) -> str:
    """The words with spaces after them, as wide as a column."""
    return words + " " * (width - columns(words))


def wrapped(words: str, first: str, following: str) -> list[str]:
    """The words in lines that fit, the first with its own margin; no word is broken."""
    lines: list[str] = []
    line, margin = "", first
    for piece in _pieces(visible(_BREAKS.sub(" ", words))):
        blank = piece.isspace()
        if not blank and line and columns(margin + line + piece) > WIDTH:
            lines.append((margin + line).rstrip())
            line, margin = "", following
        if line or not blank:
            line += piece
    return [*lines, (margin + line).rstrip()]


def _pieces(words: str) -> list[str]:
    """Words, the blanks between them, and single wide characters, each with what no line may begin with after it."""
    pieces: list[str] = []
    for piece in _PIECES.findall(words):
        if pieces and piece[0] in _NEVER_FIRST and not pieces[-1].isspace():
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return pieces


def labelled(label: str, words: str, following: str = "") -> list[str]:
    """The words after the name of a section, which stands in a column of its own."""
    return wrapped(words, heading(label), following or " " * LABELS)


def heading(label: str) -> str:
    """The name of a section with the blanks after it."""
    return padded(f"{label} ", LABELS)
