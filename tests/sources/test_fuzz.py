"""Whatever somebody hands the reader, it reads it or tells its faults; it never falls over."""

import json
from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cloister.errors import Fault, SpecError
from cloister.sources.blueprints import blueprint_text
from cloister.sources.spec import read_text
from cloister.sources.written import parse


def faults_of(text: str) -> tuple[Fault, ...]:
    """What the reader tells; none where it reads."""
    try:
        read_text(text, "f.yaml")
    except SpecError as error:
        faults = error.faults
    else:
        faults = ()
    assert all(fault.thing and fault.reason and fault.mend for fault in faults)
    return faults


@settings(max_examples=150, deadline=None)
@given(st.text())
def test_any_text(text: str) -> None:
    assert faults_of(text)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ab:{}[]-? \n\t\"'#&*!|>%@`,0.~<"))
def test_any_text_that_looks_like_yaml(text: str) -> None:
    assert faults_of(text)


_DOCUMENT = parse(blueprint_text("azure-published-terraform"), "f.yaml").plain()
_anything: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.just("10.0.0.0/8"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401 - any JSON value
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [deeper for key, inner in members for deeper in _paths(inner, (*path, key))]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(_paths(_DOCUMENT)), _anything), min_size=1, max_size=3))
def test_a_sound_document_with_anything_put_anywhere(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    document = deepcopy(_DOCUMENT)
    for path, value in changes:
        holder: Any = document
        for part in path[:-1]:
            try:
                holder = holder[part]
            except (KeyError, IndexError, TypeError):
                break  # an earlier change took it away
        if isinstance(holder, dict) or (
            isinstance(holder, list) and isinstance(path[-1], int) and path[-1] < len(holder)
        ):
            holder[path[-1]] = value
    faults_of(json.dumps(document))
