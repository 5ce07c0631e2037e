"""A database that restarts is waited for; anything else is not."""

import pytest
from sqlalchemy.exc import OperationalError

from cloister.jobs.records import patience
from cloister.jobs.records.patience import first_line, insist

GONE = OperationalError("UPDATE", {}, Exception("connection refused\n\tIs the server running?"))


def answers(*given: Exception | str) -> str:
    left = list(given)

    def act() -> str:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return insist(act)


def test_what_a_command_has_come_to_is_written_once_the_database_is_back() -> None:
    assert answers(GONE, "written") == "written"


def test_other_errors_are_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyError):
        answers(KeyError("x"))
    # A minute is too long for a test.
    monkeypatch.setattr(patience, "_PATIENCE_SECONDS", 0.0)
    with pytest.raises(OperationalError) as caught:
        answers(GONE, GONE)
    assert first_line(caught.value) == "(builtins.Exception) connection refused"
