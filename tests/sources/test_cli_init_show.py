"""`cloister init` and `cloister show` as a person uses them: what they write, what they refuse, and how they leave."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cloister.sources.blueprints import BLUEPRINTS, SCHEMA_PATH, blueprint_text, starter_text
from cloister.sources.reading import read, read_anywhere
from cloister.sources.written import parse


def cloister(folder: Path, *words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of the real command in `folder`."""
    done = subprocess.run(
        [sys.executable, "-m", "cloister", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "NO_COLOR": "1"},
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_init_writes_a_document_that_reads(tmp_path: Path, name: str) -> None:
    assert cloister(tmp_path, "init", name) == (0, "", "wrote cloister.yaml; next: cloister check cloister.yaml\n")
    written = (tmp_path / "cloister.yaml").read_text(encoding="utf-8")
    line, _, body = written.partition("\n")
    assert line == f"# yaml-language-server: $schema={SCHEMA_PATH}"
    assert body == starter_text(name).partition("\n")[2]
    assert read_anywhere(tmp_path / "cloister.yaml").name
    assert list(tmp_path.iterdir()) == [tmp_path / "cloister.yaml"], "nothing half-written is left behind"


def test_init_expanded_writes_the_blueprint_itself(tmp_path: Path) -> None:
    code, _, _ = cloister(tmp_path, "init", "azure-hub-spoke", "--expanded", "--file", "whole.yaml")
    written = (tmp_path / "whole.yaml").read_text(encoding="utf-8")
    assert (code, written.partition("\n")[2]) == (0, blueprint_text("azure-hub-spoke").partition("\n")[2])


def test_init_keeps_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "cloister.yaml").write_text("mine\n", encoding="utf-8")
    assert cloister(tmp_path, "init", "azure-hub-spoke") == (
        2,
        "",
        (
            "cloister.yaml: is there already\n"
            "  mend: write to another file with --file, or overwrite this one with --force\n"
        ),
    )
    assert (tmp_path / "cloister.yaml").read_text(encoding="utf-8") == "mine\n"
    assert cloister(tmp_path, "init", "azure-hub-spoke", "--force")[0] == 0
    assert read(tmp_path / "cloister.yaml").name == "hub-spoke"


def test_init_of_nothing_known(tmp_path: Path) -> None:
    assert cloister(tmp_path, "init", "azure-hub") == (
        2,
        "",
        'blueprint "azure-hub": there is no blueprint of that name\n  mend: write azure-hub-spoke\n',
    )
    assert list(tmp_path.iterdir()) == []


def test_init_into_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    assert cloister(tmp_path, "init", "azure-hub-spoke", "--file", "taken/cloister.yaml") == (
        2,
        "",
        (
            'file "taken/cloister.yaml": it cannot be written: File exists\n'
            "  mend: choose a place with room that you may write to\n"
        ),
    )


def test_init_lists(tmp_path: Path) -> None:
    code, told, _ = cloister(tmp_path, "init", "--list")
    assert code == 0
    assert [line.split(maxsplit=1) for line in told.splitlines()] == [list(row) for row in BLUEPRINTS.items()]
    assert list(tmp_path.iterdir()) == []


def test_init_without_a_blueprint_says_which_there_are(tmp_path: Path) -> None:
    code, _, told = cloister(tmp_path, "init")
    assert code == 2
    assert " ".join(told.split()).endswith("Name a blueprint: " + ", ".join(BLUEPRINTS))


def test_show_prints_what_reads_back(tmp_path: Path) -> None:
    cloister(tmp_path, "init", "azure-hub-spoke")
    code, first, told = cloister(tmp_path, "show")
    assert (code, told) == (0, "")
    (tmp_path / "expanded.yaml").write_text(first, encoding="utf-8")
    assert cloister(tmp_path, "show", "expanded.yaml") == (0, first, "")
    code, as_json, _ = cloister(tmp_path, "show", "--format", "json")
    assert (code, json.loads(as_json)) == (0, parse(first, "expanded.yaml").plain())


def test_show_tells_faults_on_stderr_and_leaves_with_2(tmp_path: Path) -> None:
    (tmp_path / "cloister.yaml").write_text("version: 1\nblueprint: azure-hub-spoke\nregoin: x\n", encoding="utf-8")
    assert cloister(tmp_path, "show") == (
        2,
        "",
        'the environment: does not know the key "regoin" (cloister.yaml:3:1)\n  mend: write region\n',
    )


def test_show_of_nothing(tmp_path: Path) -> None:
    assert cloister(tmp_path, "show") == (
        2,
        "",
        (
            "cloister.yaml: there is no such file\n"
            "  mend: write one with `cloister init azure-hub-spoke`, or name another file\n"
        ),
    )


def test_show_of_no_plan_says_how_one_is_written(tmp_path: Path) -> None:
    mend = "  mend: write a plan with `cloister plan FOLDER --output FILE`, or name another file\n"
    assert cloister(tmp_path, "show", "plan.json") == (2, "", f"plan.json: there is no such file\n{mend}")


def test_show_lists_what_the_file_does_not_tell(tmp_path: Path) -> None:
    vpc = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": {"Ref": "Cidr"}}}
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": {"Cidr": {"Type": "String"}},
        "Resources": {"Vpc": vpc},
    }
    (tmp_path / "stack.json").write_text(json.dumps(template), encoding="utf-8")
    code, shown, told = cloister(tmp_path, "show", "stack.json")
    assert (code, "cidr_blocks" in shown) == (0, False)
    why = "parameter Cidr has no default, and no value was given"
    assert told == f"left out: vpcs.Vpc.cidr_blocks, which {why} (stack.json: Vpc.CidrBlock)\n"
