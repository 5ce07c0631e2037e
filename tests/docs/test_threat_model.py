"""Each defence that the threat model names has a test that is there."""

import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_ROW = re.compile(r"^\| (T\d+) \|.*\| ((?:`[^`:]+::\w+`(?:, )?)+) \|$", re.MULTILINE)
_TESTS = dict(_ROW.findall((_ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")))
_ROWS = [(number, *one) for number, told in _TESTS.items() for one in re.findall(r"`([^`:]+)::(\w+)`", told)]


@pytest.mark.parametrize(("number", "file", "test"), _ROWS, ids=[row[0] for row in _ROWS])
def test_the_test_is_there(number: str, file: str, test: str) -> None:
    text = (_ROOT / "tests" / file).read_text(encoding="utf-8")
    assert f"\ndef {test}(" in text, f"{number}: {file} holds no {test}"


def test_every_row_is_read_and_its_number_is_given_once() -> None:
    text = (_ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    assert sorted(_TESTS) == sorted(re.findall(r"^\| (T\d+) ", text, re.MULTILINE))
    assert len(_TESTS) > 25
