"""Transcripts on README and pages are real: each command is run, and its output must be what the page shows."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LEFT_OUT = "..."


def transcript(text: str) -> Iterator[tuple[str, str]]:
    """Each command of a page's console blocks with the output that is shown below it."""
    for block in _BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            yield command, shown.strip("\n")


def shows(shown: str, printed: str) -> bool:
    """Whether the page shows the output; a line `...` stands for any lines that are left out."""
    pieces = [re.escape(piece.strip("\n")) for piece in shown.split(f"\n{_LEFT_OUT}")]
    return re.fullmatch(r"(?:\n.*)?".join(pieces), printed.strip("\n"), re.DOTALL) is not None


def with_transcript() -> list[Path]:
    return [page for page in PAGES if _BLOCK.search(page.read_text())]


@pytest.mark.parametrize("page", with_transcript(), ids=lambda page: str(page.relative_to(ROOT)))
def test_a_transcript_is_what_the_commands_print(page: Path, tmp_path: Path) -> None:
    shutil.copy(ROOT / "examples" / "terraform" / "plan.json", tmp_path)
    for command, shown in transcript(page.read_text()):
        words = re.findall(r'"[^"]*"|\S+', command)
        assert words[0] == "cloister"
        done = subprocess.run(
            [sys.executable, "-m", "cloister", *(word.strip('"') for word in words[1:])],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in (0, 10), done.stderr
        assert shows(shown, done.stdout), f"{command} prints\n{done.stdout}"


def test_a_wrong_transcript_is_found() -> None:
    assert shows("one\n...\nthree", "one\ntwo\nthree\n")
    assert shows("one\n...", "one\ntwo\nthree\n")
    assert not shows("one\n...\nfour", "one\ntwo\nthree\n")
    assert not shows("one", "one\ntwo\n")
    assert not shows("two\n...", "one\ntwo\n")
