"""The loader over the example, and over every way of getting a job wrong. The SDK is imported once a session."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from cloister.errors import CloisterError
from cloister.jobs.planning.plan import Constant, FromStep, PlannedEnvironment
from cloister.jobs.planning.resolve import plan
from cloister.jobs.reading.load import load_job

EXAMPLE = Path(__file__).parents[2] / "examples" / "breast-cancer" / "pipeline.yml"
GOOD = """\
type: pipeline
experiment_name: churn
inputs:
  rate: 0.1
  raw:
    type: uri_folder
    path: ./data
outputs:
  model:
    type: mlflow_model
settings:
  default_compute: azureml:local
jobs:
  train:
    type: command
    code: ./src
    command: python train.py ${{inputs.rate}} ${{inputs.raw}} ${{outputs.model}}
    environment: azureml:cloister-sklearn@latest
    inputs:
      rate: ${{parent.inputs.rate}}
      raw: ${{parent.inputs.raw}}
    outputs:
      model: ${{parent.outputs.model}}
  score:
    component: ./score.yml
    inputs:
      model: ${{parent.jobs.train.outputs.model}}
"""
COMPONENT = """\
type: command
name: score
version: 1
inputs:
  model: {type: mlflow_model}
  threshold: {type: number, default: 0.5, min: 0, max: 1}
  label: {type: string, optional: true}
outputs:
  scores: {type: uri_file}
