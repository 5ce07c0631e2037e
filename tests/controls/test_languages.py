"""The languages of a report: every text and every title in each of them, with the same placeholders."""

import re
from string import Formatter

import pytest

from cloister.controls.catalogue import catalogue
from cloister.controls.report.forms import page_of, write
from cloister.controls.report.phrases import ENGLISH, LANGUAGES, language_of, phrases, translated
from cloister.controls.report.report import Report, check_environment
from cloister.controls.report.wrapping import WIDTH, columns, padded, wrapped
from cloister.sources.spec import read_text

OTHERS = tuple(language for language in LANGUAGES if language != ENGLISH)


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_there_in_every_language_with_the_same_placeholders(language: str) -> None:
    english, own = phrases(ENGLISH).texts, translated(language)
    assert (sorted(set(english) - set(own)), sorted(set(own) - set(english))) == ([], [])
    unlike = [key for key, text in english.items() if _placeholders(text) != _placeholders(own[key])]
    # A language without plural forms may write its count differently, and names all the same things.
    assert unlike == []


def test_both_forms_of_a_count_hold_the_same_things() -> None:
    texts = [text.partition("|") for text in phrases(ENGLISH).texts.values() if "|" in text]
    assert [one for one, _, many in texts if _placeholders(one) != _placeholders(many)] == []
    assert len(texts) > 10


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_is_left_in_english(language: str) -> None:
    """But for names and forms that are the same in both."""
    same = {key for key, text in phrases(ENGLISH).texts.items() if translated(language)[key] == text}
    assert same <= {"map.many", "listed", "heading.the studio"}


@pytest.mark.parametrize("language", OTHERS)
def test_titles_are_of_controls_that_stand(language: str) -> None:
    known = {entry.control.id for entry in catalogue()}
    titles = phrases(language).titles
    assert sorted(set(titles) - known) == []
    assert [title for title in titles.values() if not title.strip() or title.endswith((".", "\u3002"))] == []
    assert len(set(titles.values())) == len(titles)


@pytest.mark.parametrize("language", OTHERS)
def test_every_control_has_a_title_in_every_language(language: str) -> None:
    """A control that is new needs a line in `languages/titles.LANGUAGE.tsv`, in each of them."""
    assert [entry.control.id for entry in catalogue() if entry.control.id not in phrases(language).titles] == []


@pytest.fixture(scope="module")
def published() -> Report:
    text = "version: 1\nblueprint: azure-published-terraform\nname: golden\n"
    return check_environment(read_text(text, "cloister.yaml"), "cloister.yaml")


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("zh", "  1  严重  互联网可以到达 my_aml_workspace:443, my_aml_workspace/cert:443,"),
        ("ja", "  1  重大  インターネットから my_aml_workspace:443, my_aml_workspace/cert:443,"),
        ("vi", "  1  nghiêm trọng  Internet tới được my_aml_workspace:443, my_aml_workspace/cert:443,"),
    ],
)
def test_the_text_speaks_the_language_and_fits_a_terminal(language: str, line: str, published: Report) -> None:
    lines = write(published, "text", language).splitlines()
    assert line in lines
    assert [one for one in lines if columns(one) > WIDTH] == []


def test_the_marks_of_two_columns_are_aligned_whatever_the_script(published: Report) -> None:
    """Rows of one table begin at one column of the terminal."""
    lines = write(published, "text", "zh").splitlines()
    rows = [line for line in lines if re.match(r"  ok  [内中外]环 .* my_compute_cluster ->", line)]
    assert len(rows) == 6
    assert len({columns(row.partition("my_compute_cluster")[0]) for row in rows}) == 1


@pytest.mark.parametrize(("language", "code"), [("zh", "zh-Hans"), ("ja", "ja"), ("vi", "vi")])
def test_the_page_says_its_language(language: str, code: str, published: Report) -> None:
    told = page_of(published, "", language)
    assert f'<html lang="{code}">' in told
    assert phrases(language).title(next(e.control for e in catalogue() if e.control.id == "AZ001")) in told


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("ja_JP.UTF-8", "ja"),
        ("zh_CN", "zh"),
        ("zh-Hans", "zh"),
        ("vi", "vi"),
        ("de_DE.UTF-8", "en"),
        ("C", "en"),
        ("", "en"),
    ],
)
def test_the_language_of_a_locale(locale: str, language: str) -> None:
    assert language_of(locale) == language


def test_wide_characters_take_two_columns_and_lines_break_between_them() -> None:
    assert (columns("ab"), columns("网络"), columns("ế"), columns("e\u0302")) == (2, 4, 1, 1)
    assert padded("网", 4) == "网  "
    lines = wrapped("网" * 120, "  ", "    ")
    assert [columns(line) for line in lines] == [100, 100, 50]
    assert wrapped(f"{'网' * 50}\uff0c络", "", "") == ["网" * 49, "网\uff0c络"]
    assert wrapped("one two", "", "") == ["one two"]
