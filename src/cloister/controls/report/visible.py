"""Untrusted text made harmless to look at.

Names come from the input. A control character in one could move the cursor of a terminal or recolour it, and one that
turns the writing direction round could make a line read as another; both are shown by their codes.
"""

import re

_CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def visible(text: str) -> str:
    r"""The text with each control character written as its code, `\x1b` or `\u202e`; line breaks too."""
    return _CONTROLS.sub(_code, text)


def escaped_in_json(text: str) -> str:
    r"""JSON with the control characters that it may hold as they are, written as `\u009b`; they mean the same."""
    return _CONTROLS.sub(lambda found: found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}", text)


def _code(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"  # noqa: PLR2004 - two hexadecimal digits end there
