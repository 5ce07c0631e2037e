"""Values of a template: every text that is an expression evaluated, loops over properties unrolled.

A template never stops the reading: what cannot be evaluated is an unknown value with its reason, and the rest goes on.
Only a template that takes more steps than any real one is refused as a whole.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Protocol

from cloister.errors import Fault, SpecError
from cloister.sources.arm.bounds import bounded
from cloister.sources.arm.expressions import (
    Call,
    ExpressionError,
    Literal,
    Member,
    Node,
    is_expression,
    parse,
    plain_text,
)
from cloister.sources.arm.functions import FUNCTIONS
from cloister.sources.arm.functions.calling import FunctionError, apply, stand_in
from cloister.sources.arm.functions.lists import same
from cloister.sources.arm.opened import Opened
from cloister.sources.declared import Reference, Unknown, Value, hidden, member

MAX_STEPS = 2_000_000
"""A loop of 5,000 networks with subnets takes 175,000."""
MAX_COPIES = 10_000
"""Azure allows 800; more would only be a mistake. https://learn.microsoft.com/azure/azure-resource-manager/templates/
copy-resources#copy-limits, read 2026-11-25."""
MAX_DEPTH = 160
_EACH = 64
_TOO_DEEP = "stands at the end of a chain of definitions that is too deep"

_parsed = lru_cache(maxsize=4096)(parse)


class Surroundings(Protocol):
    """What a template and the place of its deployment give to an expression."""

    file: str

    def call(self, name: str, arguments: list[Value], here: "Here") -> Value:
        """What a function gives that is not one on values alone. Raises FunctionError."""


@dataclass
class Steps:
    """How many steps the evaluation of one file has taken."""

    taken: int = 0

    def take(self, file: str) -> None:
        """One more; raises SpecError where it is one too many."""
        self.taken += 1
        if self.taken > MAX_STEPS:
            reason = f"takes more than {MAX_STEPS} steps to evaluate"
            raise SpecError(Fault(file, reason, "deploy it in parts, or read an export of what it deploys"))


@dataclass(frozen=True, slots=True)
class Here:
    """Where an expression stands: its template, the loops around it, the names that a lambda binds."""

    around: Surroundings
    steps: Steps
    loops: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[str, Value] = field(default_factory=dict)
    depth: int = 0

    def value(self, written: Any) -> Value:  # noqa: ANN401 - any JSON value
        """A value of the template, evaluated."""
        self.steps.take(self.around.file)
        if isinstance(written, str):
            return self._text(written)
        if isinstance(written, list):
            return [self.value(one) for one in written]
        if isinstance(written, dict):
            return self._object(written)
        plain: Value = written
        return plain

    def looped(self, name: str, index: int) -> "Here":
        """The same place in one turn of a loop; the innermost loop is the one without a name, too."""
        return replace(self, loops={**self.loops, name.lower(): index, "": index})

    def _text(self, written: str) -> Value:
        if not is_expression(written):
            return plain_text(written)
        try:
            return self.run(_parsed(written))
        except ExpressionError as error:
            return Unknown(str(error))
        except RecursionError:  # caught as deep as it occurs, so that only what hangs on it is unknown
            return Unknown(_TOO_DEEP)

    def _object(self, written: dict[str, Any]) -> Value:
        found: dict[str, Value] = {}
        for key, value in written.items():
            if key.lower() == "copy" and _is_loop(value):
                for loop in value:
                    found[str(loop["name"])] = self.unrolled(loop)
            else:
                name = self.value(key) if is_expression(key) else plain_text(key)
                found[name if isinstance(name, str) else key] = self.value(value)
        return found

    def unrolled(self, loop: dict[str, Any]) -> Value:
        """The list that a loop over a property or a variable makes."""
        count = self.count(loop.get("count"))
        if isinstance(count, Unknown):
            return count
        name = str(loop["name"])
        return [self.looped(name, index).value(loop.get("input")) for index in range(count)]

    def count(self, written: Any) -> int | Unknown:  # noqa: ANN401 - any JSON value
        """How often a loop runs."""
        count = self.value(written)
        if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MAX_COPIES:
            return count if isinstance(count, Unknown) else Unknown(f"runs {stand_in(count)} times")
        return count

    def run(self, node: Node) -> Value:
        """The value of an expression."""
        self.steps.take(self.around.file)
        if isinstance(node, Literal):
            return node.value
        if self.depth > MAX_DEPTH:
            return Unknown(_TOO_DEEP)
        deeper = replace(self, depth=self.depth + 1)
        try:
            return _member(deeper, node) if isinstance(node, Member) else _called(deeper, node)
        except FunctionError as error:
            return Unknown(f"cannot be evaluated: {error}")


