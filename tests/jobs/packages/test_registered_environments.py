"""A registered environment is resolved when a job is submitted: what is named then is what runs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cloister.cli.environment import environment
from cloister.errors import SpecError
from cloister.jobs.assets.names import WORKSPACE
from cloister.jobs.assets.records import AssetRecords
from cloister.jobs.desk.assets import AssetControl
from cloister.jobs.desk.registered_environments import with_environments
from cloister.jobs.desk.service import JobService
from cloister.jobs.planning.plan import Plan, PlannedEnvironment, PlannedStep
from cloister.jobs.records.tables import METADATA
from cloister.store import open_store

if TYPE_CHECKING:
    from tests.jobs.conftest import Guarded, Serve

CONDA = "dependencies: [python=3.11, numpy=2.1, {pip: [seaborn==0.13.2]}]\n"
# Each mapping holds the nine before it, by merging them: a megabyte of memory a letter.
BOMB = "\n".join(
    ["a0: &a0 {x: 1, y: 2}"]
    + [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 13)]
    + ["dependencies: [*a12]"]
)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[JobService]:
    engine = open_store(f"sqlite:///{tmp_path}/cloister.db")
    METADATA.create_all(engine)
    yield JobService(engine, tmp_path / "jobs")
    engine.dispose()


@pytest.fixture
def assets(service: JobService) -> AssetRecords:
    made = service.library.assets
    made.put("environments", "churn", "1", {"condaFile": CONDA, "image": "mcr.example/x"}, "ada")
    made.put("environments", "churn", "2", {"image": "mcr.example/x"}, "ada")
    made.put("environments", "plain", "1", {"pipRequirements": "# ours\nseaborn==0.13.2\n"}, "ada")
    made.put("environments", "broken", "1", {"condaFile": "dependencies: [{pip: [-e .]}]"}, "ada")
    return made


def plan(reference: str) -> Plan:
    return Plan(
        "command", "tests", (PlannedStep("train", "true", environment=PlannedEnvironment(reference=reference)),)
    )


@pytest.mark.parametrize(
    ("reference", "resolved", "notes"),
    [
        (
            "azureml:churn:1",
            PlannedEnvironment("azureml:churn:1", python="3.11", requirements=("numpy==2.1.*", "seaborn==0.13.2")),
            (),
        ),
        ("azureml:plain:1", PlannedEnvironment("azureml:plain:1", requirements=("seaborn==0.13.2",)), ()),
        (
            "azureml:churn@latest",
            PlannedEnvironment("cloister-sklearn"),
            (
                (
                    'step "train": environment azureml:churn:2 -> cloister-sklearn, '
                    "the platform's Python with MLflow, scikit-learn, pandas and skops; nothing is installed"
                ),
            ),
        ),
    ],
)
def test_references(reference: str, resolved: PlannedEnvironment, notes: tuple[str, ...], assets: AssetRecords) -> None:
    found = with_environments(plan(reference), assets)
    assert (found.steps[0].environment, found.notes) == (resolved, notes)


@pytest.mark.parametrize(
    ("reference", "thing"),
    [
        ("azureml:absent:1", 'step "train", environment'),
        ("azureml:broken:1", 'step "train", environment azureml:broken:1, package "-e ."'),
        # Another asset is no environment.
        (f"azureml:{WORKSPACE}/data/iris/versions/1", 'step "train", environment'),
    ],
)
def test_references_that_are_refused(reference: str, thing: str, assets: AssetRecords) -> None:
    with pytest.raises(SpecError) as refused:
        with_environments(plan(reference), assets)
    assert refused.value.faults[0].thing.startswith(thing)


CONDA_FILE = 'step "train", environment azureml:hostile:1, its conda file'
HOSTILE = [
    ("a bomb of merges", {"condaFile": BOMB}, CONDA_FILE, "unfolds to more than 200000 values"),
    ("nested without end", {"condaFile": "a: " + "[" * 5000}, CONDA_FILE, "is nested more than 60 levels deep"),
    ("a number without end", {"condaFile": f"dependencies: {'9' * 5000}"}, CONDA_FILE, "is no YAML: Exceeds the limit"),
    (
        "a marker that nests without end",
        {"pipRequirements": "a; " + "(" * 5000},
        f'step "train", requirement "a; {"(" * 197}"',
        "names no package of an index",
    ),
]


@pytest.mark.parametrize(("held", "thing", "reason"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_what_is_meant_for_its_reader_is_refused(
    held: dict[str, str], thing: str, reason: str, service: JobService
) -> None:
    service.library.assets.put("environments", "hostile", "1", held, "eve")
    with pytest.raises(SpecError) as refused:
        with_environments(plan("azureml:hostile:1"), service.library.assets)
    assert refused.value.faults[0].thing == thing
    assert refused.value.faults[0].reason.startswith(reason)


def test_a_conda_file_is_no_book(service: JobService) -> None:
    with pytest.raises(SpecError, match="its condaFile is longer than 65536 characters"):
        service.library.assets.put("environments", "long", "1", {"condaFile": "#" * 70_000}, "eve")


def test_environments_on_the_command_line(
    service: JobService, assets: AssetRecords, serve: "Serve", tmp_path: Path
) -> None:
    file = tmp_path / "environment.yml"
    file.write_text("name: made\nimage: mcr.example/x\nconda_file: conda.yml\n")
    (tmp_path / "conda.yml").write_text(CONDA)
    with serve(assets._engine, tmp_path, lambda guard: AssetControl(service, guard).routes()) as desk:
        variables = {"CLOISTER_URL": desk.url, "CLOISTER_TOKEN": _token(desk)}

        def cloister(*arguments: str) -> str:
            told = CliRunner().invoke(environment, list(arguments), env=variables, catch_exceptions=False)
            assert told.exit_code == 0, told.output
            return told.stdout

        made = json.loads(cloister("create", "--file", str(file), "--version", "3"))
        assert (made["name"], made["properties"]["image"]) == ("3", "mcr.example/x")
        assert json.loads(cloister("show", "--name", "made"))["name"] == "3"
        assert cloister("list") == "broken\nchurn\nmade\nplain\n"
        assert cloister("list", "--name", "churn") == "churn:2\nchurn:1\n"
        cloister("archive", "--name", "made")
        assert cloister("list") == "broken\nchurn\nplain\n"
        cloister("restore", "--name", "made")
        assert "made" in cloister("list")
    found = with_environments(plan("azureml:made:3"), assets).steps[0].environment
    assert found.requirements == ("numpy==2.1.*", "seaborn==0.13.2")


def _token(desk: "Guarded") -> str:
    return desk.token("mia")
