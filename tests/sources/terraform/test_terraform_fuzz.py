"""Whatever stands in a plan, reading ends in an environment or in words, never in a crash."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloister.errors import CloisterError
from cloister.platform.benches.plans import plan_text
from cloister.sources.terraform.read import terraform_document
from cloister.sources.understanding import understood_anywhere

PLANS = (
    json.loads((Path(__file__).parent / "modules" / "plan.json").read_text()),
    json.loads(plan_text(60)),
)
WORDS: tuple[Any, ...] = (
    None, True, False, 0, -1, 70000, 0.5, "", "*", "azurerm_subnet.s", "var.x", "module.spoke", "each.value.id",
    "local.a", 'module.spoke["a"].network_id', "10.0.0.0/8", "10.0.0.4", "/subscriptions/0/resourceGroups/rg",
    "\x1b[31m", {}, [], {"references": ["each.value", "count.index"]}, {"constant_value": 1}, [[]], {"a": {"b": []}},
    "ü" * 300,
)  # fmt: skip


def changed(document: Any, draw: Random) -> Any:  # noqa: ANN401 - any JSON value
    """The document with one value somewhere in it replaced, removed or doubled."""
    members: list[tuple[Any, Any]] = []
    if isinstance(document, dict):
        members = list(document.items())
    elif isinstance(document, list):
        members = list(enumerate(document))
    if not members or draw.random() < 0.08:
        return draw.choice(WORDS)
    key, child = draw.choice(members)
    if draw.random() < 0.06:
        return [*document, child] if isinstance(document, list) else {k: v for k, v in document.items() if k != key}
    inner = changed(child, draw)
    if isinstance(document, dict):
        return {**document, key: inner}
    return [inner if at == key else one for at, one in enumerate(document)]


def read(text: str) -> str:
    """How the reading of a text ends."""
    try:
        sound = understood_anywhere(terraform_document(text, "plan.json"), "plan.json")
    except CloisterError as error:
        return "refused" if all(fault.reason and fault.mend for fault in error.faults) else "refused without a word"
    return "read" if all(gap.what for gap in sound.inventory.gaps) else "a gap without a word"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_changed_plan_is_read_or_refused_in_words(seed: int) -> None:
    draw = Random(seed)  # noqa: S311 - no secret
    plan = draw.choice(PLANS)
    for _ in range(draw.randint(1, 6)):
        plan = changed(plan, draw)
    assert read(json.dumps(plan)) in ("read", "refused")


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda some: some.decode("latin-1")))
def test_any_text_behind_a_plans_beginning_is_refused_in_words(rest: str) -> None:
    assert read('{"format_version": "1.2", ' + rest) == "refused"


FOUND: tuple[tuple[str, tuple[str | int, ...], Any], ...] = (
    ("an address in a configuration that is a list", ("configuration", "root_module", "resources", 0, "address"), []),
)


@pytest.mark.parametrize(("path", "value"), [row[1:] for row in FOUND], ids=[row[0] for row in FOUND])
def test_what_was_found_stays_mended(path: tuple[str | int, ...], value: object) -> None:
    plan = json.loads(json.dumps(PLANS[0]))
    here = plan
    for part in path[:-1]:
        here = here[part]
    here[path[-1]] = value
    assert read(json.dumps(plan)) == "read"