def _is_loop(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return isinstance(value, list) and all(isinstance(one, dict) and "name" in one and "count" in one for one in value)


def _member(here: Here, node: Member) -> Value:
    of, key = here.run(node.of), here.run(node.key)
    if isinstance(of, Opened) and isinstance(key, str):
        return of.at(key)
    if isinstance(of, Reference) and isinstance(key, str | int):
        return Reference(of.address, f"{of.attribute}[{key}]" if isinstance(key, int) else f"{of.attribute}.{key}")
    if isinstance(of, Unknown) or isinstance(key, Unknown | Reference):
        return _unknown_member(of, key)
    if isinstance(of, dict) and isinstance(key, str):
        found = member(of, key)
        if found is None and not any(name.lower() == key.lower() for name in of):
            raise FunctionError(f"there is no {key} in it")
        return found
    if isinstance(of, list) and isinstance(key, int) and 0 <= key < len(of):
        return of[key]
    raise FunctionError(f"there is no {stand_in(key)} in it")


def _unknown_member(of: Value, key: Value) -> Unknown:
    if isinstance(of, Unknown):
        known = of.text is not None and not isinstance(key, Unknown | Reference)
        return Unknown(of.why, f"{of.text}.{key}" if known else None)
    return key if isinstance(key, Unknown) else Unknown("is chosen by a value that only deployment gives")


def _called(here: Here, node: Call) -> Value:
    name = node.name.lower()
    lazy = _LAZY.get(name)
    if lazy:
        return lazy(here, node.arguments)
    arguments = [here.run(one) for one in node.arguments]
    function = FUNCTIONS.get(name)
    if function is None:
        return here.around.call(name, arguments, here)
    made = apply(function, arguments)
    return bounded(made) if isinstance(made, str) else made


def _if(here: Here, arguments: tuple[Node, ...]) -> Value:
    condition, yes, no = _exactly(3, "if", arguments)
    chosen = here.run(condition)
    if isinstance(chosen, bool):
        return here.run(yes if chosen else no)
    if not isinstance(chosen, Unknown | Reference):
        raise FunctionError("if takes true or false first")
    one, other = here.run(yes), here.run(no)
    if hidden(one) is None and same(one, other):
        return one
    return Unknown(chosen.why if isinstance(chosen, Unknown) else "hangs on a value that only deployment gives")


def _and(here: Here, arguments: tuple[Node, ...]) -> Value:
    return _decided(here, arguments, by=False)


def _or(here: Here, arguments: tuple[Node, ...]) -> Value:
    return _decided(here, arguments, by=True)


def _decided(here: Here, arguments: tuple[Node, ...], *, by: bool) -> Value:
    """`and` and `or`: one argument can decide, whatever the others are."""
    open_ones: list[Value] = []
    for argument in arguments:
        value = here.run(argument)
        if value is by:
            return by
        if isinstance(value, Unknown | Reference):
            open_ones.append(value)
        elif not isinstance(value, bool):
            raise FunctionError("and and or take true or false")
    if not open_ones:
        return not by
    return open_ones[0] if isinstance(open_ones[0], Unknown) else Unknown("hangs on a value that only deployment gives")


def _coalesce(here: Here, arguments: tuple[Node, ...]) -> Value:
    for argument in arguments:
        value = here.run(argument)
        if value is not None:
            return value
    return None


def _lambda(here: Here, node: Node) -> tuple[list[str], Node]:
    if not isinstance(node, Call) or node.name.lower() != "lambda" or not node.arguments:
        raise FunctionError("takes a lambda")
    *names, body = node.arguments
    words = [here.run(name) for name in names]
    return [str(word) for word in words], body


def _bound(here: Here, names: list[str], values: list[Value]) -> Here:
    return replace(here, names={**here.names, **dict(zip(names, values, strict=False))})


def _each(here: Here, arguments: tuple[Node, ...]) -> tuple[list[Value] | Unknown, Callable[..., Value]]:
    whole = here.run(arguments[0])
    names, body = _lambda(here, arguments[1])
    if isinstance(whole, Unknown | Reference):
        return whole if isinstance(whole, Unknown) else Unknown("only deployment gives it"), lambda: None
    if not isinstance(whole, list):
        raise FunctionError("takes a list first")
    return whole, lambda *values: _bound(here, names, list(values)).run(body)


def _map(here: Here, arguments: tuple[Node, ...]) -> Value:
    whole, made = _each(here, _exactly(2, "map", arguments))
    return whole if isinstance(whole, Unknown) else [made(one, place) for place, one in enumerate(whole)]


def _filter(here: Here, arguments: tuple[Node, ...]) -> Value:
    whole, made = _each(here, _exactly(2, "filter", arguments))
    if isinstance(whole, Unknown):
        return whole
    kept = [(one, made(one, place)) for place, one in enumerate(whole)]
    untold = next((keep for _, keep in kept if isinstance(keep, Unknown)), None)
    return untold or [one for one, keep in kept if keep is True]


def _reduce(here: Here, arguments: tuple[Node, ...]) -> Value:
    whole, start, body = _exactly(3, "reduce", arguments)
    values, made = _each(here, (whole, body))
    if isinstance(values, Unknown):
        return values
    found = here.run(start)
    for place, one in enumerate(values):
        found = made(found, one, place)
        if place < _EACH or place % _EACH == 0:
            found = bounded(found)  # each turn may double what the one before made
    return found


def _to_object(here: Here, arguments: tuple[Node, ...]) -> Value:
    if len(arguments) not in (2, 3):
        raise FunctionError("toObject takes a list and one or two lambdas")
    whole, key = _each(here, arguments[:2])
    if isinstance(whole, Unknown):
        return whole
    _, value = _each(here, (arguments[0], arguments[-1])) if len(arguments) == 3 else (whole, lambda one: one)  # noqa: PLR2004 - as above
    keys = [key(one) for one in whole]
    untold = next((one for one in keys if isinstance(one, Unknown)), None)
    return untold or {str(name): value(one) for name, one in zip(keys, whole, strict=True)}


def _map_values(here: Here, arguments: tuple[Node, ...]) -> Value:
    whole = here.run(_exactly(2, "mapValues", arguments)[0])
    names, body = _lambda(here, arguments[1])
    if not isinstance(whole, dict):
        return whole if isinstance(whole, Unknown) else None
    return {key: _bound(here, names, [one]).run(body) for key, one in whole.items()}


def _sort(here: Here, arguments: tuple[Node, ...]) -> Value:
    whole, made = _each(here, _exactly(2, "sort", arguments))
    if isinstance(whole, Unknown):
        return whole
    found: list[Value] = []
    for one in whole:  # by insertion: the lambda says of two whether the first goes before
        place = next((at for at, other in enumerate(found) if made(one, other) is True), len(found))
        found.insert(place, one)
    return found


def _lambda_variable(here: Here, arguments: tuple[Node, ...]) -> Value:
    name = here.run(_exactly(1, "lambdaVariables", arguments)[0])
    if str(name) not in here.names:
        raise FunctionError(f"lambdaVariables knows no {name}")
    return here.names[str(name)]


def _exactly(count: int, name: str, arguments: tuple[Node, ...]) -> tuple[Node, ...]:
    if len(arguments) != count:
        raise FunctionError(f"{name} takes {count} arguments")
    return arguments


_LAZY: dict[str, Callable[[Here, tuple[Node, ...]], Value]] = {
    "if": _if,
    "and": _and,
    "or": _or,
    "coalesce": _coalesce,
    "map": _map,
    "filter": _filter,
    "reduce": _reduce,
    "toobject": _to_object,
    "mapvalues": _map_values,
    "sort": _sort,
    "lambdavariables": _lambda_variable,
}
