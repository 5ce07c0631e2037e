"""Addresses and references as Terraform spells them, taken apart: `module.spoke["a"].azurerm_subnet.s[0].id`."""

import json
import re
from collections.abc import Iterable, Sequence

from cloister.sources.terraform.values import Key

_STEP = re.compile(r"""\.?([^.\[\]"]+)|\[("(?:[^"\\]|\\.)*")\]|\[(\d+)\]""")

Step = str | int | tuple[str]
"""A name, a number in brackets, or a key in brackets, which a tuple of one holds."""


def steps(text: str) -> tuple[Step, ...]:
    """The steps of a traversal; what follows something that is none is left out."""
    found: list[Step] = []
    at = 0
    while at < len(text) and (match := _STEP.match(text, at)):
        name, key, number = match.groups()
        found.append(name if name is not None else (_unquoted(key),) if key is not None else int(number))
        at = match.end()
    return tuple(found)


def _unquoted(key: str) -> str:
    try:
        return str(json.loads(key))
    except ValueError:
        return key[1:-1]


def key_of(step: Step) -> Key:
    """The key that a step in brackets holds."""
    return step[0] if isinstance(step, tuple) else step


def is_key(step: Step | None) -> bool:
    """Whether a step stands in brackets."""
    return isinstance(step, int | tuple)


def spelled(path: Sequence[Step]) -> str:
    """The steps as Terraform spells them: `ip_configuration[0].private_ip_address`."""
    text = ""
    for step in path:
        text += bracketed(key_of(step)) if is_key(step) else f".{step}" if text else str(step)
    return text


def bracketed(key: Key) -> str:
    """The key of an instance as it stands behind an address; nothing for none."""
    if key is None:
        return ""
    return f"[{key}]" if isinstance(key, int) else f"[{json.dumps(key, ensure_ascii=False)}]"


def longest(references: Iterable[object]) -> tuple[str, ...]:
    """The references without those that only begin another: a plan lists `a.b.id` and `a.b` for one of them."""
    texts = [text for text in references if isinstance(text, str)]
    begun: set[str] = set()
    for text in texts:
        for cut, letter in enumerate(text):
            if letter in ".[":
                begun.add(text[:cut])
    return tuple(dict.fromkeys(text for text in texts if text not in begun))
