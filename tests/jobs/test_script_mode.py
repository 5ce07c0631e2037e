"""Scripts of SageMaker's script mode and of Azure ML: the variables and folders that they find."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cloister.jobs.planning.plan import (
    Constant,
    FromReference,
    FromSnapshot,
    FromStep,
    Parallel,
    PlannedInput,
    PlannedOutput,
    PlannedStep,
)
from cloister.jobs.running.folders import StepFolder
from cloister.jobs.running.isolation import _beside
from cloister.jobs.running.known_variables import azureml_variables, run_variables
from cloister.jobs.running.preparing import as_placed
from cloister.jobs.running.script_mode import Machine, make_tree, model_output, script_mode_variables

STEP = PlannedStep(
    "train",
    "true",
    (
        PlannedInput("train", "uri_folder", FromStep("a", "b")),
        PlannedInput("labels", "uri_file", FromSnapshot("data/0")),
        PlannedInput("epochs", "integer", Constant("3")),
        PlannedInput("rate", "number", Constant("0.5")),
        PlannedInput("shuffle", "boolean", Constant("True")),
        PlannedInput("name", "string", Constant("a b")),
    ),
    (PlannedOutput("model", "custom_model"), PlannedOutput("report", "uri_file")),
    instance_count=2,
)


@pytest.fixture
def folder(tmp_path: Path) -> StepFolder:
    made = StepFolder(tmp_path / "step")
    made.clear()
    (made.making / "model").mkdir()
    return made


def places(root: Path) -> tuple[dict[str, str], dict[str, str]]:
    for name in ("train", "labels"):
        (root / name).mkdir(exist_ok=True)
    (root / "labels" / "labels.csv").write_text("yes")
    inputs = {"train": str(root / "train"), "labels": str(root / "labels" / "labels.csv")}
    literals = {"epochs": "3", "rate": "0.5", "shuffle": "True", "name": "a b"}
    making = root / "step" / "outputs.partial"
    return inputs | literals, {"model": str(making / "model"), "report": str(making / "report")}


def test_the_folders_of_script_mode_lead_to_inputs_and_outputs(folder: StepFolder, tmp_path: Path) -> None:
    make_tree(folder, STEP, *places(tmp_path))
    top = folder.temporary / "opt-ml"
    found = {str(path.relative_to(top)): path.resolve() for path in top.rglob("*") if path.is_symlink()}
    assert found == {
        "input/data/train": tmp_path / "train",
        "input/data/labels/labels.csv": tmp_path / "labels" / "labels.csv",
        "model": folder.making / "model",
        "code": folder.code,
        "checkpoints": folder.checkpoints,
    }
    config = {path.stem: json.loads(path.read_text()) for path in (top / "input" / "config").iterdir()}
    channel = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
    assert config == {
        "hyperparameters": {"epochs": "3", "rate": "0.5", "shuffle": "true", "name": "a b"},
        "inputdataconfig": {"train": channel, "labels": channel},
        "resourceconfig": {"current_host": "algo-1", "hosts": ["algo-1", "algo-2"], "network_interface_name": "lo"},
    }
    assert (top / "output" / "data").is_dir()


def test_the_variables_of_script_mode(folder: StepFolder, tmp_path: Path) -> None:
    inputs, _ = places(tmp_path)
    found = script_mode_variables(folder, STEP, inputs, Machine(4, 1))
    top = f"{folder.temporary}/opt-ml"
    typed = {"epochs": 3, "rate": 0.5, "shuffle": True, "name": "a b"}
    told = json.loads(found.pop("SM_TRAINING_ENV"))
    assert (told["hyperparameters"], told["model_dir"], told["num_cpus"]) == (typed, f"{top}/model", 4)
    parsed = ("SM_HPS", "SM_RESOURCE_CONFIG", "SM_INPUT_DATA_CONFIG")
    assert [sorted(json.loads(found.pop(name))) for name in parsed] == [
        ["epochs", "name", "rate", "shuffle"],
        ["current_host", "hosts", "network_interface_name"],
        ["labels", "train"],
    ]
    assert found == {
        "SM_MODEL_DIR": f"{top}/model",
        "SM_CHANNELS": '["labels", "train"]',
        "SM_CHANNEL_TRAIN": f"{top}/input/data/train",
        "SM_CHANNEL_LABELS": f"{top}/input/data/labels",
        "SM_HP_EPOCHS": "3",
        "SM_HP_RATE": "0.5",
        "SM_HP_SHUFFLE": "true",
        "SM_HP_NAME": "a b",
        "SM_CURRENT_HOST": "algo-1",
        "SM_HOSTS": '["algo-1", "algo-2"]',
        "SM_NUM_GPUS": "1",
        "SM_NUM_CPUS": "4",
        "SM_LOG_LEVEL": "20",
        "SM_NETWORK_INTERFACE_NAME": "lo",
        "SM_USER_ARGS": '["--epochs", "3", "--name", "a b", "--rate", "0.5", "--shuffle", "true"]',
        "SM_INPUT_DIR": f"{top}/input",
        "SM_INPUT_CONFIG_DIR": f"{top}/input/config",
        "SM_OUTPUT_DIR": f"{top}/output",
        "SM_OUTPUT_DATA_DIR": f"{top}/output/data",
        "SM_OUTPUT_INTERMEDIATE_DIR": f"{top}/output/intermediate",
    }


def test_an_address_is_no_channel_but_what_a_parallel_step_cuts_is_fetched(folder: StepFolder) -> None:
    table = PlannedInput("table", "mltable", FromReference("azureml:table:1"), mode="direct")
    step = PlannedStep("a", "true", (table,))
    found = script_mode_variables(folder, step, {"table": "azureml://datastores/d/paths/t"}, Machine(1, 0))
    assert (found["SM_CHANNELS"], "SM_CHANNEL_TABLE" in found) == ("[]", False)
    assert as_placed(step, table) == table
    parallel = replace(step, command="", parallel=Parallel("run.py", "table"))
    assert as_placed(parallel, table).mode == ""


MODELS = [
    (("out", "uri_folder"), ("model", "uri_folder"), "model"),
    (("best", "mlflow_model"), ("out", "uri_folder"), "best"),
    (("best", "mlflow_model"), ("other", "custom_model"), None),
    (("model", "uri_file"), ("out", "uri_folder"), None),
]


@pytest.mark.parametrize(("one", "two", "model"), MODELS)
def test_the_model_goes_where_it_is_plain_that_it_belongs(
    one: tuple[str, str], two: tuple[str, str], model: str | None
) -> None:
    assert model_output(PlannedStep("a", "true", outputs=(PlannedOutput(*one), PlannedOutput(*two)))) == model


def test_the_variables_of_azure_ml() -> None:
    inputs = {i.name: f"<{i.name}>" for i in STEP.inputs}
    assert azureml_variables(STEP, inputs, {"model": "<model>"}) == {
        "AZUREML_PARAMETER_epochs": "<epochs>",
        "AZUREML_PARAMETER_rate": "<rate>",
        "AZUREML_PARAMETER_shuffle": "<shuffle>",
        "AZUREML_PARAMETER_name": "<name>",
        "AZURE_ML_INPUT_train": "<train>",
        "AZURE_ML_INPUT_labels": "<labels>",
        "AZUREML_DATAREFERENCE_train": "<train>",
        "AZUREML_DATAREFERENCE_labels": "<labels>",
        "AZURE_ML_OUTPUT_model": "<model>",
    }
    assert run_variables("r1", "r0") == {"AZUREML_RUN_ID": "r1", "AZUREML_ROOT_RUN_ID": "r0"}
    assert run_variables("r1", "") == {"AZUREML_RUN_ID": "r1", "AZUREML_ROOT_RUN_ID": "r1"}
    assert run_variables("", "") == {}


def test_a_place_is_made_beside_others_where_none_of_them_is_hidden_or_a_link(tmp_path: Path) -> None:
    (tmp_path / "opt" / "tool").mkdir(parents=True)
    place = tmp_path / "opt" / "ml"
    assert _beside(place, [tmp_path / "home"]) == [tmp_path / "opt" / "tool"]
    assert _beside(place, [tmp_path / "opt" / "tool" / "secret"]) is None
    (tmp_path / "opt" / "link").symlink_to(tmp_path)
    assert _beside(place, []) is None
    assert _beside(tmp_path / "nowhere" / "ml", []) is None
