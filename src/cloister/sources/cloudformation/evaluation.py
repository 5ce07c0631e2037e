"""A template's resources, evaluated: parameters, conditions, mappings and functions, and nested stacks that lie beside.

What the text alone does not tell is unknown with its reason, never absent: a resource under a condition that nobody
can tell stands in doubt.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from cloister.sources.cloudformation.functions import FUNCTIONS, substituted, text_of, why_of
from cloister.sources.cloudformation.loops import unrolled
from cloister.sources.cloudformation.physical import text_for
from cloister.sources.cloudformation.scope import NO_VALUE, Scope, parameter
from cloister.sources.declared import Declared, Reference, Unknown, Value

NESTED = "AWS::CloudFormation::Stack"
_MAX_STACKS = 5
_MAX_DEPTH = 120
_PAIR = 2
Load = Callable[[str], Mapping[str, Any] | None]
"""The template at an address, if it lies beside; None otherwise."""


class _NoValue:
    """The mark of `AWS::NoValue`: the property is as if it were not written."""


_ABSENT = _NoValue()


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The resources of a template and of the stacks nested in it, and the nested stacks that could not be read."""

    resources: tuple[Declared, ...]
    unread: tuple[Declared, ...]


def evaluate(scope: Scope, load: Load, depth: int = 0) -> Evaluated:
    """Every resource that stands, or may stand."""
    evaluation = _Evaluation(scope)
    resources: list[Declared] = []
    unread: list[Declared] = []
    nested: list[tuple[Declared, Evaluated]] = []
    for declared in evaluation.resources():
        inner = _nested(declared, scope, load, depth) if declared.type == NESTED else None
        if inner is not None:
            nested.append((declared, inner))
        elif declared.type == NESTED:
            unread.append(declared)
        else:
            resources.append(declared)
    for _, inner in nested:
        resources += inner.resources
        unread += inner.unread
    return Evaluated(tuple(resources), tuple(unread))


def _nested(declared: Declared, scope: Scope, load: Load, depth: int) -> Evaluated | None:
    address = declared.values.get("TemplateURL")
    template = load(address) if isinstance(address, str) and depth < _MAX_STACKS else None
    if template is None:
        return None
    given = declared.values.get("Parameters")
    inner = replace(
        scope,
        template=template,
        stack=f"{scope.stack}-{declared.address.rpartition('/')[2]}",
        given=given if isinstance(given, dict) else {},
        prefix=f"{declared.address}/",
    )
    return evaluate(inner, load, depth + 1)


