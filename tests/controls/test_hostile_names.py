"""Names come from the input: in no form of a report can one of them be markup, or move the cursor of a terminal."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from cloister.ask.judgement import Asked, Judgement
from cloister.ask.notes import NoteKind
from cloister.cli.drawing import drawing
from cloister.controls.control import Result
from cloister.controls.report.events import events
from cloister.controls.report.forms import page_of, write, write_events
from cloister.controls.report.markdown import code, plain
from cloister.controls.report.phrases import phrases
from cloister.controls.report.report import Report, check_environment
from cloister.controls.report.visible import visible
from cloister.origin import Origin
from cloister.sources.spec import read_text

HOSTILE = (
    "</script></summary><img src=x onerror=alert(1)>\"'&|`[x](javascript:alert(1)) @all ]]>\n\x1b[31m\u202e\x9b\x00"
)
SHOWN = "\\x0a\\x1b[31m\\u202e\\x9b\\x00"
_DANGEROUS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def hostile() -> Report:
    """A report in which everything that comes from the input has that name."""
    text = "version: 1\nblueprint: azure-published-terraform\nname: golden\n"
    whole = check_environment(read_text(text, "cloister.yaml"), HOSTILE)
    first = next(one for one in whole.judgement.closure if one.standing == "missed")
    step = replace(first.verdict.trace[-1], at=HOSTILE, text=HOSTILE)
    verdict = replace(first.verdict, trace=(step,), reason=HOSTILE)
    intent = replace(first.intent, name=HOSTILE, why=HOSTILE, mend=HOSTILE, origin=Origin(HOSTILE, 1))
    asked = Asked(f"internet -> {HOSTILE}:443", verdict)
    judged = replace(first, heading=HOSTILE, intent=intent, asked=(asked,))
    flow = next(one for one in whole.judgement.flow if one.standing == "missed")
    broken = replace(
        flow, heading=HOSTILE, intent=intent, asked=(replace(flow.asked[0], question=f"{HOSTILE} -> a:1"),)
    )
    control = whole.results[0].control
    finding = control.finding(f'workspace "{HOSTILE}"', HOSTILE, at=Origin(HOSTILE, 3, address=HOSTILE), mend=HOSTILE)
    doubt = control.doubt(f'workspace "{HOSTILE}"', HOSTILE, at=Origin(HOSTILE, 3), mend=HOSTILE)
    note = replace(whole.notes[0], kind=NoteKind.LOOSE, thing=HOSTILE, text=HOSTILE, mend=HOSTILE)
    return replace(
        whole,
        inventory=replace(whole.inventory, name=HOSTILE),
        judgement=Judgement((judged,), (broken,), (), ()),
        results=(Result(control, 2, (finding,), (doubt,)),),
        lessons=(),
        notes=(note, replace(note, kind=NoteKind.NOT_MODELLED)),
    )


def test_control_characters_are_shown_by_their_codes() -> None:
    assert visible("a\nb\x1b[0m\u202ec\x9b") == "a\\x0ab\\x1b[0m\\u202ec\\x9b"
    assert visible("plain, 中文, Tiếng Việt") == "plain, 中文, Tiếng Việt"


@pytest.mark.parametrize("form", ["text", "markdown", "json", "sarif", "junit"])
def test_no_form_holds_what_a_terminal_obeys(form: str, hostile: Report) -> None:
    assert _DANGEROUS.findall(write(hostile, form)) == []


@pytest.mark.parametrize("form", ["ocsf", "syslog"])
def test_an_event_stays_one_line_and_holds_nothing_that_a_terminal_obeys(form: str, hostile: Report) -> None:
    told = write_events(hostile, form, datetime(2026, 11, 25, tzinfo=UTC))
    assert _DANGEROUS.findall(told) == []
    assert len(told.splitlines()) == len(list(events(hostile, phrases()))) > 2


def test_the_page_holds_no_markup_of_a_name_and_nothing_that_hides(hostile: Report) -> None:
    """Whose names are in the map as well; `tests/controls/test_report_page.py` opens such a page in a browser."""
    told = page_of(hostile, drawing(hostile.inventory, hostile.judgement, phrases()))
    assert _DANGEROUS.findall(told) == []
    assert (told.count("<script"), "<img" in told, "onerror=alert" in re.sub(r">[^<]*<", "><", told)) == (
        1,
        False,
        False,
    )


def test_a_line_break_in_a_name_makes_no_line_of_its_own(hostile: Report) -> None:
    told = write(hostile, "text")
    assert [line for line in told.splitlines() if line.startswith(("[31m", "\\x1b"))] == []
    assert told.splitlines()[0].count(SHOWN) == 2


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_programs_get_the_name_as_it_is(form: str, hostile: Report) -> None:
    assert _holds(json.loads(write(hostile, form)))


def _holds(value: object) -> bool:
    """Whether a text anywhere in a document holds the name."""
    if isinstance(value, dict):
        return any(_holds(one) for one in value.values())
    if isinstance(value, list):
        return any(_holds(one) for one in value)
    return isinstance(value, str) and HOSTILE in value


def test_xml_stays_whole_and_holds_the_name_as_text(hostile: Report) -> None:
    root = ET.fromstring(write(hostile, "junit"))  # noqa: S314 - our own output
    assert {element.tag for element in root.iter()} == {"testsuites", "testsuite", "testcase", "failure"}
    assert root.get("name") == visible(HOSTILE)


def test_markdown_holds_no_markup_of_a_name(hostile: Report) -> None:
    told = write(hostile, "markdown")
    outside = re.sub(r"(`+) ?.*? ?\1(?!`)", "", told)
    assert re.findall(r"<(?!/?details>|/?summary>|!-- -->)", outside) == []
    assert re.findall(r"(?<!\\)\[|@\w", outside) == []
    assert len(_Tags(told).found) == 2 * told.count("<details>")


class _Tags(HTMLParser):
    """The HTML elements of a Markdown text, outside its code spans."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(re.sub(r"(`+) ?.*? ?\1(?!`)", "", text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parser's
        self.found.append(tag)


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("a_b *c* <i>", "a\\_b \\*c\\* &lt;i&gt;"),
        ("@all sees #12", "@<!-- -->all sees #<!-- -->12"),
        ("see https://example.org or www.example.org", "see https\\://example.org or www\\.example.org"),
        ("# no heading", "\\# no heading"),
        ("ml/compute: 10.0.0.0/8", "ml/compute: 10.0.0.0/8"),
    ],
)
def test_words_in_markdown(words: str, written: str) -> None:
    assert plain(words) == written


def test_a_code_span_is_fenced_with_more_marks_than_it_holds() -> None:
    assert code("a ``b`` c") == "```a ``b`` c```"
    assert code("`b") == "`` `b ``"
