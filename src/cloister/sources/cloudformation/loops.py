"""Fn::ForEach of the language extensions: one resource for each value of a collection."""

import json
import re
from collections.abc import Callable
from typing import Any

from cloister.sources.cloudformation.scope import Scope
from cloister.sources.declared import Value

LOOP = "Fn::ForEach"
"""The type of what stands for a loop that could not be written out."""
_LOOP = f"{LOOP}::"
_MAX_ROUNDS = 4


def unrolled(scope: Scope, evaluate: Callable[[object], Value]) -> dict[str, Any]:
    """The resources with every loop written out; one over what is not known stays, under a type of its own."""
    resources = dict(scope.section("Resources"))
    for _ in range(_MAX_ROUNDS):
        if not any(name.startswith(_LOOP) for name in resources):
            break
        resources = {
            key: value
            for name, body in resources.items()
            for key, value in (_rounds(name, body, evaluate) if name.startswith(_LOOP) else [(name, body)])
        }
    return resources


def _rounds(name: str, body: object, evaluate: Callable[[object], Value]) -> list[tuple[str, Any]]:
    match body:
        case [str() as variable, collection, dict() as template]:
            values = evaluate(collection)
            if isinstance(values, list) and all(isinstance(item, str) for item in values):
                return [pair for item in values for pair in _round(variable, str(item), template)]
    return [(name.removeprefix(_LOOP), {"Type": LOOP})]


def _round(name: str, item: str, template: dict[str, Any]) -> list[tuple[str, Any]]:
    """The template with `${name}` and `&{name}` replaced; the latter keeps letters and digits alone."""
    bare = re.sub(r"[^A-Za-z0-9]", "", item)
    text = json.dumps(template)
    text = text.replace(f"${{{name}}}", json.dumps(item)[1:-1]).replace(f"&{{{name}}}", bare)
    text = text.replace(json.dumps({"Ref": name}), json.dumps(item))
    return list(json.loads(text).items())
