"""What the expressions of a configuration come to: plain values, references to resources, or why it is not told.

Simple evaluation: literals, variables with their defaults, locals, references, `for`, the functions of `functions.py`.
Everything else is unknown, and so is what is made of something unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cloister.sources.declared import Reference, Unknown, Value
from cloister.sources.terraform.hcl import syntax
from cloister.sources.terraform.hcl.functions import FUNCTIONS
from cloister.sources.terraform.hcl.modules import Handle, Module

_STRUCTURAL = frozenset(
    {"compact", "concat", "distinct", "element", "flatten", "keys", "length", "lookup", "merge", "tolist", "tomap"}
    | {"toset", "values"}
)
"""Functions that move values about and look at none: their arguments may hold references."""
_TRIED = frozenset({"try", "coalesce", "one"})
_PATHS = frozenset({"path", "terraform", "self"})
_HEREDOC = '"<<'
_MAX_DEPTH = 100
Names = Mapping[str, Any]


class Splatted(list[Any]):
    """Every element of something: a step on it is a step on each."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The evaluation of one module's expressions, with the names that are bound around them."""

    module: Module
    names: Names = field(default_factory=dict)
    depth: int = 0

    def raw(self, raw: Any) -> Any:
        """What a value as the parser gives it comes to."""
        if isinstance(raw, dict):
            return {key.strip('"'): self.raw(value) for key, value in raw.items() if key != "__is_block__"}
        if isinstance(raw, list):
            return [self.raw(item) for item in raw]
        if not isinstance(raw, str):
            return raw
        if raw.startswith(_HEREDOC):
            return Unknown("is text over several lines with expressions in it") if "${" in raw else _heredoc(raw)
        try:
            return self._node(_tree(raw))
        except (syntax.SyntaxNotReadError, RecursionError):
            return Unknown(f"is written in a way that is not understood: {raw[:80]}")

    def _node(self, node: Any) -> Any:  # noqa: PLR0911 - one for each kind of tree
        if self.depth > _MAX_DEPTH:
            return Unknown("refers to itself in a circle")
        match node:
            case syntax.Literal(value):
                return value
            case syntax.Template(parts):
                return self._template(parts)
            case syntax.Name() | syntax.Step() | syntax.Splat():
                return self._traversal(node)
            case syntax.Call(function, arguments):
                return self._call(function, arguments)
            case syntax.Operation(sign, operands):
                return self._operation(sign, operands)
            case syntax.Items(items):
                return [self._node(item) for item in items]
            case syntax.Members(pairs):
                return self._members(pairs)
            case syntax.Each():
                return self._each(node)
        return Unknown("is written in a way that is not understood")

    def _template(self, parts: tuple[Any, ...]) -> Any:
        values = [part if isinstance(part, str) else self._node(part) for part in parts]
        if len(values) == 1:
            return values[0]
        if any(_is_open(value) for value in values):
            return made_of(values, "text")
        return "".join(_spelled(value) for value in values)

    def _traversal(self, node: Any) -> Any:
        steps: list[Any] = []
        while isinstance(node, syntax.Step | syntax.Splat):
            steps.append("*" if isinstance(node, syntax.Splat) else node.key)
            node = node.of
        path = [step if isinstance(step, str) else self._node(step) for step in reversed(steps)]
        if not isinstance(node, syntax.Name):
            return self._walk(self._node(node), path)
        if node.name in self.names:
            return self._walk(self.names[node.name], path)
        return self._rooted(node.name, path)

    def _rooted(self, root: str, path: list[Any]) -> Any:  # noqa: PLR0911 - one for each kind of root
        if any(isinstance(step, Unknown | Reference | Handle) for step in path):
            return made_of(path, f"{root} by an index")
        first, rest = (str(path[0]), path[1:]) if path else ("", [])
        if root == "var":
            return self._walk(self.module.variable(first, self.depth + 1), rest)
        if root == "local":
            return self._walk(self.module.local(first, self.depth + 1), rest)
        if root == "module":
            value, used = self.module.output_of(first, rest, self.depth + 1)
            return self._walk(value, rest[used:])
        if root == "data" and rest:
            return self._walk(self.module.handles("data", first, str(rest[0])), rest[1:])
        if root in _PATHS:
            return Unknown(f"is {root}.{first}, which only Terraform knows")
        return self._walk(self.module.handles("managed", root, first), rest)

    def _walk(self, value: Any, path: list[Any]) -> Any:
        """What lies at a path of a value; of a resource, what it states there, or a reference."""
        for at, step in enumerate(path):
            if isinstance(value, Handle):
                return value.module.attribute(value, path[at:], self.depth + 1)
            if isinstance(value, Unknown | Reference):
                return value
            if isinstance(step, Unknown | Reference | Handle):
                return made_of([step], "an element by an index")
            if step == "*":
                value = Splatted(value if isinstance(value, list) else [value])
            elif isinstance(value, Splatted):
                return Splatted(self._walk(one, path[at:]) for one in value)
            else:
                value = _member(value, step)
        return value

    def _call(self, function: str, arguments: tuple[Any, ...]) -> Any:
        values = [self._node(argument) for argument in arguments]
        if function in _TRIED:
            known = [value for value in values if not _is_open(value) and value not in (None, "")]
            return known[0] if known and not _is_open(values[0]) else made_of(values, f"{function}()")
        known_enough = _is_unknown if function in _STRUCTURAL else _is_open
        if function not in FUNCTIONS or any(known_enough(value) for value in values):
            return made_of(values, f"{function}()")
        try:
            return FUNCTIONS[function](*values)
        except Exception:  # noqa: BLE001 - whatever is wrong with the arguments, Terraform says it better
            return Unknown(f"is {function}() of values that it does not take")

    def _operation(self, sign: str, operands: tuple[Any, ...]) -> Any:
        if sign == "?":
            condition = self._node(operands[0])
            if isinstance(condition, bool):
                return self._node(operands[1 if condition else 2])
            return made_of([self._node(one) for one in operands[1:]], "a choice by what is not told")
        values = [self._node(one) for one in operands]
        if any(_is_open(value) for value in values):
            return made_of(values, f"an expression with {sign}")
        try:
            return _OPERATORS[sign, len(values)](*values)
        except (ArithmeticError, KeyError, TypeError):
            return Unknown(f"is an expression with {sign} that has no value")

    def _members(self, pairs: tuple[tuple[Any, Any], ...]) -> Any:
        found: dict[str, Any] = {}
        for key_node, value in pairs:
            key = self._node(key_node)
            if not isinstance(key, str | int):
                return made_of([key], "an object with a key that is not told")
            found[str(key)] = self._node(value)
        return found

    def _each(self, node: syntax.Each) -> Any:
        over = self._node(node.over)
        if not isinstance(over, list | dict):
            return made_of([over], "a loop over what is not told")
        pairs = list(over.items()) if isinstance(over, dict) else list(enumerate(over))
        values: list[tuple[Any, Any]] = []
        for key, value in pairs:
            names = (value,) if len(node.names) == 1 and isinstance(over, list) else (key, value)
            bound = names if len(node.names) > 1 else names[-1:]
            inner = Evaluation(
                self.module, {**self.names, **dict(zip(node.names, bound, strict=False))}, self.depth + 1
            )
            if node.condition is not None:
                wanted = inner._node(node.condition)
                if not isinstance(wanted, bool):
                    return made_of([wanted], "a loop with a condition that is not told")
                if not wanted:
                    continue
            left = inner._node(node.key) if node.key is not None else None
            values.append((left, inner._node(node.value)))
        return dict(values) if node.key is not None else [value for _, value in values]


