"""Conditions of a statement: an operator of IAM on one key of the request's context.

Semantics after "IAM JSON policy elements: Condition operators" and "Conditions with multiple context keys or values"
(docs.aws.amazon.com/IAM/latest/UserGuide, read 2026-11). All conditions must hold; of several values of the policy one
is enough (none, for a negated operator). A key that the request lacks fails a positive operator and passes a negated
one; `...IfExists` passes where the key is missing. `ForAllValues:` holds of no values at all, `ForAnyValue:` does not,
whatever `IfExists` says. A key with several values meets nothing without one of the two.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from cloister.access.operators import OPERATORS, Wanted
from cloister.access.templates import Context as Context  # noqa: PLC0414 - what conditions look at is named here

Report = Callable[[str, str, str], None]

NULL: Final = "Null"
_IF_EXISTS: Final = "IfExists"
_FOR_ALL: Final = "ForAllValues:"
_FOR_ANY: Final = "ForAnyValue:"


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator as it is written, taken apart. `name` is one of `OPERATORS`, or Null."""

    name: str
    quantifier: str
    if_exists: bool

    @classmethod
    def of(cls, written: str) -> "Operation | None":
        """The operation, or None where it is none that is known here."""
        quantifier = next((prefix for prefix in (_FOR_ALL, _FOR_ANY) if written.startswith(prefix)), "")
        rest = written.removeprefix(quantifier)
        name = rest.removesuffix(_IF_EXISTS)
        known = name in OPERATORS or (name == NULL and written == NULL)
        return cls(name, quantifier, name != rest) if known else None


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator on one key. Raises ValueError where the operator or a value cannot be read."""

    operator: str
    key: str
    values: tuple[str, ...]
    operation: Operation = field(init=False, repr=False, compare=False)
    _negated: bool = field(init=False, repr=False, compare=False)
    _wanted: tuple[Wanted, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        operation = Operation.of(self.operator)
        if operation is None:
            message = f"{self.operator} is no operator that is known here"
            raise ValueError(message)
        operator = OPERATORS["Bool" if operation.name == NULL else operation.name]
        object.__setattr__(self, "operation", operation)
        object.__setattr__(self, "_negated", operator.negated)
        object.__setattr__(self, "_wanted", tuple(operator.read(value) for value in self.values))

    @property
    def keys(self) -> frozenset[str]:
        """Every key of the request that it looks at."""
        return frozenset({self.key}).union(*(wanted.keys for wanted in self._wanted))

    @property
    def one_of(self) -> tuple[str, ...]:
        """The texts of which the key must have one for the condition to hold; empty where that is not all there is."""
        is_plain = self.operator == "StringEquals" and not any("$" in value for value in self.values)
        return self.values if is_plain else ()

    def holds(self, context: Context) -> bool:
        """Whether the request meets the condition."""
        present = context.get(self.key, ())
        quantifier = self.operation.quantifier
        if self.operation.name == NULL:
            return self._meets("false" if present else "true", context)
        if not present:
            return quantifier != _FOR_ANY and bool(quantifier or self.operation.if_exists or self._negated)
        if quantifier == _FOR_ALL:
            return all(self._meets(value, context) for value in present)
        if quantifier == _FOR_ANY:
            return any(self._meets(value, context) for value in present)
        return len(present) == 1 and self._meets(present[0], context)

    def _meets(self, value: str, context: Context) -> bool:
        for wanted in self._wanted:  # a loop, because a request may ask this of a thousand conditions
            if wanted.holds(value, context):
                return not self._negated
        return self._negated
