"""Inputs, outputs and environments as they are written: what each is bound to, and what is no value at all."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from cloister.errors import CloisterError
from cloister.jobs.planning.plan import (
    Constant,
    FromReference,
    FromSnapshot,
    FromStep,
    Plan,
    PlannedEnvironment,
    PlannedInput,
    PlannedOutput,
    PublishedOutput,
)
from cloister.jobs.planning.resolve import plan
from cloister.jobs.reading.load import load_job

HERE = "azureml:cloister-sklearn@latest"
COMMAND: dict[str, Any] = {"type": "command", "command": "train", "environment": HERE}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "one.csv").touch()
    (tmp_path / "env.yml").write_text("name: ours\nimage: python\nconda_file: ./conda.yml\n")
    (tmp_path / "conda.yml").write_text("dependencies: [python=3.11, pandas]\n")
    (tmp_path / "bare.yml").write_text("dependencies: [python=3.9]\n")
    (tmp_path / "broken.yml").write_text("a: [b")
    return tmp_path


def planned(folder: Path, document: dict[str, Any], *, dry_run: bool = False) -> Plan:
    path = folder / "job.yml"
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return plan(load_job(path), dry_run=dry_run)


def faults(folder: Path, document: dict[str, Any]) -> list[str]:
    with pytest.raises(CloisterError) as caught:
        planned(folder, document)
    told = [f"{fault.thing}: {fault.reason} | {fault.mend}" for fault in caught.value.faults]
    return [text.replace(str(folder), "DIR") for text in told]


def pipeline(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - any YAML
    """A pipeline of two steps; `first` and `second` say what is in them besides a command."""
    first, second = more.pop("first", {}), more.pop("second", {})
    steps = {"a": COMMAND | {"outputs": {"o": {"type": "uri_folder"}}} | first, "b": COMMAND | second}
    return (
        {"type": "pipeline", "inputs": {"n": 3, "word": "x"}, "outputs": {"best": {"type": "uri_file"}}}
        | more
        | {"jobs": steps}
    )


INPUTS: list[tuple[str, Any, PlannedInput]] = [
    ("a number", 0.5, PlannedInput("i", "number", Constant("0.5"))),
    ("a whole number", 7, PlannedInput("i", "integer", Constant("7"))),
    ("yes or no", True, PlannedInput("i", "boolean", Constant("True"))),
    ("a text", "x y", PlannedInput("i", "string", Constant("x y"))),
    ("a literal of the pipeline", "${{parent.inputs.n}}", PlannedInput("i", "integer", Constant("3"))),
    (
        "a literal within a text",
        "run-${{parent.inputs.n}}",
        PlannedInput("i", "string", Constant("run-3")),
    ),
    ("an output", "${{parent.jobs.a.outputs.o}}", PlannedInput("i", "uri_folder", FromStep("a", "o"))),
    (
        "an output, with how it is mounted",
        {"type": "uri_folder", "path": "${{parent.jobs.a.outputs.o}}", "mode": "download"},
        PlannedInput("i", "uri_folder", FromStep("a", "o"), "download"),
    ),
    (
        "a file",
        {"type": "uri_file", "path": "./one.csv", "mode": "ro_mount"},
        PlannedInput("i", "uri_file", FromSnapshot("data/b__i/one.csv"), "ro_mount"),
    ),
    (
        "a file by its scheme",
        {"type": "uri_file", "path": "file:./one.csv"},
        PlannedInput("i", "uri_file", FromSnapshot("data/b__i/one.csv")),
    ),
    ("a folder, by default", {"path": "./data"}, PlannedInput("i", "uri_folder", FromSnapshot("data/b__i"))),
    (
        "a model of one file",
        {"type": "custom_model", "path": "./one.csv"},
        PlannedInput("i", "custom_model", FromSnapshot("data/b__i/one.csv")),
    ),
    (
        "an asset",
        {"type": "mltable", "path": "azureml:rows@latest"},
        PlannedInput("i", "mltable", FromReference("azureml:rows@latest")),
    ),
    (
        "a path in the default datastore",
        {"type": "uri_file", "path": "azureml://datastores/${{default_datastore}}/paths/${{name}}/x"},
        PlannedInput("i", "uri_file", FromReference("azureml://datastores/workspaceblobstore/paths/${{name}}/x")),
    ),
    (
        "an address",
        {"type": "uri_file", "path": "https://example.org/x.csv"},
        PlannedInput("i", "uri_file", FromReference("https://example.org/x.csv")),
    ),
]


@pytest.mark.parametrize(("written", "read"), [row[1:] for row in INPUTS], ids=[row[0] for row in INPUTS])
def test_an_input_is_bound_to_what_is_written(folder: Path, written: object, read: PlannedInput) -> None:
    assert planned(folder, pipeline(second={"inputs": {"i": written}})).step("b").inputs == (read,)


def test_data_that_is_not_there_is_a_note_of_a_dry_run(folder: Path) -> None:
    document = COMMAND | {"inputs": {"i": {"type": "uri_file", "path": "./two.csv"}, "j": {"type": "uri_folder"}}}
    assert planned(folder, document, dry_run=True).notes == (
        'step "command", input "i": there is no file "./two.csv"; the plan can be looked at, not submitted',
        'step "command", input "j": has no path; the plan can be looked at, not submitted',
    )
    assert faults(folder, document) == [
        'step "command", input "i": there is no file "./two.csv" | correct the path, relative to the file',
        'step "command", input "j": has no path | give the path of the data: --set inputs.NAME.path=PATH',
    ]


OUTPUTS: list[tuple[str, Any, PlannedOutput]] = [
    ("nothing said", None, PlannedOutput("o", "uri_folder")),
    ("the pipeline's output, and its type", "${{parent.outputs.best}}", PlannedOutput("o", "uri_file", "upload")),
    (
        "the pipeline's output by its path, and the mode of the step where the pipeline has none",
        {"path": "${{parent.outputs.best}}", "type": "uri_file", "mode": "rw_mount"},
        PlannedOutput("o", "uri_file", "upload"),
    ),
    (
        "a path in a datastore, and an asset",
        {
            "type": "mltable",
            "mode": "upload",
            "path": "azureml://datastores/${{default_datastore}}/paths/x",
            "name": "rows",
            "version": 3,
        },
        PlannedOutput("o", "mltable", "upload", "azureml://datastores/lake/paths/x", "rows", "3"),
    ),
]


@pytest.mark.parametrize(("written", "read"), [row[1:] for row in OUTPUTS], ids=[row[0] for row in OUTPUTS])
def test_an_output_goes_where_is_written(folder: Path, written: object, read: PlannedOutput) -> None:
    document = pipeline(
        first={"outputs": {"o": written}},
        outputs={"best": {"type": "uri_file", "mode": "upload"}},
        settings={"default_datastore": "azureml:lake"},
    )
    made = planned(folder, document)
    assert made.step("a").outputs == (read,)
    bound = "best" in str(written)
    assert made.outputs == ((PublishedOutput("best", "a", "o"),) if bound else ())
    assert made.notes == (() if bound else ('output "best": no step makes it',))


ENVIRONMENTS: list[tuple[str, Any, PlannedEnvironment, list[str]]] = [
    ("a curated one", HERE, PlannedEnvironment("cloister-sklearn"), []),
    ("a registered one", "azureml:ours:3", PlannedEnvironment(reference="azureml:ours:3"), []),
    (
        "a registered one, in parts",
        {"name": "ours", "version": 3},
        PlannedEnvironment(reference="azureml:ours:3"),
        [],
    ),
    ("the newest of a registered one", {"name": "ours"}, PlannedEnvironment(reference="azureml:ours@latest"), []),
    (
        "a file of its own, with the packages of a conda file",
        "file:./env.yml",
        PlannedEnvironment("ours", python="3.11", requirements=("pandas",)),
        ["image python: not used; the packages of the conda file are installed by themselves"],
    ),
    (
        "a conda file with nothing but Python",
        {"image": "x", "conda_file": "./bare.yml"},
        PlannedEnvironment("cloister-sklearn", python="3.9"),
        ["image x: not used; the packages of the conda file are installed by themselves"],
    ),
    (
        "an image",
        {"image": "python"},
        PlannedEnvironment("cloister-sklearn"),
        [
            (
                "environment image python -> cloister-sklearn, the platform's Python with MLflow, scikit-learn, pandas"
                " and skops; nothing is installed"
            )
        ],
    ),
    (
        "a Dockerfile",
        {"build": {"path": "./data"}},
        PlannedEnvironment("cloister-sklearn"),
        [
            (
                "environment build of ./data -> cloister-sklearn, the platform's Python with MLflow, scikit-learn,"
                " pandas and skops; nothing is installed"
            )
        ],
    ),
    (
        "one that Microsoft publishes",
        "azureml://registries/azureml/environments/sklearn-1.1/labels/latest",
        PlannedEnvironment("cloister-sklearn"),
        [
            (
                "environment azureml://registries/azureml/environments/sklearn-1.1/labels/latest -> cloister-sklearn,"
                " the platform's Python with MLflow, scikit-learn, pandas and skops; scikit-learn of the version that"
                " the platform has"
            )
        ],
    ),
    (
        "one whose versions are here",
        "azureml:AzureML-sklearn-1.5:12",
        PlannedEnvironment("cloister-sklearn-1.5"),
        [
            (
                "environment azureml:AzureML-sklearn-1.5:12 -> cloister-sklearn-1.5, scikit-learn 1.5 with pandas 1.5"
                " and MLflow's client, as in the environment of that name on Azure; the versions that Azure's has, as"
                " far as Python 3.11 goes with them"
            )
        ],
    ),
]


@pytest.mark.parametrize(
    ("written", "read", "notes"), [row[1:] for row in ENVIRONMENTS], ids=[row[0] for row in ENVIRONMENTS]
)
def test_an_environment_is_one_that_is_here_or_can_be_built(
    folder: Path, written: object, read: PlannedEnvironment, notes: list[str]
) -> None:
    made = planned(folder, COMMAND | {"environment": written})
    assert made.steps[0].environment == read
    assert list(made.notes) == [f'step "command": {note}' for note in notes]


BAD: list[tuple[str, dict[str, Any], list[str]]] = [
    (
        "an expression that is none",
        pipeline(second={"inputs": {"i": "${{parent.input.n}}"}}),
        [
            (
                'step "b", input "i": holds an expression that cannot be used: "parent.input.n" is neither inputs.NAME,'
                " outputs.NAME, parent.inputs.NAME nor parent.jobs.STEP.outputs.NAME"
                " | use ${{parent.inputs.NAME}} or ${{parent.jobs.STEP.outputs.NAME}}"
            )
        ],
    ),
    (
        "an input of the step itself",
        pipeline(second={"inputs": {"i": "${{inputs.j}}"}}),
        [
            (
                'step "b", input "i": refers to the step itself, where there is nothing to take'
                " | use ${{parent.inputs.NAME}} or ${{parent.jobs.STEP.outputs.NAME}}"
            )
        ],
    ),
    (
        "an output within a text",
        pipeline(second={"inputs": {"i": "--in ${{parent.jobs.a.outputs.o}}"}}),
        [
            (
                'step "b", input "i": "parent.jobs.a.outputs.o" stands in the middle of a text, and is no literal of'
                " the pipeline | bind the whole value, or write the text out"
            )
        ],
    ),
    (
        "data of an unknown type",
        pipeline(second={"inputs": {"i": {"type": "table", "path": "./data"}}}),
        [
            (
                'step "b", input "i": Cloister does not read data of type "table"'
                " | use one of custom_model, mlflow_model, mltable, triton_model, uri_file, uri_folder"
            )
        ],
    ),
    (
        "an output of an unknown type",
        pipeline(first={"outputs": {"o": {"type": "string"}}}),
        [
            (
                'step "a", output "o": Cloister does not store outputs of type "string"'
                " | use one of custom_model, mlflow_model, mltable, triton_model, uri_file, uri_folder"
            )
        ],
    ),
    (
        "outputs bound to what is none of the pipeline's",
        pipeline(
            first={"outputs": {"o": "here", "p": "${{parent.outputs.bst}}", "q": "${{outputs.o}}", "r": "${{x}}"}}
        ),
        [
            'step "a", output "o": can be bound to an output of the pipeline only | use ${{parent.outputs.NAME}}',
            'step "a", output "p": the pipeline has no output "bst" | did you mean "best"?',
            'step "a", output "q": can be bound to an output of the pipeline only | use ${{parent.outputs.NAME}}',
            (
                'step "a", output "r": holds an expression that cannot be used: "x" is neither inputs.NAME,'
                " outputs.NAME, parent.inputs.NAME nor parent.jobs.STEP.outputs.NAME | use ${{parent.outputs.NAME}}"
            ),
        ],
    ),
    (
        "a version of an asset without its name",
        pipeline(first={"outputs": {"o": {"type": "uri_folder", "version": 3}}}),
        ['step "a", output "o": has a version and no name | name the asset that it becomes'],
    ),
    (
        "a compute that a step makes",
        pipeline(second={"compute": "${{parent.jobs.a.outputs.o}}"}),
        ['step "b": its compute is no literal | give the name of a compute'],
    ),
    (
        "a distribution that nobody knows",
        COMMAND | {"distribution": {"type": "gloo"}},
        [('step "command": there is no distribution of type "gloo" | use one of pytorch, mpi, tensorflow, ray')],
    ),
    (
        "an environment that is nowhere",
        COMMAND | {"environment": "sklearn"},
        ['step "command": there is no environment "sklearn" | write azureml:NAME:VERSION, or the path of its file'],
    ),
    (
        "an environment that says nothing",
        COMMAND | {"environment": {"description": "x"}},
        [
            (
                'step "command": its environment says nothing of what is in it'
                " | give image and conda_file, or write environment: azureml:NAME:VERSION"
            )
        ],
    ),
    (
        "files of environments that are no YAML",
        pipeline(
            first={"environment": "./broken.yml"}, second={"environment": {"image": "x", "conda_file": "broken.yml"}}
        ),
        ["DIR/broken.yml: is no YAML: expected ',' or ']', but got '<stream end>' | mend the syntax"],
    ),
    (
        "no environment",
        {"type": "command", "command": "train"},
        ['step "command": has no environment | add the key "environment": azureml:cloister-sklearn@latest'],
    ),
]


@pytest.mark.parametrize(("document", "told"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_what_is_no_value_is_told_with_the_mend(folder: Path, document: dict[str, Any], told: list[str]) -> None:
    assert faults(folder, document) == told
