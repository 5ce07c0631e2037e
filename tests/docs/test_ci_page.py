"""The snippets of the page on builds: they are YAML, their commands exist, and the tables say what the code does."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cloister.facts.stages import stages

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SNIPPETS: list[Any] = [yaml.safe_load(block) for block in _BLOCK.findall(PAGE)]


def _steps(snippet: dict[Any, Any]) -> list[dict[str, Any]]:
    jobs: dict[str, dict[str, Any]] = snippet.get("jobs", {})
    steps: list[dict[str, Any]] = snippet.get("steps") or [step for job in jobs.values() for step in job["steps"]]
    return steps


def _commands(snippet: dict[Any, Any]) -> Iterator[list[str]]:
    for step in _steps(snippet):
        for line in str(step.get("run") or step.get("script") or "").splitlines():
            if line.startswith("cloister "):
                yield shlex.split(line)


def test_each_build_writes_its_reports_softly_and_lets_the_last_command_decide() -> None:
    builds = [snippet for snippet in SNIPPETS if "repos" not in snippet]
    assert len(builds) == 2
    for build in builds:
        *reports, last = _commands(build)
        assert last == ["cloister", "check", "cloister.yaml"]
        forms = {command[command.index("--format") + 1] for command in reports}
        assert {"sarif", "markdown"} <= forms
        assert all("--soft-fail" in command for command in reports)
        written = {command[command.index("--output") + 1] for command in reports}
        text = yaml.safe_dump(build)
        assert all(text.count(file) > 1 for file in written), "a file is written that nobody publishes"


def test_the_hook_of_the_page_is_one_that_the_repository_has() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (named,) = [hook for snippet in SNIPPETS for repo in snippet.get("repos", ()) for hook in repo["hooks"]]
    (hook,) = hooks
    assert (named["id"], hook["entry"], hook["language"]) == (hook["id"], "cloister check", "python")
    assert hook["pass_filenames"] is False


@pytest.mark.parametrize(
    ("file", "runs"),
    [
        ("cloister.yaml", True),
        ("envs/cloister.yaml", True),
        ("cloister.attestations.yaml", True),
        ("my-cloister.yaml", False),
    ],
)
def test_the_hook_runs_for_the_files_that_a_check_reads(file: str, *, runs: bool) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert bool(re.search(hook["files"], file)) is runs


def test_the_table_of_stages_is_that_of_the_facts() -> None:
    rows = dict(re.findall(r"^\| `(dev|test|prod)` \| ([a-z, ]+) \|", PAGE, re.MULTILINE))
    assert rows == {name: row.counts.replace(" ", ", ") for name, row in stages().items()}
