"""Patterns of names and what variables put into them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloister.access.globs import actions, names, resources

_WHO = {"aws:username": ("ada/..%*",), "aws:PrincipalTag/team": ("blue",)}


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("run/${aws:username}/*", "run/ada%2F..%25%2A/1", True),
        ("run/${aws:username}/*", "run/ada/../x", False),
        ("run/${aws:username}*", "run/ada%2F..%25%2A-1/2", True),
        ("run/${aws:PrincipalTag/team}-*/?", "run/blue-churn/1", True),
        ("run/${aws:PrincipalTag/team}-*/?", "run/red-churn/1", False),
        ("run/${aws:PrincipalTag/floor}-*", "run/-churn/1", False),
        ("run/${aws:PrincipalTag/floor, 'b*'}-*", "run/b%2A-churn/1", True),
        ("run/${*}", "run/%2A", True),
        ("run/${*}", "run/a", False),
        ("arn:aws:x:::${aws:username}/${*}", "arn:aws:x:::ada/..%*/*", True),
        ("arn:aws:x:::${aws:username}", "arn:aws:x:::ada/..%", False),
    ],
)
def test_variables_in_resources_stand_for_names(pattern: str, text: str, matches: bool) -> None:
    assert resources([pattern]).matches(text, _WHO) is matches
    assert resources([pattern], inverted=True).matches(text, _WHO) is not matches


def test_actions_ignore_the_case_of_ascii_letters_alone() -> None:
    assert actions(["mlflow:Get*"]).matches("MLflow:getRun")
    assert not actions(["mlflow:GetRuns"]).matches("mlflow:GetRun\u017f")


def _slowly(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(_slowly(pattern[1:], text[taken:]) for taken in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and _slowly(pattern[1:], text[1:])


@given(st.text("ab*?\n", max_size=7), st.text("ab\n", max_size=7))
def test_wildcards_match_as_they_do_letter_by_letter(pattern: str, text: str) -> None:
    assert names([pattern]).matches(text) is _slowly(pattern, text)


def test_no_pattern_makes_a_text_costly() -> None:
    started = time.process_time()
    assert not names(["*a" * 30 + "b"]).matches("a" * 5000)
    assert time.process_time() - started < 1
