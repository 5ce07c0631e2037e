"""Conditions of a statement: the IAM operators that compare texts and booleans.

Semantics after "IAM JSON policy elements: Condition operators" (docs.aws.amazon.com/IAM/latest/UserGuide, read
2026-11): all operators and keys must hold; of several values one is enough (none, for a negated one); a key that the
request lacks fails a positive operator and passes a negated one; `...IfExists` passes where the key is missing.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

Context = Mapping[str, tuple[str, ...]]
Report = Callable[[str, str, str], None]

_IF_EXISTS: Final = "IfExists"
_KEY: Final = re.compile(r"[a-z][a-z-]*:[A-Za-z/]+")


def _like(value: str, pattern: str) -> bool:
    parts = ({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern)
    return re.fullmatch("".join(parts), value, re.DOTALL) is not None


def _same(value: str, pattern: str) -> bool:
    return value == pattern


def _same_letters(value: str, pattern: str) -> bool:
    return value.casefold() == pattern.casefold()


# Operator: how one value is compared, and whether the operator is negated.
_OPERATORS: Final[dict[str, tuple[Callable[[str, str], bool], bool]]] = {
    "StringEquals": (_same, False),
    "StringNotEquals": (_same, True),
    "StringEqualsIgnoreCase": (_same_letters, False),
    "StringNotEqualsIgnoreCase": (_same_letters, True),
    "StringLike": (_like, False),
    "StringNotLike": (_like, True),
    "Bool": (_same_letters, False),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator on one key of the request's context."""

    operator: str
    key: str
    values: tuple[str, ...]

    def holds(self, context: Context) -> bool:
        """Whether the request meets the condition."""
        present = context.get(self.key, ())
        if self.operator == "Null":
            return str(not present).casefold() == self.values[0].casefold()
        name = self.operator.removesuffix(_IF_EXISTS)
        compare, negated = _OPERATORS[name]
        if not present:
            return negated or name != self.operator
        found = any(compare(value, wanted) for value in present for wanted in self.values)
        return found != negated


def read_conditions(block: object, report: Report) -> tuple[Condition, ...]:
    """The conditions of a statement; what cannot be understood is reported with its place below the statement."""
    if not isinstance(block, Mapping):
        report("/Condition", "is not an object", 'write {"StringEquals": {"mlflow:Stage": "Staging"}}')
        return ()
    read: list[Condition] = []
    for operator, comparisons in block.items():
        at = f"/Condition/{operator}"
        if operator != "Null" and operator.removesuffix(_IF_EXISTS) not in _OPERATORS:
            report(at, "is no operator that is known here", f"use one of {', '.join([*_OPERATORS, 'Null'])}")
        elif not isinstance(comparisons, Mapping) or not comparisons:
            report(at, "compares nothing", 'write {"mlflow:Stage": "Staging"}')
        else:
            read.extend(_read_comparison(operator, key, value, at, report) for key, value in comparisons.items())
    return tuple(read)


def _read_comparison(operator: str, key: str, value: object, at: str, report: Report) -> Condition:
    if not _KEY.fullmatch(key):
        report(f"{at}/{key}", "is no key of a request", 'write it as "mlflow:Stage"')
    listed = value if isinstance(value, list) else [value]
    # JSON's true is written both with and without quotes in published policies.
    texts = tuple(
        str(item).lower() if isinstance(item, bool) else item for item in listed if isinstance(item, bool | str)
    )
    if not texts or len(texts) != len(listed):
        report(f"{at}/{key}", "is no text and no list of texts", "write one text or several")
    elif any("${" in text for text in texts):
        report(f"{at}/{key}", "uses a policy variable", "write the value out")
    elif operator.startswith(("Bool", "Null")) and not {text.casefold() for text in texts} <= {"true", "false"}:
        report(f"{at}/{key}", "is neither true nor false", 'write "true" or "false"')
    return Condition(operator, key, texts)
