"""`cloister check` with attestations and waivers: where they are looked for, and what they do to the exit code."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cloister.cli.main import cli

HEAD = "version: 1\nblueprint: azure-hub-spoke\nname: example\n"
OPEN = HEAD + "computes:\n  training: {local_auth: true}"
COMMENT = " # cloister: waive AZ008 until 2027-01-31 by ada: the move"
WAIVERS = "version: 1\nwaivers: [{control: AZ008, resource: training, reason: why, owner: ada, until: 2027-01-31}]\n"


def _run(path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["check", str(path), "--today", "2026-11-25", *arguments])


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "prod.yaml"
    path.write_text(f"{OPEN}\n")
    return path


def test_the_file_beside_the_document_counts(spec: Path) -> None:
    assert _run(spec).exit_code == 10
    spec.with_name("prod.attestations.yaml").write_text(WAIVERS)
    waived = _run(spec)
    assert (waived.exit_code, waived.stderr) == (0, "")
    assert waived.stdout.splitlines()[-1].endswith(", 1 waived")
    assert _run(spec, "--no-waivers").exit_code == 10
    assert _run(spec, "--today", "2027-02-01").exit_code == 10


def test_what_is_due_counts_where_somebody_attests(spec: Path) -> None:
    spec.write_text(HEAD)
    beside = spec.with_name("prod.attestations.yaml")
    beside.write_text("version: 1\nwaivers: []\n")
    assert _run(spec).exit_code == 0
    beside.write_text("version: 1\nattestations: {}\n")
    done = _run(spec)
    assert done.exit_code == 11
    assert re.fullmatch(r"undecided: \d+ controls to be attested", done.stdout.splitlines()[-1])


def test_another_file_is_named(spec: Path, tmp_path: Path) -> None:
    other = tmp_path / "mine.yaml"
    other.write_text(WAIVERS)
    assert _run(spec, "--attestations", str(other)).exit_code == 0
    missing = _run(spec, "--attestations", str(tmp_path / "none.yaml"))
    assert str(missing.exception).startswith(f"{tmp_path}/none.yaml: there is no such file")


def test_a_comment_counts(spec: Path) -> None:
    spec.write_text(f"{OPEN}{COMMENT}\n")
    assert _run(spec).exit_code == 0
    assert _run(spec, "--no-waivers").exit_code == 10


def test_a_statement_with_a_fault_is_told_and_does_not_count(spec: Path) -> None:
    spec.write_text(f"{OPEN}{COMMENT.replace(' by ada', '')}\n")
    spec.with_name("prod.attestations.yaml").write_text(WAIVERS.replace("AZ008", "AZ998"))
    done = _run(spec)
    assert done.exit_code == 2
    assert "is no waiver: it needs a control, a last day, an owner and a reason" in done.stderr
    assert f"waiver of AZ998: is no control ({spec.with_name('prod.attestations.yaml')}:2:12)" in done.stderr
    assert done.stderr.endswith("what has these faults counts for nothing below\n")
    assert "does not hold: 1 finding in 1 control" in done.stdout
