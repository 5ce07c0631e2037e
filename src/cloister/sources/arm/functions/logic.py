"""Functions on numbers and truth that need all of their arguments."""

from typing import Any

from cloister.sources.arm.functions.calling import Function, FunctionError, number
from cloister.sources.arm.functions.lists import same
from cloister.sources.declared import Value


def _div(one: Any, other: Any) -> int:  # noqa: ANN401 - a number
    quotient = abs(number(one)) // abs(number(other))
    return quotient if (one < 0) == (other < 0) else -quotient


def _mod(one: Any, other: Any) -> int:  # noqa: ANN401 - as above
    return number(one) - number(other) * _div(one, other)


def _bool(value: Any) -> bool:  # noqa: ANN401 - as above
    if isinstance(value, str) and value.lower() in ("true", "false", "1", "0"):
        return value.lower() in ("true", "1")
    if isinstance(value, bool | int):
        return bool(value)
    raise FunctionError("takes true, false, 1 or 0")


def _truth(value: Any) -> bool:  # noqa: ANN401 - as above
    if isinstance(value, bool):
        return value
    raise FunctionError("takes true or false")


def _float(value: Any) -> Value:  # noqa: ANN401 - as above
    return float(value)


def _before(one: Any, other: Any) -> bool:  # noqa: ANN401 - as above
    if isinstance(one, bool) or isinstance(other, bool):
        raise FunctionError("takes two numbers or two texts")
    return bool(one < other)


LOGIC = (
    Function("add", lambda one, other: number(one) + number(other), 2, 2),
    Function("sub", lambda one, other: number(one) - number(other), 2, 2),
    Function("mul", lambda one, other: number(one) * number(other), 2, 2),
    Function("div", _div, 2, 2),
    Function("mod", _mod, 2, 2),
    Function("int", lambda value: int(value) if isinstance(value, str) else number(value), 1, 1),
    Function("float", _float, 1, 1),
    Function("bool", _bool, 1, 1),
    Function("not", lambda value: not _truth(value), 1, 1),
    Function("xor", lambda one, other: _truth(one) != _truth(other), 2, 2),
    Function("equals", same, 2, 2),
    Function("less", _before, 2, 2),
    Function("greater", lambda one, other: _before(other, one), 2, 2),
    Function("lessOrEquals", lambda one, other: not _before(other, one), 2, 2),
    Function("greaterOrEquals", lambda one, other: not _before(one, other), 2, 2),
    Function("true", lambda: True, 0, 0),
    Function("false", lambda: False, 0, 0),
    Function("null", lambda: None, 0, 0),
)