code: ./src
environment: azureml:cloister-sklearn@latest
command: python score.py ${{inputs.model}} ${{inputs.threshold}} $[[${{inputs.label}}]] ${{outputs.scores}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("src", "data"):
        (tmp_path / name).mkdir()
    (tmp_path / "src" / "train.py").touch()
    (tmp_path / "score.yml").write_text(COMPONENT)
    return tmp_path


def written(folder: Path, text: str) -> Path:
    path = folder / "pipeline.yml"
    path.write_text(text)
    return path


def faults(path: Path, overrides: dict[str, object] | None = None) -> list[str]:
    with pytest.raises(CloisterError) as caught:
        plan(load_job(path, overrides))
    return [
        f"{fault.origin.line if fault.origin else '-'} {fault.thing}: {fault.reason} | {fault.mend}".replace(
            str(path.parent), "DIR"
        )
        for fault in caught.value.faults
    ]


def test_the_example_is_planned_without_a_note() -> None:
    planned = plan(load_job(EXAMPLE))
    assert [step.name for step in planned.steps] == ["prepare", "train", "evaluate", "register"]
    assert planned.notes == ()
    assert planned.experiment_name == "breast-cancer"
    assert {i.name: i.binding for i in planned.step("register").inputs} == {
        "model": FromStep("train", "model"),
        "metrics": FromStep("evaluate", "metrics"),
        "min_accuracy": Constant("0.93"),
        "model_name": Constant("breast-cancer"),
    }


def test_a_value_can_be_set_from_outside() -> None:
    planned = plan(load_job(EXAMPLE, {"inputs.min_accuracy": 0.99, "name": "mine"}))
    assert planned.name == "mine"
    assert dict(planned.inputs)["min_accuracy"] == "0.99"
    assert {i.name: i.binding for i in planned.step("register").inputs}["min_accuracy"] == Constant("0.99")


def test_inline_steps_and_component_files_give_the_same_kind_of_step(folder: Path) -> None:
    planned = plan(load_job(written(folder, GOOD)))
    score = planned.step("score")
    assert {i.name: (i.type, i.binding) for i in score.inputs} == {
        "model": ("mlflow_model", FromStep("train", "model")),
        "threshold": ("number", Constant("0.5")),
    }
    assert [(o.name, o.type) for o in score.outputs] == [("scores", "uri_file")]
    assert [step.code for step in planned.steps] == ["code/0", "code/0"]
    assert [(o.name, o.step, o.output) for o in planned.outputs] == [("model", "train", "model")]


def test_a_single_command_is_a_job_of_one_step(folder: Path) -> None:
    text = "type: command\ncommand: echo ${{inputs.x}} ${{inputs.b}}\nenvironment: azureml:cloister-sklearn@latest\n"
    planned = plan(load_job(written(folder, text + "inputs: {x: 3, b: true}\nlimits: {timeout: 60}\n")))
    assert planned.kind == "command"
    (step,) = planned.steps
    assert (step.name, step.timeout_seconds) == ("command", 60)
    assert [i.binding for i in step.inputs] == [Constant("3"), Constant("True")]


def test_what_is_mapped_is_said(folder: Path) -> None:
    document = yaml.safe_load(GOOD)
    document["settings"] |= {"default_compute": "azureml:gpu-cluster", "force_rerun": True}
    conda = {"name": "x", "dependencies": ["python=3.10", "pytorch=2.1", "pip", {"pip": ["pandas==2.2.3"]}]}
    document["jobs"]["train"] |= {
        "environment": {"image": "mcr.microsoft.com/azureml/base", "conda_file": conda},
        "compute": "azureml:cpu-cluster",
        "resources": {"instance_type": "Standard_DS3_v2", "instance_count": 1, "shm_size": "2g"},
        "identity": {"type": "managed"},
    }
    document["jobs"]["score"]["comment"] = "slow"
    planned = plan(load_job(written(folder, yaml.safe_dump(document, sort_keys=False))))
    assert planned.notes == (
        'step "train": identity: each step runs as a short-lived identity of its own, not as the one named here',
        'step "train": resources.shm_size: each step has 2 GiB of shared memory',
        'step "train": resources.instance_type Standard_DS3_v2: the compute decides the size of the machine',
        'step "train": conda package pip: the platform installs with a pip of its own',
        (
            'step "train": image mcr.microsoft.com/azureml/base: not used; the packages of the conda file are installed'
            " by themselves"
        ),
        'step "score": comment: for the reader only',
    )
    assert planned.force_rerun
    train, score = planned.steps
    assert (train.compute, score.compute) == ("cpu-cluster", "gpu-cluster")
    assert train.environment == PlannedEnvironment("", python="3.10", requirements=("torch==2.1.*", "pandas==2.2.3"))


def test_a_setting_that_azure_ml_drops_is_dropped_and_said(folder: Path) -> None:
    planned = plan(load_job(written(folder, edited("default_compute", "default_computer"))))
    assert planned.notes == (
        'settings.default_computer: Azure ML knows no such key and drops it; did you mean "default_compute"?',
    )


def edited(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


_START = "start from an Azure ML v2 job: type: pipeline, jobs: ..."
BAD: list[tuple[str, str, list[str]]] = [
    (
        "a typo in a key of the pipeline",
        edited("experiment_name", "experiment_nam"),
        ['2 key "experiment_nam": is no key of an Azure ML v2 document | did you mean "experiment_name"?'],
    ),
    (
        "a typo in a key of a step, told with what is missing for it",
        edited("    command: python", "    comand: python"),
        [
            '17 key "jobs.train.comand": is no key of an Azure ML v2 document | did you mean "command"?',
            '14 step "train": has no command | add the key "command"',
        ],
    ),
    (
        "a code folder that is not there",
        edited("./src", "./scr"),
        ['16 step "train": its code "./scr" does not exist | correct the path, relative to the file'],
    ),
    (
        "code in a repository",
        edited("./src", "git+https://example.org/x"),
        [
            (
                '16 step "train": takes its code from "git+https://example.org/x", which is not on this machine'
                " | a closed network has no such address: copy the code into a folder, and give its path"
            )
        ],
    ),
    (
        "data that is not there",
        edited("./data", "./dta"),
        ['5 input "raw": there is no folder "./dta" | correct the path, relative to the file'],
    ),
    (
        "a component file that is not there",
        edited("./score.yml", "./scor.yml"),
        ['25 step "score": its component file "./scor.yml" does not exist | correct the path'],
    ),
    (
        "a registered component",
        edited("./score.yml", "azureml:score:1"),
        [
            (
                '24 step "score": component azureml:score:1 is not registered here'
                " | register it, or name a folder of component files: --components FOLDER"
            )
        ],
    ),
    (
        "a step that is not there",
        edited("jobs.train.outputs", "jobs.trian.outputs"),
        ['27 step "score", input "model": there is no step "trian" | did you mean "train"?'],
    ),
    (
        "an input of the pipeline that is not there",
        edited("parent.inputs.rate", "parent.inputs.rte"),
        ['20 step "train", input "rate": the pipeline has no input "rte" | did you mean "rate"?'],
    ),
    (
        "a required input that is not given",
        edited("      model: ${{parent.jobs.train.outputs.model}}", "      threshold: 0.7"),
        ['24 step "score", input "model": is required and not given | add "model" to the inputs of step "score"'],
    ),
    (
        "inputs and outputs that the component does not have",
        GOOD + "      treshold: 0.3\n    outputs:\n      score: {type: uri_file}\n",
        [
            '28 step "score", input "treshold": the component has no such input | did you mean "threshold"?',
            '30 step "score", output "score": the component has no such output | did you mean "scores"?',
        ],
    ),
    (
        "a value out of the bounds that its component gives",
        GOOD + "      threshold: 7\n",
        ['28 step "score", input "threshold": 7 is out of its bounds | give 0.0 to 1.0'],
    ),
    (
        "a cycle",
        edited("      raw: ${{parent.inputs.raw}}", "      raw: ${{parent.jobs.score.outputs.scores}}"),
        [
            (
                '14 pipeline "DIR/pipeline.yml": the steps wait for each other in a circle: train -> score -> train'
                " | remove one of the inputs that close the circle"
            )
        ],
    ),
    (
        "no steps",
        "type: pipeline\njobs: {}\n",
        ["2 jobs: the pipeline has no steps | write at least one step under jobs"],
    ),
    ("an empty file", "", [f"- DIR/pipeline.yml: is empty | {_START}"]),
    ("a list", "- a\n", [f"- DIR/pipeline.yml: holds no mapping of keys to values | {_START}"]),
    (
        "no YAML",
        "a: [b",
        ["1 DIR/pipeline.yml: is no YAML: expected ',' or ']', but got '<stream end>' | mend the syntax"],
    ),
]


@pytest.mark.parametrize(("text", "told"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_what_is_wrong_is_told_with_line_and_mend(folder: Path, text: str, told: list[str]) -> None:
    assert faults(written(folder, text)) == told


@pytest.mark.parametrize(
    ("kind", "mend"),
    [
        ("automl", "use a command step that trains the candidates and logs them to MLflow, or a sweep"),
        ("import", "use a command step that reads the source, with its output as uri_folder"),
        ("if_else", "decide inside a command step, and let it exit with an error to stop the pipeline"),
        ("parallel_for", "write one command step for each value, or use a parallel step"),
    ],
)
def test_kinds_of_steps_that_do_not_run_are_refused_by_name(folder: Path, kind: str, mend: str) -> None:
    text = edited("    type: command", f"    type: {kind}")
    assert faults(written(folder, text)) == [f'15 step "train": Cloister does not run {kind} jobs | {mend}']


def test_a_job_of_an_unknown_type_is_told_the_nearest(folder: Path) -> None:
    assert faults(written(folder, "type: pipelin\n")) == [
        '1 type: there is no type "pipelin" here | did you mean "pipeline"?'
    ]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert faults(tmp_path / "job.yml") == ["- DIR/job.yml: there is no such file | give the path of a YAML file"]


SETTINGS = [
    (
        "a slip in a name of the author's",
        "inputs.rte",
        '- --set inputs.rte: the job has no such key | did you mean "inputs.rate"?',
    ),
    (
        "a slip in a key of Azure's, as if it were written",
        "jobs.train.resorces",
        '14 key "jobs.train.resorces": is no key of an Azure ML v2 document | did you mean "resources"?',
    ),
    (
        "below a value that is no mapping",
        "inputs.rate.path",
        (
            '- --set inputs.rate.path: "inputs.rate" is "0.1", which holds no keys'
            " | set it as a whole: --set inputs.rate=VALUE"
        ),
    ),
    (
        "in a list",
        "jobs.train.tags[0]",
        "- --set jobs.train.tags[0]: names a place in a list | set the whole list: --set KEY='[a, b]'",
    ),
]


@pytest.mark.parametrize(("key", "told"), [row[1:] for row in SETTINGS], ids=[row[0] for row in SETTINGS])
def test_setting_what_cannot_be_is_refused(folder: Path, key: str, told: str) -> None:
    assert faults(written(folder, GOOD), {key: 1}) == [told]


def test_what_is_not_written_yet_is_set(folder: Path) -> None:
    values = {"settings.force_rerun": True, "jobs.train.resources.instance_count": 2, "tags.team": "churn"}
    loaded = load_job(written(folder, GOOD), values)
    assert (loaded.force_rerun, dict(loaded.tags)["team"]) == (True, "churn")


def test_a_limit_that_is_no_number_is_told(folder: Path) -> None:
    text = edited("    code: ./src", "    limits: {timeout: soon}\n    code: ./src")
    assert faults(written(folder, text)) == ['16 step "train": limits.timeout is "soon" | give a whole number']


def test_what_the_sdk_refuses_is_told_in_its_words_with_our_line(folder: Path) -> None:
    text = edited("    code: ./src", "    identity: {type: nobody}\n    code: ./src")
    told = faults(written(folder, text))
    assert {fault.partition(":")[0] for fault in told} == {"16 jobs.train.identity", "16 jobs.train.identity.type"}


def test_loading_opens_no_connection(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("the loader opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    load_job(written(folder, GOOD))


def test_planning_and_the_service_load_neither_sdk_nor_engine() -> None:
    modules = "cloister.jobs.desk.service, cloister.jobs.planning.resolve"
    code = f"import sys, {modules}; print({{'azure', 'dbos', 'mlflow'}} & {{*sys.modules}})"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told == "set()\n"
