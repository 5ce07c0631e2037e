"""What the provider takes where a configuration is silent: its defaults, and nothing where Azure is left to decide."""

import json
from dataclasses import replace

from cloister.facts.azurerm import terraform_defaults
from cloister.sources.declared import Unknown, Value
from cloister.sources.terraform.values import Declarations, Declared


def with_defaults(declarations: Declarations) -> Declarations:
    """The declarations with every known default filled in, and without what nobody stated."""
    return replace(declarations, resources=tuple(map(_filled, declarations.resources)))


def _filled(one: Declared) -> Declared:
    values = {key: _stated(value) for key, value in one.values.items()}
    rows = terraform_defaults().get(one.type, ()) if one.mode == "managed" else ()
    silent = {row.attribute: json.loads(row.value) for row in rows if values.get(row.attribute) is None}
    return replace(one, values=values | silent)


def _stated(value: Value) -> Value:
    """A value without what is left to Azure: it is unknown, but nothing that anybody decided."""
    if isinstance(value, Unknown):
        return value if value.stated else None
    if isinstance(value, dict):
        return {key: _stated(inner) for key, inner in value.items()}
    return [_stated(inner) for inner in value] if isinstance(value, list) else value
