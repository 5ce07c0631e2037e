"""The defaults of the provider, where a configuration is silent and the plan does not tell them."""

import json
from dataclasses import replace

from cloister.facts.azurerm import terraform_defaults
from cloister.sources.declared import Unknown, Value
from cloister.sources.terraform.values import Declarations, Declared


def with_defaults(declarations: Declarations) -> Declarations:
    """The declarations with every known default filled in; what is stated or known is left as it is."""
    return replace(declarations, resources=tuple(map(_filled, declarations.resources)))


def _filled(one: Declared) -> Declared:
    rows = terraform_defaults().get(one.type, ()) if one.mode == "managed" else ()
    missing = {row.attribute: json.loads(row.value) for row in rows if _is_silent(one.values.get(row.attribute))}
    return replace(one, values=one.values | missing) if missing else one


def _is_silent(value: Value) -> bool:
    return value is None or (isinstance(value, Unknown) and not value.stated)
