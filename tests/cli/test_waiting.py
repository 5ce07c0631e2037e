"""What a verb says while somebody waits for it at a terminal, and says to nobody else."""

import io
import re
import time

import pytest

from cloister.cli import waiting as room
from cloister.cli.waiting import waiting


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _said(monkeypatch: pytest.MonkeyPatch, err: io.StringIO, quiet: float) -> str:
    monkeypatch.setattr(room, "_QUIET_SECONDS", quiet)
    monkeypatch.setattr("sys.stderr", err)
    with waiting("judging cloister.yaml"):
        time.sleep(0.2)
    return err.getvalue()


def test_a_terminal_gets_a_line_that_is_gone_when_the_work_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    said = _said(monkeypatch, _Terminal(), 0.01)
    assert re.fullmatch(r"(\r\x1b\[Kjudging cloister\.yaml: 0 s)+\r\x1b\[K", said)


def test_what_is_done_soon_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _said(monkeypatch, _Terminal(), 5.0) == ""


def test_a_pipe_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _said(monkeypatch, io.StringIO(), 0.01) == ""
