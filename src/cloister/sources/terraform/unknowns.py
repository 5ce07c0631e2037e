"""The values of a resource with what is known after apply filled in: a reference, or why it is not known."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from cloister.sources.terraform.modules import Instance, mapping
from cloister.sources.terraform.references import References, Trail
from cloister.sources.terraform.values import Unknown, Value

_LATER = "is known only after apply"
_DYNAMIC: dict[str, list[str]] = {"references": []}
"""Stands for the expressions of a dynamic block, which a plan leaves out."""
_TOLD = 4
_ALONE = re.compile(r"\$\{[^{}]*\}")


class Blanks:
    """Fills the values of resources where a plan leaves them out."""

    def __init__(self, references: References) -> None:
        self._references = references

    def filled(self, one: Instance) -> dict[str, Value]:
        """The values of a resource, none of them left out."""
        values = dict(mapping(one.record.get("values")))
        if not one.unknown:
            return values
        expressions = one.configuration.get("expressions", {}) if one.configuration else _DYNAMIC
        return self._members(one, values, mapping(one.unknown), expressions)

    def _value(self, one: Instance, value: Value, unknown: object, expression: object) -> Value:
        if unknown is True:
            return self._blank(one, expression)
        if isinstance(unknown, dict) and unknown:
            return self._members(one, mapping(value), unknown, expression)
        if isinstance(unknown, list) and unknown:
            return self._items(one, value if isinstance(value, list) else [], unknown, expression)
        return value

    def _members(
        self, one: Instance, values: Mapping[str, Any], unknown: Mapping[str, Any], expression: object
    ) -> dict[str, Value]:
        found = dict(values)
        for key, below in unknown.items():
            inner = expression if _is_leaf(expression) else mapping(expression).get(key)
            if inner is None and below is not True:
                inner = _DYNAMIC
            found[key] = self._value(one, values.get(key), below, inner)
        return found

    def _items(self, one: Instance, values: Sequence[Any], unknown: Sequence[Any], expression: object) -> list[Value]:
        trail = self._references.of(one, expression) if _is_leaf(expression) else None
        open_ones = sum(below is True for below in unknown)
        if trail and not trail.lost and 0 < open_ones == len(trail.references):
            left = iter(trail.references)
            return [next(left) if below is True else values[at] for at, below in enumerate(unknown)]
        found = []
        for at in range(max(len(values), len(unknown))):
            value, below = (side[at] if at < len(side) else None for side in (values, unknown))
            found.append(self._value(one, value, below, _fitting(expression, value)))
        return found

    def _blank(self, one: Instance, expression: object) -> Value:
        if not expression:
            return Unknown(_LATER, stated=False)
        if expression is _DYNAMIC:
            return Unknown(f"{_LATER}, in a part of the configuration that a plan does not spell out")
        if _is_composed(expression):
            return Unknown(f"{_LATER}: it is made of {_text(expression)}")
        trail = self._references.of(one, expression)
        if trail.lost:
            return Unknown(f"{_LATER}, through {trail.lost}")
        if len(trail.references) == 1:
            return trail.references[0]
        return Unknown(f"{_LATER}{_told(trail)}", among=trail.references)


def _is_composed(expression: object) -> bool:
    """Whether an expression is more than a reference: a plan holds those of a configuration in JSON as text."""
    return bool(_text(expression)) and _ALONE.fullmatch(_text(expression)) is None


def _text(expression: object) -> str:
    text = mapping(expression).get("constant_value") if mapping(expression).get("references") else None
    return text if isinstance(text, str) else ""


def _told(trail: Trail) -> str:
    names = [str(one) for one in trail.references]
    more = f" and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
    return f", from {', '.join(names[:_TOLD])}{more}" if names else ""


def _is_leaf(expression: object) -> bool:
    return isinstance(expression, dict) and ("references" in expression or "constant_value" in expression)


def _fitting(expression: object, value: object) -> object:
    """The expression of one block of several: a set of blocks is planned in another order than it is written in.

    Blocks whose constants differ from the planned values are not meant. Where several may be, all of them are taken,
    so that a value is told only where they agree.
    """
    if not isinstance(expression, list):
        return expression
    meant = [block for block in expression if _agrees(block, value)]
    if len(meant) <= 1:
        return meant[0] if meant else {}
    return _joined(meant)


def _agrees(block: object, value: object) -> bool:
    return all(
        mapping(value).get(key) in (None, inner["constant_value"])
        for key, inner in mapping(block).items()
        if isinstance(inner, dict) and "constant_value" in inner and "references" not in inner
    )


def _joined(blocks: Sequence[object]) -> dict[str, list[object]]:
    """Blocks as one, in which each argument holds the expressions of all."""
    found: dict[str, list[object]] = {}
    for block in blocks:
        for key, inner in mapping(block).items():
            found.setdefault(key, []).extend(inner if isinstance(inner, list) else [inner])
    return found
