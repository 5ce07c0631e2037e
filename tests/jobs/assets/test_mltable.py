"""What an MLTable file says of where its data lies."""

import pytest

from cloister.errors import SpecError
from cloister.jobs.assets.mltable import referenced

BESIDE = {"MLTable", "a.csv", "in/b.csv"}
FINE = [
    ("paths: [{file: ./a.csv}, {folder: ./in}, {pattern: in/*.csv}]", ()),
    (
        "paths: [{file: azureml://datastores/d/paths/x}, {file: 'https://h/x.csv'}]",
        ("azureml://datastores/d/paths/x", "https://h/x.csv"),
    ),
    ("paths: [{folder: ./}]", ()),
]
WRONG = [
    ("paths: [{file: ../../etc/passwd}]", 'MLTable: file: "../../etc/passwd" leads out of its folder'),
    ("paths: [{file: c.csv}]", 'MLTable: file: there is no "c.csv" in its folder'),
    ("paths: [{pattern: '*.txt'}]", 'MLTable: pattern: there is no "*.txt" in its folder'),
    ("paths: []", "MLTable: has no list of paths"),
    ("[", "MLTable: is no YAML"),
    ("paths: [{table: x}]", "MLTable: paths: {'table': 'x'} is no path"),
    ("paths: [{file: 'file:///etc/passwd'}]", "is no place where data can lie"),
]


@pytest.mark.parametrize(("text", "outside"), FINE)
def test_paths_that_lead_to_data_are_taken(text: str, outside: tuple[str, ...]) -> None:
    assert referenced(text, BESIDE) == outside


@pytest.mark.parametrize(("text", "reason"), WRONG)
def test_paths_that_lead_elsewhere_are_refused(text: str, reason: str) -> None:
    with pytest.raises(SpecError) as refused:
        referenced(text, BESIDE)
    assert reason in str(refused.value)