def made_of(values: list[Any], what: str) -> Unknown:
    """Something unknown, with the references of which it is made; without any where another part is not told."""
    references = tuple(reference for value in values for reference in _references(value))
    whole = not any(isinstance(value, Unknown) and not value.among for value in values)
    return Unknown(
        f"is {what} that is not evaluated", among=references if whole and what.startswith("a choice") else ()
    )


def _references(value: Any) -> list[Reference]:
    if isinstance(value, Handle):
        return [value.reference]
    if isinstance(value, Reference):
        return [value]
    if isinstance(value, Unknown):
        return list(value.among)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [reference for one in inner for reference in _references(one)]


def finished(value: Any) -> Value:
    """A value as a reader of plans has it: a resource as a whole is a reference to it."""
    if isinstance(value, Handle):
        return value.reference
    if isinstance(value, dict):
        return {str(key): finished(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finished(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int | float | Unknown | Reference | None) else str(value)


def _tree(raw: str) -> syntax.Node:
    if raw.startswith('"') and raw.endswith('"') and len(raw) > 1:
        return syntax.parse_template(raw[1:-1])
    if raw.startswith("${") and raw.endswith("}"):
        return syntax.parse(raw[2:-1])
    return syntax.parse(raw)


def _heredoc(raw: str) -> str:
    lines = raw.strip('"').split("\n")[1:-1]
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[margin:] for line in lines)


def _member(value: Any, step: Any) -> Any:
    try:
        if isinstance(value, dict):
            return value[str(step)]
        return value[int(step)] if isinstance(value, list) else Unknown(f"has no {step}")
    except (KeyError, IndexError, ValueError, TypeError):
        return Unknown(f"has no {step}")


def _is_unknown(value: Any) -> bool:
    return isinstance(value, Unknown | Reference | Handle)


def _is_open(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_is_open, value.values()))
    if isinstance(value, list):
        return any(map(_is_open, value))
    return _is_unknown(value)


def _spelled(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


_OPERATORS: dict[tuple[str, int], Any] = {
    ("!", 1): lambda one: not one,
    ("-", 1): lambda one: -one,
    ("||", 2): lambda one, other: one or other,
    ("&&", 2): lambda one, other: one and other,
    ("==", 2): lambda one, other: one == other,
    ("!=", 2): lambda one, other: one != other,
    ("<", 2): lambda one, other: one < other,
    (">", 2): lambda one, other: one > other,
    ("<=", 2): lambda one, other: one <= other,
    (">=", 2): lambda one, other: one >= other,
    ("+", 2): lambda one, other: one + other,
    ("-", 2): lambda one, other: one - other,
    ("*", 2): lambda one, other: one * other,
    ("/", 2): lambda one, other: one / other,
    ("%", 2): lambda one, other: one % other,
}