@dataclass(slots=True)
class _Evaluation:
    """The evaluation of one template; `asked` are the conditions that are being asked, so that circles are seen."""

    scope: Scope
    asked: list[str] = field(default_factory=list)
    told: dict[str, Value] = field(default_factory=dict)

    def resources(self) -> Iterator[Declared]:
        """The resources of this template, in its order."""
        for logical_id, resource in unrolled(self.scope, self.value).items():
            if isinstance(resource, dict) and isinstance(resource.get("Type"), str):
                stands = self.condition(resource["Condition"]) if "Condition" in resource else True
                if stands is not False:
                    yield self._declared(logical_id, resource, stands)

    def _declared(self, logical_id: str, resource: Mapping[str, Any], stands: Value) -> Declared:
        values = self.value(resource.get("Properties") or {})
        address = f"{self.scope.prefix}{logical_id}"
        doubt = (
            f"stands only where condition {resource['Condition']} holds, which {why_of(stands)}"
            if isinstance(stands, Unknown | Reference)
            else ""
        )
        return Declared(
            address=address,
            type=resource["Type"],
            name=logical_id,
            values=values if isinstance(values, dict) else {},
            file=self.scope.file,
            identities=(address,),
            doubt=doubt,
        )

    def value(self, written: object, depth: int = 0) -> Value:
        """A value with its functions evaluated."""
        found = self._value(written, depth)
        return None if isinstance(found, _NoValue) else found

    def _value(self, written: object, depth: int) -> "Value | _NoValue":
        if depth > _MAX_DEPTH:
            return Unknown("is nested deeper than can be followed")
        if isinstance(written, list):
            items = [self._value(item, depth + 1) for item in written]
            return [item for item in items if not isinstance(item, _NoValue)]
        if not isinstance(written, dict):
            return written if isinstance(written, str | int | float | bool | Unknown | Reference) else None
        if len(written) == 1:
            ((name, arguments),) = written.items()
            if name in _OWN or name in FUNCTIONS:
                return self._called(name, arguments, depth)
        members = {key: self._value(value, depth + 1) for key, value in written.items()}
        return {key: value for key, value in members.items() if not isinstance(value, _NoValue)}

    def _called(self, name: str, arguments: object, depth: int) -> "Value | _NoValue":
        if name in _OWN:
            return _OWN[name](self, arguments, depth)
        return FUNCTIONS[name](self.value(arguments, depth + 1), self.scope)

    def ref(self, arguments: object, _: int) -> "Value | _NoValue":
        """Ref: a parameter, a resource, or what AWS gives."""
        if not isinstance(arguments, str):
            return Unknown("refers to something that is no name")
        return _ABSENT if arguments == NO_VALUE else self.named(arguments)

    def named(self, name: str) -> Value:
        """What a name stands for."""
        if name in self.scope.section("Parameters"):
            return parameter(self.scope, name)
        if name in self.scope.section("Resources"):
            return Reference(f"{self.scope.prefix}{name}", "Ref")
        return self.scope.pseudo(name)

    def attribute(self, arguments: object, depth: int) -> Value:
        """Fn::GetAtt: an attribute of a resource, known once that is made."""
        if isinstance(arguments, str):
            arguments = arguments.split(".", 1)
        match arguments:
            case [str() as name, attribute]:
                word = text_of(self.value(attribute, depth + 1))
                return word if isinstance(word, Unknown) else Reference(f"{self.scope.prefix}{name}", word)
        return Unknown("calls GetAtt with arguments that it does not take")

    def sub(self, arguments: object, depth: int) -> Value:
        """Fn::Sub: a text, or a text with values of its own."""
        match arguments:
            case str() as text:
                return substituted(text, {}, self.in_text)
            case [str() as text, dict() as given]:
                return substituted(text, {key: self.value(one, depth + 1) for key, one in given.items()}, self.in_text)
        return Unknown("calls Sub with arguments that it does not take")

    def in_text(self, name: str) -> Value:
        """What a name is in the middle of a text: `Name`, or `Name.Attribute`."""
        base, dot, attribute = name.partition(".")
        found: Value = Reference(f"{self.scope.prefix}{base}", attribute) if dot else self.named(base)
        return text_for(self.scope, found, self.value) if isinstance(found, Reference) else found

    def join(self, arguments: object, depth: int) -> Value:
        """Fn::Join: as a text, so that names which rules tell are known in it."""
        match arguments:
            case [delimiter, list() as items]:
                known = [self._in_a_text(self.value(item, depth + 1)) for item in items]
                return FUNCTIONS["Fn::Join"]([self.value(delimiter), known], self.scope)
        return FUNCTIONS["Fn::Join"](self.value(arguments, depth + 1), self.scope)

    def _in_a_text(self, value: Value) -> Value:
        return text_for(self.scope, value, self.value) if isinstance(value, Reference) else value

    def chosen(self, arguments: object, depth: int) -> "Value | _NoValue":
        """Fn::If: [condition, then, else]; both, where nobody can tell and they are alike."""
        match arguments:
            case [str() as name, then, otherwise]:
                stands = self.condition(name)
                if isinstance(stands, bool):
                    return self._value(then if stands else otherwise, depth + 1)
                first, second = self._value(then, depth + 1), self._value(otherwise, depth + 1)
                return first if first == second else Unknown(f"depends on condition {name}, which cannot be told")
        return Unknown("calls If with arguments that it does not take")

    def condition(self, name: object) -> Value:
        """Whether a condition holds; unknown where it cannot be told."""
        written = self.scope.section("Conditions")
        if not isinstance(name, str) or name not in written:
            return Unknown(f'names the condition "{name}", which the template does not declare')
        if name in self.asked:
            return Unknown(f"goes round in a circle: {' -> '.join([*self.asked, name])}")
        if name not in self.told:
            self.asked.append(name)
            self.told[name] = self.holds(written[name])
            self.asked.pop()
        return self.told[name]

    def holds(self, written: object) -> Value:
        """Whether the expression of a condition holds."""
        if isinstance(written, bool):
            return written
        name, arguments = next(iter(written.items())) if isinstance(written, dict) and len(written) == 1 else ("", None)
        if name == "Condition":
            return self.condition(arguments)
        parts = arguments if isinstance(arguments, list) else []
        if name == "Fn::Equals" and len(parts) == _PAIR:
            return _equal(self.value(parts[0]), self.value(parts[1]))
        if name in _LOGIC and parts:
            return _LOGIC[name]([self.holds(part) for part in parts])
        return Unknown("is written with a function that conditions do not have")


def _equal(first: Value, second: Value) -> Value:
    texts = text_of(first), text_of(second)
    for one in texts:
        if isinstance(one, Unknown):
            return one
    return texts[0] == texts[1]


def _not(parts: list[Value]) -> Value:
    return not parts[0] if isinstance(parts[0], bool) else parts[0]


def _all(parts: list[Value], *, wanted: bool) -> Value:
    """And: false once a part is false; with `wanted` false, Or: true once one is true. Else unknown before the rest."""
    if (not wanted) in parts:
        return not wanted
    return next((part for part in parts if not isinstance(part, bool)), wanted)


_LOGIC: dict[str, Callable[[list[Value]], Value]] = {
    "Fn::Not": _not,
    "Fn::And": partial(_all, wanted=True),
    "Fn::Or": partial(_all, wanted=False),
}
_OWN: dict[str, "Callable[[_Evaluation, object, int], Value | _NoValue]"] = {
    "Ref": _Evaluation.ref,
    "Fn::GetAtt": _Evaluation.attribute,
    "Fn::Sub": _Evaluation.sub,
    "Fn::Join": _Evaluation.join,
    "Fn::If": _Evaluation.chosen,
}
