"""`cloister check --fix` as a person runs it: what is written, what is printed, and how it leaves."""

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cloister.cli.main import cli

HEAD = "version: 1\nblueprint: azure-hub-spoke\nname: example\n"
OPEN = HEAD + "computes:\n  training: {local_auth: true}  # why\n"
CLOSED = HEAD + "computes:\n  training: {local_auth: false}  # why\n"


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["check", *(str(argument) for argument in arguments), "--today", "2026-11-25"])


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "cloister.yaml"
    path.write_text(OPEN)
    return path


def test_the_document_is_mended_and_judged_again(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(spec.parent)
    done = _run("--fix")
    assert (done.exit_code, done.stderr) == (0, "")
    assert spec.read_text() == CLOSED
    *told, last = done.stdout.splitlines()
    assert told == [
        "fixed     1 change written into cloister.yaml, 1 thing closed, nothing broken",
        "  ok  computes.training.local_auth: false",
        '      for AZ008 compute cluster "training"',
    ]
    assert last.startswith("holds: ")
    again = _run("--fix")
    assert again.stdout.startswith("fixed     nothing: of what was found, no mend is certain\nholds: ")
    assert spec.read_text() == CLOSED


def test_a_dry_run_prints_a_patch_and_writes_nothing(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(spec.parent)
    done = _run("--fix", "--dry-run")
    assert (done.exit_code, spec.read_text()) == (0, OPEN)
    assert done.stderr.startswith("fixed     1 change would be written into cloister.yaml, 1 thing closed")
    subprocess.run(["git", "apply", "-"], input=done.stdout, text=True, check=True, cwd=spec.parent)
    assert spec.read_text() == CLOSED


def test_a_file_without_a_last_line_break_keeps_it_so(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(spec.parent)
    spec.write_text(OPEN.rstrip("\n"))
    patch = _run("--fix", "--dry-run").stdout
    subprocess.run(["git", "apply", "-"], input=patch, text=True, check=True, cwd=spec.parent)
    assert spec.read_text() == CLOSED.rstrip("\n")


def test_what_is_waived_is_left_alone(spec: Path) -> None:
    waived = OPEN.replace("# why", "# cloister: waive AZ008 until 2027-01-31 by ada: the move")
    spec.write_text(waived)
    assert _run(spec, "--fix").stdout.startswith("fixed     nothing")
    assert spec.read_text() == waived
    assert "fixed     1 change" in _run(spec, "--fix", "--no-waivers").stdout


def test_a_document_with_faults_is_not_fixed(spec: Path) -> None:
    faulty = OPEN + "key_vaults: {vault: {soft: 7}}\n"
    spec.write_text(faulty)
    done = _run(spec, "--fix")
    assert (done.exit_code, spec.read_text(), done.stdout) == (2, faulty, "")
    assert done.stderr.endswith("nothing is fixed: mend these faults first\n")


ALONE = "--fix tells what it did, and goes with no option about the report or a baseline"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--dry-run",), "--dry-run goes with --fix"),
        (
            ("--fix", "--pack", "owner"),
            ALONE,
        ),
        (
            ("--fix", "--format", "json"),
            ALONE,
        ),
        (
            ("--fix", "--baseline", "b"),
            ALONE,
        ),
    ],
)
def test_wrong_use_is_told(arguments: tuple[str, ...], told: str, spec: Path) -> None:
    done = _run(spec, *arguments)
    assert (done.exit_code, told in done.stderr, spec.read_text()) == (2, True, OPEN)
