"""Lines for a terminal."""

import textwrap

WIDTH = 100


def wrapped(words: str, first: str, following: str) -> list[str]:
    """The words in lines that fit, the first with its own margin; no word is broken."""
    if not words:
        return [first.rstrip()]
    return textwrap.wrap(
        words,
        WIDTH,
        initial_indent=first,
        subsequent_indent=following,
        break_long_words=False,
        break_on_hyphens=False,
    )
