"""How a function of templates is called: its number of arguments, and what it makes of values that are not told."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cloister.sources.declared import Reference, Unknown, Value, hidden
from cloister.sources.draft import why

MANY = 256


class FunctionError(ValueError):
    """Arguments that a function does not take; says why in one clause."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function on values alone.

    `looks_inside`: values inside of a list or an object decide, so that one that is not told leaves the answer open.
    `makes_text`: of arguments that stand-ins exist for, it makes a stand-in, or a list of some. `only_holds`: it puts
    its arguments into a list or an object, whatever they are.
    """

    name: str
    run: Callable[..., Value]
    least: int
    most: int
    looks_inside: bool = True
    makes_text: bool = False
    only_holds: bool = False


def apply(function: Function, arguments: list[Value]) -> Value:
    """What a function makes of its arguments. Raises FunctionError."""
    if not function.least <= len(arguments) <= function.most:
        raise FunctionError(f"{function.name} does not take {len(arguments)} arguments")
    untold = next((found for one in arguments if (found := _untold(one, inside=function.looks_inside))), None)
    if untold is None or function.only_holds:
        return _run(function, arguments)
    if not function.makes_text:
        return Unknown(why(untold))
    made = _stand_in(function, arguments)
    if isinstance(made, list):
        return [Unknown(why(untold), one) for one in made if isinstance(one, str)]
    return Unknown(why(untold), made if isinstance(made, str) else None)


def _run(function: Function, arguments: list[Value]) -> Value:
    try:
        return function.run(*arguments)
    except FunctionError as error:
        raise FunctionError(f"{function.name} {error}") from error
    except (TypeError, ValueError, AttributeError, IndexError, KeyError, ArithmeticError) as error:
        raise FunctionError(f"{function.name} does not take these values") from error


def _untold(value: Value, *, inside: bool) -> Unknown | Reference | None:
    if inside:
        return hidden(value)
    return value if isinstance(value, Unknown | Reference) else None


def _stand_in(function: Function, arguments: list[Value]) -> Value:
    texts = [stand_in(one) for one in arguments]
    if any(isinstance(one, Unknown) for one in texts):
        return None
    try:
        return _run(function, texts)
    except FunctionError:
        return None


def stand_in(value: Value) -> Value:
    """A value with texts in the places of what is not told, and Unknown where there is none."""
    if isinstance(value, Reference):
        return f"{{{value.address}.{value.attribute}}}"
    if isinstance(value, Unknown):
        return value if value.text is None else value.text
    if isinstance(value, list):
        return _whole([stand_in(one) for one in value])
    if isinstance(value, dict):
        return _whole({key: stand_in(one) for key, one in value.items()})
    return value


def _whole(value: Value) -> Value:
    return hidden(value) or value


def text(value: Any) -> str:  # noqa: ANN401 - whatever was handed over
    """A text, or FunctionError."""
    if isinstance(value, str):
        return value
    raise FunctionError("takes texts")


def number(value: Any) -> int:  # noqa: ANN401 - as above
    """A whole number, or FunctionError."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise FunctionError("takes whole numbers")


def listed(value: Any) -> list[Value]:  # noqa: ANN401 - as above
    """A list, or FunctionError."""
    if isinstance(value, list):
        return value
    raise FunctionError("takes lists")


def mapped(value: Any) -> dict[str, Value]:  # noqa: ANN401 - as above
    """An object, or FunctionError."""
    if isinstance(value, dict):
        return value
    raise FunctionError("takes objects")
