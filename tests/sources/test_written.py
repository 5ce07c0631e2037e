"""What the reader takes for YAML, and what it refuses, with the exact place."""

import pytest

from cloister.errors import SpecError
from cloister.sources.merge import lay_over
from cloister.sources.written import parse

TAKEN = {
    "text": ("a: some text", {"a": "some text"}),
    "numbers": ("a: [1, -2, 1.5, .5, 1e3]", {"a": [1, -2, 1.5, 0.5, 1000.0]}),
    "true and false": ("a: [true, False, TRUE]", {"a": [True, False, True]}),
    "null in its spellings": ("a: [null, ~, ]\nb:", {"a": [None, None], "b": None}),
    "words that YAML 1.1 would take for something else": (
        "a: [on, yes, no, 22:30, 0o17, 0x1f, 2026-11-22, 1_000]",
        {"a": ["on", "yes", "no", "22:30", "0o17", "0x1f", "2026-11-22", "1_000"]},
    ),
    "quoted numbers stay text": ("a: '1'\nb: \"true\"", {"a": "1", "b": "true"}),
    "keys are always text": ("1: a\ntrue: b", {"1": "a", "true": "b"}),
    "nothing at all": ("", {}),
    "letters of every language, lines and tabulators": (
        'a: ["\u4e2d\u00a0\U0001f469\u200d\U0001f4bb", "b\\tc\\nd"]',
        {"a": ["\u4e2d\u00a0\U0001f469\u200d\U0001f4bb", "b\tc\nd"]},
    ),
    "comments alone": ("# only words\n", {}),
    "an end mark": ("a: 1\n...\n", {"a": 1}),
}


@pytest.mark.parametrize(("text", "value"), TAKEN.values(), ids=TAKEN)
def test_takes(text: str, value: object) -> None:
    assert parse(text, "f.yaml").plain() == value


REFUSED = {
    "a key twice": (
        "a: 1\nb:\n  c: 1\n  c: 2\n",
        'f.yaml: states the key "c" twice, first on line 3 (f.yaml:4:3)\n  mend: keep one of the two',
    ),
    "an anchor": (
        "a: &x 1\n",
        "f.yaml: sets the anchor &x (f.yaml:1:4)\n  mend: remove it; a spec has no anchors",
    ),
    "an alias": (
        "a: [*x]\n",
        "f.yaml: uses the alias *x (f.yaml:1:5)\n  mend: write the value out; a spec has no anchors",
    ),
    "a tag": (
        "a: !!python/object:os.system {}\n",
        (
            "f.yaml: uses the tag tag:yaml.org,2002:python/object:os.system (f.yaml:1:4)\n"
            "  mend: remove the tag; quote the value if it is text"
        ),
    ),
    "a merge key": (
        "a:\n  <<: {b: 1}\n",
        "f.yaml: uses the merge key << (f.yaml:2:3)\n  mend: write the keys out, or put them into a blueprint",
    ),
    "a list as a key": (
        "? [a]\n: 1\n",
        "f.yaml: has a list or a mapping as a key (f.yaml:1:3)\n  mend: write a plain word as the key",
    ),
    "two documents": (
        "a: 1\n---\nb: 2\n",
        "f.yaml: holds a second document (f.yaml:2:1)\n  mend: keep one document a file; remove the line ---",
    ),
    "brackets without end": (
        "a: [1, 2\nb: 3\n",
        (
            "f.yaml: is not YAML: did not find expected ',' or ']' (f.yaml:2:2)\n"
            "  mend: mend the indentation, quotes or brackets at or just before that place"
        ),
    ),
    "a tabulator as indentation": (
        "a:\n\tb: 1\n",
        (
            "f.yaml: is not YAML: found character that cannot start any token (f.yaml:2:1)\n"
            "  mend: mend the indentation, quotes or brackets at or just before that place"
        ),
    ),
    "a control character": (
        "a: 1\nb: \x07\n",
        (
            "f.yaml: holds the control character U+0007, which YAML does not allow (f.yaml:2:4)\n"
            "  mend: remove that character"
        ),
    ),
    "a control character as an escape, which would drive a terminal": (
        'a: 1\nb: ["\\e]0;title"]\n',
        (
            "f.yaml: holds the control character U+001B, written as an escape (f.yaml:2:5)\n"
            "  mend: remove that character"
        ),
    ),
    "a character that turns the direction of text, in a key": (
        '"a\\u202Eb": 1\n',
        (
            "f.yaml: holds the control character U+202E, written as an escape (f.yaml:1:1)\n"
            "  mend: remove that character"
        ),
    ),
    "a pit": (
        "[" * 40,
        "f.yaml: is nested deeper than 24 levels (f.yaml:1:26)\n  mend: flatten it; no key of a spec is that deep",
    ),
    "a flood": (
        "a: " + "x" * 16_000_000,
        (
            "f.yaml: has 16000003 characters, and 16000000 are the limit\n"
            "  mend: split the environment, or remove what does not belong in it"
        ),
    ),
}


@pytest.mark.parametrize(("text", "told"), REFUSED.values(), ids=REFUSED)
def test_refuses(text: str, told: str) -> None:
    with pytest.raises(SpecError) as refused:
        parse(text, "f.yaml")
    assert str(refused.value) == told


def test_every_key_and_value_knows_its_place() -> None:
    tree = parse("a:\n  b: [10, 20]\n", "f.yaml")
    b = tree.at(("a", "b"))
    assert (str(b.key_place), b.key_place.column) == ("f.yaml:2", 3)
    assert (str(b.place), b.place.column) == ("f.yaml:2", 6)
    assert tree.at(("a", "b", 1)).place.column == 11
    assert tree.at(("a", "nothing")) is tree.at(("a",)), "a place that is not there is the nearest one above"


MERGES = {
    "mappings merge": ("a: {b: 1, c: 2}", "a: {c: 3, d: 4}", {"a": {"b": 1, "c": 3, "d": 4}}),
    "lists replace": ("a: [1, 2]", "a: [3]", {"a": [3]}),
    "null removes": ("a: {b: 1, c: 2}", "a: {b: null}", {"a": {"c": 2}}),
    "null that removes nothing stays, to be told": ("a: {}", "a: {b: null}", {"a": {"b": None}}),
    "a mapping over a scalar": ("a: 1", "a: {b: 2}", {"a": {"b": 2}}),
    "a scalar over a mapping": ("a: {b: 2}", "a: 1", {"a": 1}),
    "nothing over something": ("a: {b: 2}", "", {"a": {"b": 2}}),
}


@pytest.mark.parametrize(("base", "over", "merged"), MERGES.values(), ids=MERGES)
def test_one_document_over_another(base: str, over: str, merged: object) -> None:
    assert lay_over(parse(base, "base.yaml"), parse(over, "over.yaml")).plain() == merged


def test_merged_values_keep_the_file_that_wrote_them() -> None:
    tree = lay_over(parse("a:\n  b: 1\n  c: 2\n", "base.yaml"), parse("a: {c: 3}\n", "over.yaml"))
    assert str(tree.at(("a",)).key_place) == "base.yaml:1"
    assert str(tree.at(("a", "b")).place) == "base.yaml:2"
    assert str(tree.at(("a", "c")).place) == "over.yaml:1"
