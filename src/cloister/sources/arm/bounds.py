"""How large a value of a template may become: a few lines can double a text or a list sixty times over."""

from cloister.sources.declared import Unknown, Value

MOST_PARTS = 200_000
LONGEST_TEXT = 4_000_000
"""What a template may come to as a whole:
https://learn.microsoft.com/azure/azure-resource-manager/templates/best-practices#template-limits, read 2026-11-25."""


def bounded(value: Value) -> Value:
    """The value, or an unknown one where it has more parts or letters than any real one."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT else Unknown(f"is a text of more than {LONGEST_TEXT} letters")
    return value if _is_small(value) else Unknown(f"has more than {MOST_PARTS} parts")


def _is_small(value: Value) -> bool:
    open_ones, parts = [value], 0
    while open_ones:
        here = open_ones.pop()
        inside = here.values() if isinstance(here, dict) else here if isinstance(here, list) else ()
        parts += len(inside)
        if parts > MOST_PARTS:
            return False
        open_ones += inside
    return True
