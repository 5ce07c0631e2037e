"""`cloister check` with baselines and thresholds, as a person runs it: files, streams and exit codes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cloister.cli.main import cli

HEAD = "version: 1\nblueprint: azure-hub-spoke\nname: example\n"
MEDIUM = HEAD + "undeclared: [x]\n"


def _run(path: Path, *arguments: object) -> Result:
    return CliRunner().invoke(cli, ["check", str(path), *(str(argument) for argument in arguments)])


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "cloister.yaml"
    path.write_text(MEDIUM)
    return path


def test_a_baseline_is_written_and_only_what_is_new_is_told(spec: Path, tmp_path: Path) -> None:
    file = tmp_path / "known" / "baseline.json"
    first = _run(spec, "--write-baseline", file)
    assert (first.exit_code, first.stderr) == (10, f"1 known from now on ({file})\n")
    assert json.loads(file.read_text())["environment"] == "example"
    again = _run(spec, "--baseline", file)
    assert (again.exit_code, again.stderr) == (0, "")
    assert again.stdout.splitlines()[-1].endswith(", 1 in the baseline")
    spec.write_text(MEDIUM + "computes: {training: {local_auth: true}}\n")
    new = _run(spec, "--baseline", file)
    assert new.exit_code == 10
    assert new.stdout.splitlines()[-1] == "does not hold: 1 finding in 1 control"


def test_a_baseline_that_is_not_there_is_told(spec: Path, tmp_path: Path) -> None:
    done = _run(spec, "--baseline", tmp_path / "none.json")
    assert str(done.exception) == (
        f"{tmp_path}/none.json: there is no such file\n  mend: write one with --write-baseline"
    )


@pytest.mark.parametrize(
    ("stage", "arguments", "code", "told"),
    [
        ("", (), 10, ""),
        ("", ("--fail-on", "high"), 0, "exit code 0: --fail-on high lets count: critical, high\n"),
        ("", ("--fail-on", "medium"), 10, ""),
        ("", ("--fail-on", "never"), 0, "exit code 0: --fail-on never lets count: nothing\n"),
        ("", ("--soft-fail",), 0, "exit code 0 instead of 10: --soft-fail\n"),
        ("dev", (), 0, "exit code 0: stage dev lets count: critical, high\n"),
        ("dev", ("--fail-on", "low"), 10, ""),
        ("prod", (), 10, ""),
    ],
)
def test_what_counts_decides_the_exit_code_and_nothing_of_the_report(
    stage: str, arguments: tuple[str, ...], code: int, told: str, spec: Path
) -> None:
    if stage:
        spec.write_text(f"{MEDIUM}requirements: {{stage: {stage}}}\n")
    done = _run(spec, *arguments)
    assert (done.exit_code, done.stderr) == (code, told)
    assert done.stdout.splitlines()[-1] == "does not hold: 1 finding in 1 control"


def test_faults_and_nothing_to_check_are_not_softened(spec: Path) -> None:
    spec.write_text(HEAD + "computes: {training: {node_public_ip: 7}}\n")
    assert _run(spec, "--soft-fail", "--fail-on", "never").exit_code == 2
    spec.write_text("version: 1\nname: nothing\nregion: westeurope\n")
    assert _run(spec, "--soft-fail", "--fail-on", "never").exit_code == 3
