"""What `cloister show` prints reads back to the same environment."""

import json
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloister.inventory.azure import Inventory
from cloister.sources.blueprints import BLUEPRINTS, blueprint_text
from cloister.sources.expanded import document_of, document_text
from cloister.sources.spec import read_text
from cloister.sources.written import parse


def without_origins(value: Any) -> Any:  # noqa: ANN401 - any part of an inventory
    """The same with every origin left out, to be compared."""
    if is_dataclass(value):
        parts = {field.name: getattr(value, field.name) for field in fields(value) if field.name != "origin"}
        return type(value).__name__, {name: without_origins(part) for name, part in parts.items()}
    if isinstance(value, tuple):
        return tuple(without_origins(part) for part in value)
    return value


def meaning(inventory: Inventory) -> Any:  # noqa: ANN401 - as above
    """Everything that the inventory says, apart from where it was written."""
    named = [name for name, _ in inventory.undeclared]
    return without_origins(inventory)[1] | {"undeclared": named}


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_blueprints_survive(name: str) -> None:
    inventory = read_text(blueprint_text(name), "a.yaml")
    again = read_text(document_text(inventory), "b.yaml")
    assert meaning(again) == meaning(inventory)
    assert document_text(again) == document_text(inventory)


def test_yaml_and_json_say_the_same() -> None:
    inventory = read_text(blueprint_text("azure-hub-spoke"), "a.yaml")
    assert parse(document_text(inventory), "b.yaml").plain() == json.loads(json.dumps(document_of(inventory)))


_names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,8}[A-Za-z0-9_]", fullmatch=True)
_texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Co", "Cn")), min_size=1)
_overlays = st.fixed_dictionaries(
    {"version": st.just(1), "blueprint": st.just("azure-published-terraform")},
    optional={
        "groups": st.dictionaries(
            _names,
            st.fixed_dictionaries(
                {"role": st.sampled_from(["admin", "reader"]), "members": st.lists(_names, max_size=3)}
            ),
            max_size=3,
        ),
        "intents": st.dictionaries(
            _texts, st.fixed_dictionaries({"must": _texts, "why": _texts}, optional={"mend": _texts}), max_size=3
        ),
        "storage_accounts": st.dictionaries(
            _names.filter(lambda name: name not in ("my_kv", "my_acr", "my_aml_workspace")),
            st.fixed_dictionaries({"shared_access_key": st.booleans()}),
            max_size=3,
        ),
        "computes": st.dictionaries(
            _names,
            st.fixed_dictionaries(
                {"kind": st.just("cluster"), "vm_size": _texts}, optional={"idle_seconds": st.integers(0, 10**9)}
            ),
            max_size=3,
        ),
    },
)


@settings(max_examples=30, deadline=None)
@given(_overlays)
def test_whatever_is_laid_over_survives(overlay: dict[str, Any]) -> None:
    inventory = read_text(json.dumps(overlay, ensure_ascii=False), "a.yaml")
    assert meaning(read_text(document_text(inventory), "b.yaml")) == meaning(inventory)
