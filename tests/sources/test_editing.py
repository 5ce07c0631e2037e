"""A document with one value changed: what is written where, what stays, and what is refused."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloister.inventory.edits import edit
from cloister.origin import Origin
from cloister.sources.applying import Change, changes_of, with_changes
from cloister.sources.editing import NotEditable, edited
from cloister.sources.spec import with_blueprint
from cloister.sources.written import Written, parse
from cloister.sources.yaml_text import flow_text

TEXT = """\
# head
version: 1
name: x  # n

computes:
  # one
  training: {vm_size: a}  # t
  nb:
    vm_size: b   # c
    tags:
      - a
      - b
    note: |
      two
      lines
  # two

# three
workspaces: {}
nothing:   # yet
zones: [a, b] # z
"""


def _lines(text: str) -> tuple[list[str], list[str]]:
    """The lines of TEXT that are gone, and those that are new, each in order."""
    before, after = TEXT.splitlines(), text.splitlines()
    return [line for line in before if line not in after], [line for line in after if line not in before]


ROWS: list[tuple[str, tuple[str, ...], Any, list[str], list[str]]] = [
    ("a scalar", ("name",), "y", ["name: x  # n"], ["name: y  # n"]),
    ("text that looks like a switch", ("name",), "true", ["name: x  # n"], ["name: 'true'  # n"]),
    (
        "into braces",
        ("computes", "training", "on"),
        True,
        ["  training: {vm_size: a}  # t"],
        ["  training: {vm_size: a, 'on': true}  # t"],
    ),
    (
        "a value in braces",
        ("computes", "training", "vm_size"),
        "c",
        ["  training: {vm_size: a}  # t"],
        ["  training: {vm_size: c}  # t"],
    ),
    ("into a block, before comments of the next", ("computes", "nb", "x"), False, [], ["    x: false"]),
    ("a resource into a section", ("computes", "new", "x"), False, [], ["  new: {x: false}"]),
    ("items of a list of lines", ("computes", "nb", "tags"), ["a", "b", "c: d"], [], ["      - 'c: d'"]),
    ("a list on one line", ("zones",), ["b"], ["zones: [a, b] # z"], ["zones: [b] # z"]),
    ("into an empty section", ("workspaces", "w", "x"), 1, ["workspaces: {}"], ["workspaces: {w: {x: 1}}"]),
    ("where nothing stands", ("nothing",), "v", ["nothing:   # yet"], ["nothing: v   # yet"]),
    ("a new section", ("storage", "s", "a", "b"), None, [], ["storage:", "  s: {a: {b: null}}"]),
    ("a new key at the top", ("region",), "westeurope", [], ["region: westeurope"]),
]


@pytest.mark.parametrize(("says", "path", "value", "gone", "new"), ROWS, ids=[row[0] for row in ROWS])
def test_only_the_line_of_the_value_changes(
    says: str, path: tuple[str, ...], value: object, gone: list[str], new: list[str]
) -> None:
    assert _lines(edited(TEXT, path, value)) == (gone, new), says


def test_a_line_put_in_stands_right_after_the_last_one_of_its_block() -> None:
    lines = edited(TEXT, ("computes", "nb", "x"), value=False).splitlines()
    assert lines[lines.index("      lines") + 1] == "    x: false"


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        (("name", "x"), 1, "name.x lies in a list or in a short form"),
        (("zones", "x"), 1, "zones.x lies in a list or in a short form"),
        (("nothing", "x"), 1, "nothing.x lies in a list or in a short form"),
        (("computes", "nb"), {}, "it is a mapping over several lines"),
        (("computes", "nb", "note"), "one", "it is a text over several lines"),
        (("computes", "nb", "tags"), ["b"], "it is a list with a line for each item, of which some would go"),
    ],
)
def test_what_cannot_be_changed_with_certainty_is_refused(path: tuple[str, ...], value: object, why: str) -> None:
    with pytest.raises(NotEditable) as caught:
        edited(TEXT, path, value)
    assert str(caught.value) == why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: |\n  no line break after this", "the changed document would say something else as well"),
        ("? a\n: b\n", "the changed document cannot be read"),
    ],
)
def test_what_would_change_anything_else_is_refused(text: str, why: str) -> None:
    with pytest.raises(NotEditable) as caught:
        edited(text, ("b",), 1)
    assert str(caught.value) == why


def test_braces_over_several_lines_end_where_they_end() -> None:
    text = "c:\n  x: {a: 1,\n    b: 2,\n  } # x\n"
    assert edited(text, ("c", "y"), 1) == text + "  y: 1\n"
    assert edited(text, ("c", "x", "d"), 3) == text.replace("b: 2", "b: 2, d: 3")


@pytest.mark.parametrize("text", ["", "# nothing\n", "[]\n"])
def test_what_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(NotEditable):
        edited(text, ("a",), 1)


def test_line_ends_stay_as_they_are() -> None:
    text = "version: 1\r\ncomputes:\r\n  a: {}\r\n"
    assert edited(text, ("computes", "b"), {}) == text + "  b: {}\r\n"
    assert edited("version: 1", ("name",), "x") == "version: 1\nname: x\n"


KEYS = st.sampled_from(["a", "b", "c d", "é", "true", "7", "- x", "#", "null"])
SCALARS = st.one_of(st.booleans(), st.integers(-5, 5), st.sampled_from(["x", "yes", "1", "a: b", "# c", "{", "", "é"]))
VALUES = st.recursive(
    SCALARS, lambda one: st.one_of(st.lists(one, max_size=2), st.dictionaries(KEYS, one)), max_leaves=4
)


def _block(tree: dict[str, Any], indent: str, draw: Any) -> str:  # noqa: ANN401 - hypothesis' own function
    """A mapping as somebody writes it: members on lines of their own or in braces, with comments between."""
    text = ""
    for key, value in tree.items():
        if draw(st.booleans()):
            text += f"{indent}# {draw(st.sampled_from(['one', 'two: 2', '- three']))}\n"
        tail = draw(st.sampled_from(["", "  # tail", " # {"]))
        if isinstance(value, dict) and value and draw(st.booleans()):
            text += f"{indent}{flow_text(key)}:{tail}\n{_block(value, indent + '  ', draw)}"
        else:
            text += f"{indent}{flow_text(key)}: {flow_text(value)}{tail}\n"
    end: str = draw(st.sampled_from(["", "\n", f"{indent}# end\n"]))
    return text + end


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_an_edit_changes_the_value_and_nothing_else(data: st.DataObject) -> None:
    tree = data.draw(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4))
    text = _block(tree, "", data.draw)
    path = tuple(data.draw(st.lists(KEYS, min_size=1, max_size=3)))
    value = data.draw(VALUES)
    try:
        after = edited(text, path, value)
    except NotEditable:
        return
    assert parse(after, "").at(path).plain() == value
    comments = [line.partition("#")[2] for line in text.splitlines() if line.lstrip().startswith("#")]
    assert [line for line in comments if f"#{line}" not in after] == []
    assert parse(edited(after, path, value), "").plain() == parse(after, "").plain()


HEAD = "version: 1\nblueprint: azure-hub-spoke\nname: example\n"


def _changes(text: str, *edits: Any) -> tuple[Change, ...]:  # noqa: ANN401 - edits
    return changes_of(edits, with_blueprint(parse(text, "c.yaml")))


def test_what_a_blueprint_states_is_overridden_in_the_document() -> None:
    whole = with_blueprint(parse(HEAD, "c.yaml"))
    place = whole.at(("workspaces", "workspace")).key_place
    assert place.file == "azure-hub-spoke.yaml"
    changes = _changes(HEAD, edit(place, "public_network_access", value=False))
    assert changes == (Change(("workspaces", "workspace", "public_network_access"), "false"),)
    assert with_changes(HEAD, changes) == HEAD + "workspaces:\n  workspace: {public_network_access: false}\n"


def test_the_place_of_the_attribute_means_the_same_as_that_of_its_resource() -> None:
    whole = with_blueprint(parse(HEAD, "c.yaml"))
    place = whole.at(("workspaces", "workspace", "public_network_access")).key_place
    (change,) = _changes(HEAD, edit(place, "public_network_access", value=False))
    assert change.path == ("workspaces", "workspace", "public_network_access")


def test_several_changes_find_their_places_though_lines_move() -> None:
    whole = with_blueprint(parse(HEAD, "c.yaml"))
    places = [whole.at(("computes", name)).key_place for name in ("training", "notebook")]
    text = with_changes(HEAD, _changes(HEAD, *(edit(place, "local_auth", value=False) for place in places)))
    assert text == HEAD + "computes:\n  training: {local_auth: false}\n  notebook: {local_auth: false}\n"


@pytest.mark.parametrize(
    ("place", "why"),
    [
        (Origin("c.yaml", 99, 1), "nothing of the document stands at c.yaml:99"),
        (Origin("plan.json", 0, address="azurerm_x.y"), "it is read from plan.json: azurerm_x.y: change it there"),
    ],
)
def test_what_is_not_of_the_document_is_refused(place: Origin, why: str) -> None:
    with pytest.raises(NotEditable) as caught:
        _changes(HEAD, edit(place, "a", value=False))
    assert str(caught.value) == why


def test_what_was_seen_is_no_part_of_a_document_to_be_changed() -> None:
    text = HEAD + "observed:\n  collected: 2026-11-20\n  computes:\n    - {name: c, workspace: w, kind: cluster}\n"
    whole = parse(text, "c.yaml")
    place = whole.at(("observed", "collected")).key_place
    with pytest.raises(NotEditable) as caught:
        changes_of([edit(place, "collected", value="2026-11-25")], whole)
    assert str(caught.value) == "it is what was seen of the running estate, which no document changes"


def test_one_address_of_a_resource_and_of_its_parts_means_the_resource() -> None:
    place = Origin("plan.json", 0, address="azurerm_x.y")
    attribute = Written(value=True, key_place=place, place=place)
    resource = Written({"links": Written({"hub": attribute}, place, place)}, place, place)
    whole = Written({"zones": Written({"z": resource}, place, place)}, place, place)
    (change,) = changes_of([edit(place, "on", value=False)], whole, elsewhere=True)
    assert change.path == ("zones", "z", "on")
    two = Written({"zones": Written({"z": resource, "q": resource}, place, place)}, place, place)
    with pytest.raises(NotEditable) as caught:
        changes_of([edit(place, "on", value=False)], two, elsewhere=True)
    assert str(caught.value) == "several parts of the document stand at plan.json: azurerm_x.y"
