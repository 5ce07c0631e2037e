"""Whatever stands in a template or an export: it is read, or refused with its reason. Never a crash."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloister.errors import CloisterError
from cloister.facts.arm import arm_properties, arm_types
from cloister.sources.arm.functions import FUNCTIONS
from cloister.sources.arm.ids import Scope
from cloister.sources.arm.templates import Deployment, Templates
from cloister.sources.arm.translating import translate_arm, translated_text
from cloister.sources.translated import Translated
from cloister.sources.understanding import understood

HUB_SPOKE = json.loads(Path(__file__).with_name("hub-spoke.json").read_text())
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
NAMES = [
    *FUNCTIONS,
    "if",
    "and",
    "or",
    "coalesce",
    "map",
    "filter",
    "reduce",
    "lambda",
    "lambdaVariables",
    "toObject",
    "sort",
]
WORLD = [
    "parameters",
    "variables",
    "copyIndex",
    "resourceId",
    "reference",
    "references",
    "resourceGroup",
    "subscription",
]
few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-9, 300),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.sampled_from(
        [
            "10.0.0.0/24",
            "Enabled",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/net/subnets/s",
            "[parameters('p')]",
            "[reference('a').x]",
            "[copyIndex()]",
        ]
    ),
)
trees = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "name", "properties", "subnet", "copy", "value", "type"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)
quoted = st.text("ab'{}0/.", max_size=4).map(lambda text: "'" + text.replace("'", "''") + "'")
expressions = st.recursive(
    st.one_of(
        quoted, st.integers(-3, 99).map(str), st.sampled_from(["parameters('p')", "true()", "createArray(1, 2)"])
    ),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from([*NAMES, *WORLD]), st.lists(inner, max_size=3)).map(
            lambda call: f"{call[0]}({', '.join(call[1])})"
        ),
        st.tuples(inner, st.sampled_from([".id", "[0]", ".properties", "['a']"])).map("".join),
    ),
    max_leaves=10,
)


def judged(tree: Any) -> Translated | None:  # noqa: ANN401 - any JSON value
    """Read as the verbs read it; None where it was refused with a reason."""
    try:
        translated = translate_arm(tree, Path("main.json"))
        understood(translated, "main.json")
    except CloisterError:
        return None
    return translated


@given(st.one_of(expressions, st.text("()[],.'ab1 -", max_size=20)))
@settings(few, max_examples=300)
def test_any_expression_has_a_value_or_a_reason(expression: str) -> None:
    template = {"parameters": {"p": {"type": "string"}}, "variables": {"v": "[variables('v')]"}}
    Deployment(Templates("main.json"), template, Scope("s", "g")).here.value(f"[{expression}]")


@st.composite
def resources(draw: st.DrawFn) -> dict[str, Any]:
    """A resource of a type that is known, with values at the places of its properties that may be anything."""
    type_ = draw(st.sampled_from(sorted(arm_types())))
    found: dict[str, Any] = {"type": type_, "apiVersion": "2024-01-01", "name": "/".join("a" * type_.count("/"))}
    rows = sorted(arm_properties().get(type_, {}))
    for path in draw(st.lists(st.sampled_from(rows), max_size=6)) if rows else []:
        here = found
        *above, last = path.split(".")
        for part in above:
            here = here[part] if isinstance(here.get(part), dict) else here.setdefault(part, {})
            if not isinstance(here, dict):
                break
        else:
            here[last] = draw(trees)
    return found


@given(st.lists(resources(), max_size=5), st.booleans())
@few
def test_resources_with_any_values_are_mapped_or_told(several: list[dict[str, Any]], exported: bool) -> None:
    if exported:
        for one in several:
            provider, *parts = one["type"].split("/")
            pairs = "/".join(f"{part}/a" for part in parts)
            one["id"] = f"/subscriptions/s/resourceGroups/g/providers/{provider}/{pairs}"
    judged(several if exported else {"$schema": SCHEMA, "resources": several, "parameters": {"p": {"type": "string"}}})


def _paths(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401 - any JSON value
    members = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path, *(inner for key, child in members for inner in _paths(child, (*path, key)))]


PATHS = _paths(HUB_SPOKE)[1:]


@given(st.sampled_from(PATHS), trees)
@settings(few, max_examples=120)
def test_a_template_of_which_one_place_is_anything(path: tuple[Any, ...], value: Any) -> None:  # noqa: ANN401 - as above
    tree = json.loads(json.dumps(HUB_SPOKE))
    here = tree
    for part in path[:-1]:
        here = here[part]
    here[path[-1]] = value
    if tree.get("$schema") == SCHEMA:
        judged(tree)


@given(st.integers(0, len(json.dumps(HUB_SPOKE))))
@settings(few, max_examples=30)
def test_a_template_that_is_cut_off_is_refused(length: int) -> None:
    text = json.dumps(HUB_SPOKE)[:length]
    if SCHEMA in text and length < len(json.dumps(HUB_SPOKE)):
        with pytest.raises(CloisterError, match="is a template, but not whole JSON"):
            translated_text(text, Path("main.json"))
