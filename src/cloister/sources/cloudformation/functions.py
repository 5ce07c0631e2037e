"""CloudFormation's functions over values; what cannot be told stays unknown, with the reason.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

import base64
import json
import re
from collections.abc import Callable
from ipaddress import IPv4Network

from cloister.sources.cloudformation.scope import Scope
from cloister.sources.declared import Reference, Unknown, Value, hidden

Evaluate = Callable[[object], Value]
_AVAILABILITY_ZONES = "abc"


def text_of(value: Value) -> str | Unknown:
    """A value where CloudFormation wants text."""
    if isinstance(value, Unknown):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, Reference):
        return Unknown(f"is {value}, which is known once it is made", among=(value,))
    return Unknown("is no text")


def joined(delimiter: str, values: list[Value]) -> str | Unknown:
    """The values as one text; unknown where one of them is, with the text that is known in place of it."""
    parts = [text_of(value) for value in values]
    unknown = next((part for part in parts if isinstance(part, Unknown)), None)
    if unknown is None:
        return delimiter.join(str(part) for part in parts)
    among = tuple(one for part in parts if isinstance(part, Unknown) for one in part.among)
    shown = delimiter.join(part.text or "?" if isinstance(part, Unknown) else part for part in parts)
    return Unknown(unknown.why, shown, among)


def join(arguments: Value, _: Scope) -> Value:
    """Fn::Join: [delimiter, [values]]."""
    match arguments:
        case [str() as delimiter, list() as values]:
            return joined(delimiter, values)
        case [_, Unknown() as values]:
            return values
    return _misused("Join")


def split(arguments: Value, _: Scope) -> Value:
    """Fn::Split: [delimiter, text]."""
    match arguments:
        case [str() as delimiter, str() as text] if delimiter:
            return list(text.split(delimiter))
        case [_, Unknown() | Reference() as text]:
            return text
    return _misused("Split")


def select(arguments: Value, _: Scope) -> Value:
    """Fn::Select: [index, list]."""
    match arguments:
        case [str() | int() as index, list() as items] if str(index).isdecimal():
            number = int(index)
            return items[number] if number < len(items) else Unknown(f"selects item {number} of {len(items)}")
        case [Unknown() as index, _]:
            return index
        case [_, Unknown() as items]:
            return items
        case [_, Reference() as items]:
            return Unknown(f"is an item of {items}, which is known once it is made", among=(items,))
    return _misused("Select")


def find_in_map(arguments: Value, scope: Scope) -> Value:
    """Fn::FindInMap: [map, key, key], and the language extension's default after them."""
    match arguments:
        case [str() as name, first, second, *rest]:
            default = rest[0].get("DefaultValue") if rest and isinstance(rest[0], dict) else None
            for key in (first, second):
                if isinstance(key, Unknown | Reference):
                    return Unknown(f"is chosen from mapping {name} by a value that is not known")
            rows = scope.section("Mappings").get(name)
            row = rows.get(str(first)) if isinstance(rows, dict) else None
            found: Value = row.get(str(second)) if isinstance(row, dict) else None
            missing = Unknown(f"mapping {name} has no entry for {first} and {second}")
            return found if found is not None else default if default is not None else missing
    return _misused("FindInMap")


def get_azs(arguments: Value, scope: Scope) -> Value:
    """Fn::GetAZs: the zones of a region, by their usual names."""
    region = arguments if isinstance(arguments, str) and arguments else scope.region
    return [f"{region}{letter}" for letter in _AVAILABILITY_ZONES]


def cidr(arguments: Value, _: Scope) -> Value:
    """Fn::Cidr: [block, count, bits]: the first `count` subnets with that many host bits."""
    match arguments:
        case [Unknown() | Reference() as block, *_]:
            return Unknown(f"is cut from a block that is not known: {why_of(block)}")
        case [str() as block, str() | int() as count, *rest]:
            bits = rest[0] if rest else "8"
            try:
                subnets = IPv4Network(block).subnets(new_prefix=32 - int(str(bits)))
                return [str(subnet) for _, subnet in zip(range(min(int(count), 256)), subnets, strict=False)]
            except ValueError:
                return Unknown(f"{block} cannot be cut into blocks with {bits} bits for hosts")
    return _misused("Cidr")


def encoded(arguments: Value, _: Scope) -> Value:
    """Fn::Base64."""
    text = text_of(arguments)
    return text if isinstance(text, Unknown) else base64.b64encode(text.encode()).decode()


def length(arguments: Value, _: Scope) -> Value:
    """Fn::Length of the language extensions."""
    return len(arguments) if isinstance(arguments, list) else Unknown("is the length of a list that is not known")


def to_json(arguments: Value, _: Scope) -> Value:
    """Fn::ToJsonString of the language extensions."""
    unknown = hidden(arguments)
    return Unknown(why_of(unknown)) if unknown is not None else json.dumps(arguments, separators=(",", ":"))


def elsewhere(arguments: Value, _: Scope) -> Value:
    """Fn::ImportValue: what another stack exports."""
    name = text_of(arguments)
    return Unknown(
        f"is exported by another stack as {name.text or 'a name that is not known'}"
        if isinstance(name, Unknown)
        else f"is exported by another stack as {name}"
    )


def transformed(arguments: Value, _: Scope) -> Value:
    """Fn::Transform: what a macro writes at deployment."""
    name = arguments.get("Name") if isinstance(arguments, dict) else None
    return Unknown(f"is written by the macro {name or '?'} at deployment")


FUNCTIONS: dict[str, Callable[[Value, Scope], Value]] = {
    "Fn::Join": join,
    "Fn::Split": split,
    "Fn::Select": select,
    "Fn::FindInMap": find_in_map,
    "Fn::GetAZs": get_azs,
    "Fn::Cidr": cidr,
    "Fn::Base64": encoded,
    "Fn::Length": length,
    "Fn::ToJsonString": to_json,
    "Fn::ImportValue": elsewhere,
    "Fn::Transform": transformed,
}
"""Functions of values alone. Those that look at the template itself are in `evaluation.py`."""

_IN_TEXT = re.compile(r"\$\{(!?)([^}]*)\}")


def substituted(text: str, given: dict[str, Value], look_up: Callable[[str], Value]) -> str | Unknown:
    """Fn::Sub: the text with each `${Name}` replaced; `${!Name}` stays, without its exclamation mark."""
    parts: list[Value] = []
    end = 0
    for match in _IN_TEXT.finditer(text):
        literal, name = match.groups()
        parts.append(text[end : match.start()])
        parts.append(f"${{{name}}}" if literal else given[name] if name in given else look_up(name.strip()))
        end = match.end()
    return joined("", [*parts, text[end:]])


def why_of(value: Unknown | Reference) -> str:
    """Why a value is not known."""
    return value.why if isinstance(value, Unknown) else f"is {value}, which is known once it is made"


def _misused(function: str) -> Unknown:
    return Unknown(f"calls {function} with arguments that it does not take")
