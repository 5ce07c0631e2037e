"""Bicep, compiled by a program that may be there or not: a stand-in for it prints what it is told to."""

from pathlib import Path

import pytest

from cloister.errors import SourceError, SpecError
from cloister.sources.reading import read

TEMPLATE = (
    '{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "resources": []}'
)


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    path = tmp_path / "main.bicep"
    path.write_text("param location string = resourceGroup().location\n")
    return path


def program(source: Path, script: str) -> None:
    folder = source.parent / "bin"
    folder.mkdir()
    (folder / "bicep").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "bicep").chmod(0o755)


def test_the_compiler_is_asked(source: Path) -> None:
    program(source, f"[ $1 = build ] && [ $3 = --stdout ] && echo '{TEMPLATE}'")
    assert read(source).name == "main"


def test_what_the_compiler_refuses_is_told(source: Path) -> None:
    program(source, "echo 'main.bicep(1,1) : Error BCP007: not valid' >&2; exit 1")
    with pytest.raises(SpecError, match=r"is refused by bicep: main.bicep\(1,1\) : Error BCP007: not valid"):
        read(source)


def test_without_a_compiler_there_is_a_mend(source: Path) -> None:
    with pytest.raises(SourceError) as caught:
        read(source)
    assert caught.value.faults[0].reason == "is Bicep, and neither bicep nor az is installed here"
    assert caught.value.faults[0].mend.startswith("run `bicep build main.bicep`")
