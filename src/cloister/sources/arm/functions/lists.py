"""Functions on lists and objects, and those that take texts as well."""

from itertools import chain
from typing import Any

from cloister.sources.arm.functions.calling import MANY, Function, FunctionError, listed, mapped, number, text
from cloister.sources.arm.functions.texts import shown
from cloister.sources.arm.opened import Opened
from cloister.sources.declared import Unknown, Value, hidden, member

_LONGEST = 10_000
"""How many numbers `range` makes at most:
https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-array#range, read 2026-11-25."""


def _concat(*parts: Any) -> Value:  # noqa: ANN401 - texts or lists
    if all(isinstance(part, list) for part in parts):
        return [*chain.from_iterable(parts)]
    if any(isinstance(part, list | dict) for part in parts):
        raise FunctionError("takes texts, or lists, and not both")
    return "".join(shown(part) for part in parts)


def _contains(whole: Any, part: Any) -> Value:  # noqa: ANN401 - as above
    if isinstance(whole, str):
        return text(shown(part)) in whole
    if isinstance(whole, dict):
        has = any(key.lower() == text(part).lower() for key in whole)
        return has or (Unknown("asks for what only deployment gives") if isinstance(whole, Opened) else False)
    if any(same(one, part) for one in listed(whole)):
        return True
    return Unknown("asks for a part of a list that is not told") if hidden(whole) or hidden(part) else False


def same(one: Any, other: Any) -> bool:  # noqa: ANN401 - any two values
    """Whether two values are equal; true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(mine, yours) for mine, yours in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


def _length(value: Any) -> int:  # noqa: ANN401 - as above
    return len(value)


def _first(value: Any, at: int) -> Value:  # noqa: ANN401 - as above
    if isinstance(value, str):
        return value[at : at + 1] if at == 0 else value[-1:]
    found = listed(value)
    return found[at] if found else None


def _take(value: Any, count: int) -> Value:  # noqa: ANN401 - as above
    taken: Value = value[: max(number(count), 0)]
    return taken


def _skip(value: Any, count: int) -> Value:  # noqa: ANN401 - as above
    rest: Value = value[max(number(count), 0) :]
    return rest


def _index(value: Any, part: Any) -> int:  # noqa: ANN401 - as above
    if isinstance(value, str):
        return value.lower().find(text(part).lower())
    return next((place for place, one in enumerate(listed(value)) if same(one, part)), -1)


def _last_index(value: Any, part: Any) -> int:  # noqa: ANN401 - as above
    if isinstance(value, str):
        return value.lower().rfind(text(part).lower())
    return max((place for place, one in enumerate(listed(value)) if same(one, part)), default=-1)


def _range(start: int, count: int) -> Value:
    if not 0 <= number(count) <= _LONGEST:
        raise FunctionError(f"takes a count from 0 to {_LONGEST}")
    return [*range(number(start), start + count)]


def _distinct(values: list[Value]) -> list[Value]:
    found: list[Value] = []
    for one in values:
        if not any(same(one, other) for other in found):
            found.append(one)
    return found


def _union(*parts: Any) -> Value:  # noqa: ANN401 - lists or objects
    if all(isinstance(part, list) for part in parts):
        return _distinct([*chain.from_iterable(parts)])
    found: dict[str, Value] = {}
    for part in parts:
        found = _laid_over(found, mapped(part))
    return found


def _laid_over(base: dict[str, Value], over: dict[str, Value]) -> dict[str, Value]:
    found = dict(base)
    for key, value in over.items():
        standing = found.get(key)
        found[key] = _laid_over(standing, value) if isinstance(standing, dict) and isinstance(value, dict) else value
    return found


def _intersection(*parts: Any) -> Value:  # noqa: ANN401 - as above
    first, *others = parts
    if isinstance(first, list):
        return _distinct([one for one in first if all(any(same(one, two) for two in other) for other in others)])
    rest = [mapped(other) for other in others]
    return {key: one for key, one in mapped(first).items() if all(key in o and same(o[key], one) for o in rest)}


def _flatten(lists: list[Value]) -> Value:
    return [*chain.from_iterable(listed(one) for one in lists)]


def _items(value: dict[str, Value]) -> Value:
    return [{"key": key, "value": mapped(value)[key]} for key in sorted(value, key=str.lower)]


def _keys(value: dict[str, Value]) -> Value:
    return [*sorted(mapped(value), key=str.lower)]


def _object(*parts: Value) -> Value:
    if len(parts) % 2:
        raise FunctionError("takes pairs of a name and a value")
    return {text(key): value for key, value in zip(parts[::2], parts[1::2], strict=True)}


def _merged(several: list[Value]) -> Value:
    return {key: value for one in listed(several) for key, value in mapped(one).items()}


def _try_get(value: Any, *path: Any) -> Value:  # noqa: ANN401 - as above
    for part in path:
        if isinstance(value, dict):
            value = member(value, text(part))
        elif isinstance(value, list) and isinstance(part, int):
            value = value[part] if 0 <= part < len(value) else None
        else:
            return value if isinstance(value, Unknown) else None
    found: Value = value
    return found


def _array(value: Value) -> Value:
    return value if isinstance(value, list) else [value]


LISTS = (
    Function("array", _array, 1, 1, looks_inside=False),
    Function("concat", _concat, 0, MANY, looks_inside=False, makes_text=True),
    Function("contains", _contains, 2, 2, looks_inside=False),
    Function("createArray", lambda *values: [*values], 0, 1024, only_holds=True),
    Function("createObject", _object, 0, 1024, only_holds=True),
    Function("empty", lambda value: not value and value is not False and value != 0, 1, 1, looks_inside=False),
    Function("first", lambda value: _first(value, 0), 1, 1, looks_inside=False, makes_text=True),
    Function("flatten", _flatten, 1, 1, looks_inside=False),
    Function("indexFromEnd", lambda value, back: listed(value)[-number(back)], 2, 2, looks_inside=False),
    Function("indexOf", _index, 2, 2),
    Function("intersection", _intersection, 1, MANY),
    Function("items", _items, 1, 1, looks_inside=False),
    Function("last", lambda value: _first(value, -1), 1, 1, looks_inside=False, makes_text=True),
    Function("lastIndexOf", _last_index, 2, 2),
    Function("length", _length, 1, 1, looks_inside=False),
    Function("max", lambda *values: max(_numbers(values)), 1, MANY),
    Function("min", lambda *values: min(_numbers(values)), 1, MANY),
    Function("objectKeys", _keys, 1, 1, looks_inside=False),
    Function("range", _range, 2, 2),
    Function("shallowMerge", _merged, 1, 1, looks_inside=False),
    Function("skip", _skip, 2, 2, looks_inside=False),
    Function("take", _take, 2, 2, looks_inside=False, makes_text=True),
    Function("tryGet", _try_get, 2, MANY, looks_inside=False),
    Function("union", _union, 1, MANY, looks_inside=False),
)


def _numbers(values: tuple[Any, ...]) -> list[int]:
    return [number(one) for one in (values[0] if isinstance(values[0], list) else values)]
