"""How the providers of a configuration are set up: region, cloud, what they do by default."""

from collections.abc import Mapping
from typing import Any

from cloister.sources.terraform.modules import items, mapping
from cloister.sources.terraform.traversals import longest
from cloister.sources.terraform.values import Provider, Unknown, Value


def providers(document: Mapping[str, Any]) -> tuple[Provider, ...]:
    """The providers of the root module and of others, in the order of their keys."""
    variables = mapping(document.get("variables"))
    configured = mapping(mapping(document.get("configuration")).get("provider_config"))
    return tuple(
        Provider(
            name=str(one.get("name", key)),
            alias=str(one.get("alias", "")),
            values={name: _value(inner, variables) for name, inner in mapping(one.get("expressions")).items()},
        )
        for key, one in sorted((str(key), mapping(one)) for key, one in configured.items())
    )


def _value(expression: object, variables: Mapping[str, Any]) -> Value:
    """A constant, the input variable that it refers to alone, or what could not be told."""
    if isinstance(expression, list):
        return [_value(one, variables) for one in expression]
    if not isinstance(expression, dict):
        return Unknown("not written as Terraform writes it")
    if "constant_value" in expression and "references" not in expression:
        constant: Value = expression["constant_value"]
        return constant
    if "references" not in expression:
        return {name: _value(inner, variables) for name, inner in expression.items()}
    match longest(items(expression, "references")):
        case (text,) if text.startswith("var.") and "value" in mapping(variables.get(text.removeprefix("var."))):
            value: Value = variables[text.removeprefix("var.")]["value"]
            return value
    return Unknown("an expression, which a plan does not spell out")
