"""The words that people copy: every command in README and docs exists, with the options that it is shown with."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from cloister.cli.main import cli

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
_COMMAND = re.compile(r"(?:^|`)\s*\$?\s*(cloister [a-z][^`#\n]*)", re.MULTILINE)


def commands(text: str) -> list[str]:
    """Every `cloister VERB ...` that stands in a code span or at the start of a line of a code block."""
    return [match.strip() for match in _COMMAND.findall(text)]


def fault_of(line: str) -> str:
    """What is wrong with a shown command line, or an empty string."""
    words = [word for word in shlex.split(line) if word]
    command: click.Command = cli
    context = click.Context(cli, info_name="cloister")
    rest = words[1:]
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        inner = command.get_command(context, rest[0])
        if inner is None:
            return f"{line}: there is no verb {rest[0]}"
        command, rest = inner, rest[1:]
        context = click.Context(command, info_name=command.name, parent=context)
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    known |= {"--help", "-h", "--version"}
    unknown = [word for word in rest if word.startswith("--") and word.split("=")[0] not in known]
    return f"{line}: no such option {unknown}" if unknown else ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_on_a_page_exists_with_its_options(page: Path) -> None:
    faults = [fault for line in commands(page.read_text()) if (fault := fault_of(line))]
    assert faults == []


def test_a_command_that_does_not_exist_is_found() -> None:
    shown = commands("Use `cloister fly` or\n\n    cloister init --wings\n")
    assert shown == ["cloister fly", "cloister init --wings"]
    assert "no verb fly" in fault_of(shown[0])
    assert "--wings" in fault_of(shown[1])


def test_the_reference_of_the_command_line_is_fresh() -> None:
    # In a process of its own: a command keeps the words for its help from the first run in a process.
    written = subprocess.run([sys.executable, "-m", "cloister.cli.reference"], capture_output=True, check=True).stdout
    assert (ROOT / "docs" / "cli.md").read_bytes() == written


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_on_a_page_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []
