"""Each defence that the threat model names has a test that is there."""

import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_ROW = re.compile(r"^\| (T\d+) \|.*\| `([^`:]+)::(\w+)` \|$", re.MULTILINE)
_ROWS = _ROW.findall((_ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("number", "file", "test"), _ROWS, ids=[row[0] for row in _ROWS])
def test_the_test_is_there(number: str, file: str, test: str) -> None:
    text = (_ROOT / "tests" / file).read_text(encoding="utf-8")
    assert f"\ndef {test}(" in text, f"{number}: {file} holds no {test}"


def test_every_row_is_read() -> None:
    text = (_ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    assert len(_ROWS) == len(re.findall(r"^\| T\d+ ", text, re.MULTILINE)) > 25


def test_a_number_is_given_once() -> None:
    numbers = [number for number, _, _ in _ROWS]
    assert sorted(numbers) == sorted(set(numbers))
