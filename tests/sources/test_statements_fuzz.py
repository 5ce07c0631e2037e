"""Whatever somebody writes as statements or as comments, the answer is what counts and a fault, never a crash."""

from datetime import date

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cloister.errors import SpecError
from cloister.sources.spec import with_blueprint
from cloister.sources.statements.comments import inline_waivers
from cloister.sources.statements.file import read_statements
from cloister.sources.written import parse

TODAY = date(2026, 11, 25)
WORDS = st.sampled_from(
    ["AZ001", "AZ012", "x", "", " ", "*", "2027-01-31", "2026-02-30", "9999-12-31", "0001-01-01", "ada", "é", "\u202e"]
)
PLAIN = st.one_of(WORDS, st.none(), st.booleans(), st.integers(-3, 3), st.lists(WORDS, max_size=2))
NAMES = ("statement", "owner", "until", "evidence", "control", "intent", "resource", "reason", "why_longer", "x")
KEYS = st.sampled_from(NAMES)
BLOCK = st.one_of(PLAIN, st.dictionaries(KEYS, PLAIN, max_size=8))
FILES = st.fixed_dictionaries(
    {"version": st.sampled_from([1, 1, 1, 2, "1"])},
    optional={
        "attestations": st.one_of(PLAIN, st.dictionaries(WORDS, BLOCK, max_size=3)),
        "waivers": st.one_of(PLAIN, st.lists(BLOCK, max_size=3)),
        "more": PLAIN,
    },
)


@settings(max_examples=300, deadline=None)
@given(FILES)
def test_a_file_of_statements(content: dict[str, object]) -> None:
    text = yaml.safe_dump(content, allow_unicode=False)
    try:
        stated = read_statements(text, "a.yaml", TODAY)
    except SpecError:
        return
    counted = stated.statements
    assert all(one.owner.strip() and one.reason.strip() and one.until for one in counted.waivers)
    assert all(one.owner.strip() and one.statement.strip() for one in counted.attestations)
    waivers = content.get("waivers")
    written = len(waivers) if isinstance(waivers, list) else 0
    assert stated.faults or len(counted.waivers) == written


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
@example("a: &a [*a]")
@example("- " * 30)
def test_any_text_as_a_file_of_statements(text: str) -> None:
    try:
        read_statements(text, "a.yaml", TODAY)
    except SpecError:
        return


SAID = ("waive", "AZ007", "intent", "until", "2027-01-31", "by", "ada:", "why", ":", "#")
COMMENTS = st.one_of(st.lists(st.sampled_from(SAID), max_size=9), st.just(["waive AZ007 until 2027-01-31 by ada: why"]))
WRITTEN = ("computes:", "  a: {x: 1}", "  b:", "    x: |", "      # text", "", "intents:", "  i: {why: x}", "- 1")
LINES = st.sampled_from(WRITTEN)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(LINES, COMMENTS, st.booleans()), max_size=7))
def test_comments_anywhere(lines: list[tuple[str, list[str], bool]]) -> None:
    text = "\n".join(f"{line} # cloister: {' '.join(words)}" if says else line for line, words, says in lines)
    try:
        whole = with_blueprint(parse(text, "c.yaml"))
    except SpecError:
        return
    inline = inline_waivers(text, "c.yaml", whole, TODAY)
    said = sum(says for _, _, says in lines)
    assert len(inline.waivers) + len(inline.faults) <= said
    assert all(one.reason and one.owner for one in inline.waivers)
