"""The Condition element of a policy, read with every fault that it has."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Final

from cloister.access.conditions import NULL, Condition, Operation, Report
from cloister.access.operators import OPERATORS
from cloister.facts.condition_keys import ConditionKey, condition_keys, find_condition_key

_EXAMPLE: Final = 'write {"StringEquals": {"mlflow:Stage": "Staging"}}'
_FAMILIES: Final = {
    "String": "texts",
    "Numeric": "numbers",
    "Date": "dates",
    "Bool": "truth values",
    "IpAddress": "addresses",
    "Arn": "ARNs",
}


def read_conditions(block: object, report: Report, *, foreign: bool) -> tuple[Condition, ...]:
    """The conditions of a statement; what cannot be understood is reported with its place below the statement.

    `foreign`: of a policy that is not for the gateway, whose keys nobody knows here.
    """
    if not isinstance(block, Mapping):
        report("/Condition", "is not an object", _EXAMPLE)
        return ()
    read: list[Condition] = []
    for operator, comparisons in block.items():
        at = f"/Condition/{operator}"
        operation = Operation.of(operator)
        if operation is None:
            report(at, "is no operator that is known here", f"use {_nearest_operator(operator)}")
        elif not isinstance(comparisons, Mapping) or not comparisons:
            report(at, "compares nothing", 'write {"mlflow:Stage": "Staging"}')
        else:
            for key, value in comparisons.items():
                comparing = _Comparing(operator, operation, key, f"{at}/{key}", report)
                read.extend(comparing.read(value, foreign=foreign))
    return tuple(read)


class _Comparing:
    """One comparison on the way to a condition."""

    def __init__(self, operator: str, operation: Operation, key: str, at: str, report: Report) -> None:
        self._operator = operator
        self._operation = operation
        self._key = key
        self._at = at
        self._report = report

    def read(self, value: object, *, foreign: bool) -> Iterator[Condition]:
        """The condition, if it can be understood."""
        texts = self._texts(value)
        key = self._key if foreign else self._known_key()
        if texts is None or key is None:
            return
        if any("${" in text for text in texts) and (foreign or not self._takes_variables):
            self._refuse("uses a policy variable", "write the value out")
            return
        try:
            condition = Condition(self._operator, key, texts)
        except ValueError as error:
            self._refuse(f"holds a value that {error}", "write it in the form that the operator compares")
            return
        if foreign or all(self._is_known_variable(name) for name in condition.keys - {key}):
            yield condition

    @property
    def _takes_variables(self) -> bool:
        return self._operation.name != NULL and OPERATORS[self._operation.name].takes_variables

    def _texts(self, value: object) -> tuple[str, ...] | None:
        listed = value if isinstance(value, list) else [value]
        # JSON's true and 5 are written both with and without quotes in published policies.
        texts = tuple(_text(item) for item in listed if isinstance(item, bool | int | float | str))
        if texts and len(texts) == len(listed):
            return texts
        self._refuse("is no text and no list of texts", "write one text or several")
        return None

    def _known_key(self) -> str | None:
        found = find_condition_key(self._key)
        if found is None:
            self._refuse("is no key that the gateway has a value for", f"use {nearest_key(self._key)}")
            return None
        row, key = found
        return key if self._fits(row) else None

    def _fits(self, row: ConditionKey) -> bool:
        """Whether the operator can say something about such a key."""
        name, quantifier = self._operation.name, self._operation.quantifier
        if name != NULL and OPERATORS[name].family not in row.families.split():
            kinds = " or ".join(_FAMILIES[family] for family in row.families.split())
            family = OPERATORS[name].family
            self._refuse(f"is not compared as {_FAMILIES[family]}", f"compare it as {kinds}")
            return False
        if row.values == "several" and not quantifier and name != NULL:
            self._refuse("holds several values", f"write ForAnyValue:{self._operator} or ForAllValues:{self._operator}")
            return False
        if row.values == "one" and quantifier:
            mend = f"write {self._operator.removeprefix(quantifier)}"
            self._refuse(f"holds one value, and {quantifier} would hold where there is none", mend)
            return False
        return True

    def _is_known_variable(self, name: str) -> bool:
        reason = why_no_variable(name)
        if reason is not None:
            self._refuse(f"uses the variable ${{{name}}}, {reason}", f"use {nearest_key(name)}")
        return reason is None

    def _refuse(self, reason: str, mend: str) -> None:
        self._report(self._at, reason, mend)


def why_no_variable(name: str) -> str | None:
    """Why a key cannot stand in a variable, or None where it can."""
    found = find_condition_key(name)
    if found is None:
        return "for which the gateway has no value"
    row, key = found
    if row.values != "one":
        return "which holds several values"
    return None if key == name else "which is spelled otherwise"


def nearest_key(written: str) -> str:
    """The known key that is most like one that is not known, or all of them."""
    if found := find_condition_key(written):
        return found[1]
    known = {row.key.casefold(): row.key for row in condition_keys()}
    near = get_close_matches(written.casefold(), known, 1, 0.6)
    return known[near[0]] if near else f"one of {', '.join(known.values())}"


def _nearest_operator(written: str) -> str:
    known = {name.casefold(): name for name in (*OPERATORS, NULL)}
    bare = written.rpartition(":")[2].casefold().removesuffix("ifexists")
    near = get_close_matches(bare, known, 1, 0.6)
    return known[near[0]] if near else f"one of {', '.join(known.values())}"


def _text(item: bool | float | str) -> str:
    return str(item).lower() if isinstance(item, bool) else str(item)
