"""Command, sweep, parallel and Spark steps: what of their YAML becomes which field of the plan."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from cloister.errors import CloisterError
from cloister.jobs.planning.plan import (
    Constant,
    Dimension,
    Distribution,
    EarlyTermination,
    FromReference,
    FromSearch,
    Parallel,
    Plan,
    PlannedEnvironment,
    PlannedOutput,
    Sweep,
)
from cloister.jobs.planning.resolve import members, plan
from cloister.jobs.reading.load import load_job

HERE = "azureml:cloister-sklearn@latest"
COMMAND: dict[str, Any] = {"type": "command", "command": "train", "environment": HERE}
SWEEP: dict[str, Any] = {
    "type": "sweep",
    "trial": {"command": "train --rate ${{search_space.rate}} --k ${{inputs.k}}", "environment": HERE},
    "inputs": {"k": 3},
    "search_space": {
        "rate": {"type": "uniform", "min_value": 0.1, "max_value": 1},
        "kernel": {"type": "choice", "values": ["rbf", "linear"]},
    },
    "objective": {"goal": "minimize", "primary_metric": "loss"},
    "sampling_algorithm": {"type": "random", "seed": 7, "rule": "sobol"},
    "limits": {"max_total_trials": 20, "max_concurrent_trials": 5, "timeout": 7200, "trial_timeout": 60},
    "early_termination": {"type": "bandit", "slack_factor": 0.2, "evaluation_interval": 2},
}
PARALLEL: dict[str, Any] = {
    "type": "parallel",
    "inputs": {"rows": {"type": "mltable", "path": "azureml:rows:1", "mode": "direct"}, "col": "price"},
    "outputs": {"scores": {"type": "uri_file"}},
    "input_data": "${{inputs.rows}}",
    "mini_batch_size": "10kb",
    "resources": {"instance_count": 2},
    "max_concurrency_per_instance": 3,
    "error_threshold": 5,
    "mini_batch_error_threshold": 4,
    "logging_level": "DEBUG",
    "retry_settings": {"max_retries": 1, "timeout": 30},
    "environment_variables": {"A": "1"},
    "task": {
        "type": "run_function",
        "code": "./src",
        "entry_script": "score.py",
        "environment": HERE,
        "program_arguments": "--col ${{inputs.col}}",
        "append_row_to": "${{outputs.scores}}",
    },
}
SPARK: dict[str, Any] = {
    "type": "spark",
    "code": "./src",
    "entry": {"file": "main.py"},
    "conf": {
        "spark.driver.cores": 1,
        "spark.driver.memory": "2g",
        "spark.executor.cores": 2,
        "spark.executor.memory": "2g",
        "spark.executor.instances": 2,
    },
    "py_files": ["lib.zip"],
    "jars": ["a.jar", "b.jar"],
    "inputs": {"raw": {"type": "uri_file", "path": "wasbs://c@a.blob.core.windows.net/x.csv", "mode": "direct"}},
    "args": "--raw ${{inputs.raw}}",
    "resources": {"instance_type": "standard_e4s_v3", "runtime_version": "3.4"},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("src", "shared", "data"):
        (tmp_path / name).mkdir()
    return tmp_path


def planned(folder: Path, document: dict[str, Any]) -> Plan:
    path = folder / "job.yml"
    path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))
    return plan(load_job(path))


def faults(folder: Path, document: dict[str, Any]) -> list[str]:
    with pytest.raises(CloisterError) as caught:
        planned(folder, document)
    return [f"{fault.thing}: {fault.reason} | {fault.mend}" for fault in caught.value.faults]


def test_a_command_says_where_and_how_it_runs(folder: Path) -> None:
    made = planned(
        folder,
        COMMAND
        | {
            "compute": "azureml:gpu",
            "resources": {"instance_count": 2, "instance_type": "Standard_NC6"},
            "queue_settings": {"job_tier": "spot"},
            "distribution": {"type": "pytorch", "process_count_per_instance": 4},
            "limits": {"timeout": 60},
            "environment_variables": {"B": 2, "A": True},
            "services": {"lab": {"type": "jupyter_lab"}},
            "outputs": {"model": {"type": "mlflow_model", "mode": "upload", "name": "churn", "version": "3"}},
        },
    )
    (step,) = made.steps
    assert (step.compute, step.instance_count, step.low_priority, step.timeout_seconds) == ("gpu", 2, True, 60)
    assert step.distribution == Distribution("pytorch", 4)
    assert step.environment_variables == (("A", "True"), ("B", "2"))
    assert step.outputs == (PlannedOutput("model", "mlflow_model", "upload", "", "churn", "3"),)
    assert made.notes == (
        (
            "services: an interactive service (notebook, editor, ssh, board) is not started; follow the step with"
            " cloister job stream"
        ),
        'step "command": resources.instance_type Standard_NC6: the compute decides the size of the machine',
    )


def test_a_tier_that_is_not_taken_away_is_said(folder: Path) -> None:
    made = planned(folder, COMMAND | {"queue_settings": {"job_tier": "premium", "priority": "high"}})
    assert not made.steps[0].low_priority
    assert made.notes == (
        'step "command": queue_settings.priority: steps wait in the order in which they were submitted',
        'step "command": queue_settings.job_tier premium: a machine of the compute\'s own',
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({"type": "mpi", "process_count_per_instance": 2}, Distribution("mpi", 2)),
        ({"type": "tensorflow", "worker_count": 2, "parameter_server_count": 1}, Distribution("tensorflow", 1, 2, 1)),
        ({"type": "PyTorch"}, Distribution("pytorch", 1)),
        ({"type": "ray"}, Distribution("ray", 1)),
    ],
)
def test_distributions_of_every_type(folder: Path, written: dict[str, Any], read: Distribution) -> None:
    assert planned(folder, COMMAND | {"distribution": written}).steps[0].distribution == read


def test_a_sweep_tries_a_command(folder: Path) -> None:
    made = planned(folder, SWEEP)
    (step,) = made.steps
    assert made.kind == "sweep"
    assert step.command == "train --rate ${{inputs.rate}} --k ${{inputs.k}}"
    assert {i.name: (i.type, i.binding) for i in step.inputs} == {
        "k": ("integer", Constant("3")),
        "rate": ("number", FromSearch("rate")),
        "kernel": ("string", FromSearch("kernel")),
    }
    assert step.timeout_seconds == 60
    assert step.sweep == Sweep(
        algorithm="random",
        metric="loss",
        goal="minimize",
        space=(
            Dimension("rate", "uniform", min_value=0.1, max_value=1.0),
            Dimension("kernel", "choice", values=("rbf", "linear")),
        ),
        max_total_trials=20,
        max_concurrent_trials=5,
        timeout_seconds=7200,
        seed=7,
        rule="sobol",
        early_termination=EarlyTermination("bandit", evaluation_interval=2, slack_factor=0.2),
    )


def test_a_sweep_step_tries_a_component(folder: Path) -> None:
    (folder / "train.yml").write_text(
        yaml.safe_dump(
            {
                "type": "command",
                "name": "train",
                "inputs": {"rate": {"type": "number"}, "k": {"type": "integer", "default": 1}},
                "outputs": {"model": {"type": "mlflow_model"}},
                "command": "train ${{inputs.rate}} ${{inputs.k}} ${{outputs.model}}",
                "environment": HERE,
            }
        )
    )
    step = {key: value for key, value in SWEEP.items() if key != "inputs"} | {"trial": "./train.yml"}
    step["search_space"] = {"rate": SWEEP["search_space"]["rate"]}
    made = planned(folder, {"type": "pipeline", "jobs": {"search": step}})
    (search,) = made.steps
    assert {i.name: (i.type, i.binding) for i in search.inputs} == {
        "rate": ("number", FromSearch("rate")),
        "k": ("integer", Constant("1")),
    }
    assert search.sweep is not None
    assert (made.kind, [o.type for o in search.outputs]) == ("pipeline", ["mlflow_model"])


def test_a_parallel_step_runs_a_script_over_pieces(folder: Path) -> None:
    (step,) = planned(folder, {"type": "pipeline", "jobs": {"score": PARALLEL}}).steps
    assert (step.code, step.instance_count, step.command) == ("code/0", 2, "")
    assert step.environment == PlannedEnvironment("cloister-sklearn")
    assert [(i.name, i.type, i.binding, i.mode) for i in step.inputs] == [
        ("rows", "mltable", FromReference("azureml:rows:1"), "direct"),
        ("col", "string", Constant("price"), ""),
    ]
    assert step.parallel == Parallel(
        entry_script="score.py",
        mini_batch_input="rows",
        mini_batch_size="10kb",
        program_arguments="--col ${{inputs.col}}",
        append_row_to="scores",
        processes_per_instance=3,
        error_threshold=5,
        mini_batch_error_threshold=4,
        max_retries=1,
        mini_batch_timeout_seconds=30,
        logging_level="DEBUG",
    )


def test_a_parallel_step_from_a_component_says_what_differs(folder: Path) -> None:
    component = {key: value for key, value in PARALLEL.items() if key not in ("environment_variables", "inputs")}
    component |= {
        "name": "score",
        "inputs": {"rows": {"type": "mltable"}, "col": {"type": "string", "default": "price"}},
        "partition_keys": ["store"],
    }
    del component["mini_batch_size"]
    (folder / "score.yml").write_text(yaml.safe_dump(component))
    step = {
        "type": "parallel",
        "component": "./score.yml",
        "inputs": {"rows": PARALLEL["inputs"]["rows"]},
        "logging_level": "WARNING",
        "retry_settings": {"max_retries": 0},
    }
    (made,) = planned(folder, {"type": "pipeline", "jobs": {"score": step}}).steps
    assert made.parallel is not None
    assert (made.parallel.partition_keys, made.parallel.logging_level) == (("store",), "WARNING")
    assert (made.parallel.max_retries, made.parallel.mini_batch_timeout_seconds) == (0, 30)


def test_a_spark_job_is_a_command_on_one_machine(folder: Path) -> None:
    made = planned(folder, SPARK)
    (step,) = made.steps
    assert step.command == (
        "spark-submit --master 'local[*]' --conf spark.driver.cores=1 --conf spark.driver.memory=2g"
        " --conf spark.executor.cores=2 --conf spark.executor.memory=2g"
        " --py-files lib.zip --jars a.jar,b.jar main.py --raw ${{inputs.raw}}"
    )
    assert step.environment == PlannedEnvironment(requirements=("pyspark~=3.4.0",))
    assert made.notes == (
        'step "command": resources.instance_type standard_e4s_v3: the compute decides the size of the machine',
        'step "command": conf.spark.executor.instances: there is one machine; its cores share the work',
        'step "command": spark: spark-submit on the cores of one machine, local[*]; Java has to be on it',
    )


def test_a_spark_job_may_be_a_class_in_a_jar_and_bring_its_own_environment(folder: Path) -> None:
    document = {key: value for key, value in SPARK.items() if key not in ("conf", "py_files")}
    made = planned(folder, document | {"entry": {"class_name": "org.example.Main"}, "environment": HERE})
    assert made.steps[0].command == (
        "spark-submit --master 'local[*]' --jars a.jar,b.jar --class org.example.Main a.jar --raw ${{inputs.raw}}"
    )
    assert made.steps[0].environment == PlannedEnvironment("cloister-sklearn")
    assert made.notes[-1] == 'step "command": spark: pyspark has to be in the environment'


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ({"additional_includes": [{"type": "git"}]}, "additional_includes takes git, which is not on this machine"),
        ({"additional_includes": ["./none"]}, 'its additional includes "./none" does not exist'),
        (
            {"code": ".", "additional_includes": ["./shared"]},
            'additional_includes brings "shared", and the code folder has it already',
        ),
    ],
)
def test_what_cannot_be_included_is_refused(folder: Path, lines: dict[str, Any], reason: str) -> None:
    (folder / "train.yml").write_text(yaml.safe_dump(COMMAND | {"name": "train"} | lines))
    told = faults(folder, {"type": "pipeline", "jobs": {"a": {"component": "./train.yml"}}})
    assert [text.partition(" | ")[0] for text in told] == [f'step "a": {reason}']


def test_what_a_component_includes_lies_in_its_code_folder(folder: Path) -> None:
    (folder / "train.yml").write_text(
        yaml.safe_dump(COMMAND | {"name": "train", "code": "./src", "additional_includes": ["./shared"]})
    )
    (folder / "job.yml").write_text("type: pipeline\njobs: {a: {component: ./train.yml}}\n")
    loaded = load_job(folder / "job.yml")
    assert [(m.source.name, m.path) for m in members(loaded)] == [("src", "code/0"), ("shared", "code/0/shared")]


def test_inputs_of_a_group_keep_their_names(folder: Path) -> None:
    document = COMMAND | {"name": "train", "inputs": {"net.rate": {"type": "number"}}}
    (folder / "train.yml").write_text(yaml.safe_dump(document | {"command": "train ${{inputs.net.rate}}"}))
    made = planned(
        folder,
        {
            "type": "pipeline",
            "inputs": {"net.rate": 0.1},
            "jobs": {"a": {"component": "./train.yml", "inputs": {"net.rate": "${{parent.inputs.net.rate}}"}}},
        },
    )
    assert {i.name: i.binding for i in made.steps[0].inputs} == {"net.rate": Constant("0.1")}


def test_names_and_texts_of_every_script_go_through(folder: Path) -> None:
    made = planned(folder, COMMAND | {"display_name": "Größe 模型 🚀", "inputs": {"word": "naïve\u202etxt"}})
    assert made.display_name == "Größe 模型 🚀"
    assert made.steps[0].inputs[0].binding == Constant("naïve\u202etxt")


@pytest.mark.parametrize("path", ["\0", "x" * 5000, "loop", "é🚀" * 200])
def test_paths_that_no_file_can_have_are_paths_where_nothing_is(folder: Path, path: str) -> None:
    (folder / "loop").symlink_to("loop")
    told = faults(folder, COMMAND | {"code": path, "inputs": {"raw": {"type": "uri_file", "path": path}}})
    shown = path.replace("\0", "?")
    assert told == [f'step "command": its code "{shown}" does not exist | correct the path, relative to the file']


def test_ten_thousand_steps_are_refused_at_once(folder: Path) -> None:
    (folder / "job.yml").write_text("type: pipeline\njobs:\n" + "".join(f"  s{n}: {{}}\n" for n in range(10_000)))
    with pytest.raises(CloisterError) as caught:
        load_job(folder / "job.yml")
    assert [f"{fault.thing}: {fault.reason} | {fault.mend}" for fault in caught.value.faults] == [
        (
            "jobs: there are more than 1000 steps"
            " | give 1 to 1000 steps; a parallel step or a sweep does the same thing many times"
        )
    ]


def swept(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any YAML
    return SWEEP | changes


def in_parallel(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    return {"type": "pipeline", "jobs": {"score": PARALLEL | changes}}


BAD: list[tuple[str, dict[str, Any], list[str]]] = [
    (
        "a sweep over what the command asks for and nobody has",
        swept(trial={"command": "train ${{search_space.rte}}", "environment": HERE}),
        ['step "command": the command uses search_space.rte, which is not there | add rte to search_space'],
    ),
    (
        "a dimension that is an input as well",
        swept(inputs={"rate": 1, "k": 3}),
        [
            (
                'step "command": "rate" is an input and a dimension of the search space'
                " | give it another name in one of them"
            )
        ],
    ),
    (
        "a search space of an unknown type",
        swept(search_space={"rate": {"type": "gauss"}}),
        [
            (
                'step "command", search_space "rate": there is no type "gauss" | use one of choice, randint, uniform,'
                " quniform, loguniform, qloguniform, normal, qnormal, lognormal, qlognormal"
            ),
            'step "command": the command uses search_space.rate, which is not there | add rate to search_space',
        ],
    ),
    (
        "an algorithm that nobody knows",
        swept(sampling_algorithm="annealing"),
        ['step "command", sampling_algorithm: is "annealing" | use one of random, grid, bayesian'],
    ),
    (
        "a policy that nobody knows, told by its key",
        swept(early_termination={"type": "bandit", "slack": 1}),
        [
            (
                'step "command", early_termination: has no key "slack" | the keys are delay_evaluation,'
                " evaluation_interval, slack_amount, slack_factor, truncation_percentage"
            )
        ],
    ),
    (
        "a sweep without a trial",
        {key: value for key, value in SWEEP.items() if key != "trial"},
        ["trial: the sweep job has no trial | write the command under trial"],
    ),
    (
        "a task of a model",
        in_parallel(task=PARALLEL["task"] | {"type": "model"}),
        [
            (
                'step "score": Cloister runs no task of type "model"'
                " | write an entry script that loads the model, with type: run_function"
            )
        ],
    ),
    (
        "pieces of an input that is no reference",
        in_parallel(input_data="rows"),
        ['step "score", input_data: is "rows" | write ${{inputs.NAME}}'],
    ),
    (
        "a Spark job without an entry",
        {key: value for key, value in SPARK.items() if key != "entry"},
        ['step "command": has no entry | name the script: entry: {file: main.py}'],
    ),
    (
        "a package from an address",
        COMMAND | {"environment": {"image": "x", "conda_file": {"dependencies": [{"pip": ["git+https://x.org/y"]}]}}},
        [
            (
                'step "command", package "git+https://x.org/y": comes from an address, and a closed network has none'
                " | publish it to the platform's index, and name it with its version"
            )
        ],
    ),
    (
        "a conda file that is not there",
        COMMAND | {"environment": {"image": "x", "conda_file": "./none.yml"}},
        ['step "command": there is no conda file "./none.yml" | correct the path, relative to the file'],
    ),
    (
        "an output to a place of the author's machine",
        COMMAND | {"outputs": {"out": {"type": "uri_folder", "path": "./out"}}},
        [
            (
                'step "command", output "out": "./out" is no place that an output can go to'
                " | drop the path, or give azureml://datastores/STORE/paths/PATH"
            )
        ],
    ),
    (
        "a reference to a pipeline where there is none",
        COMMAND | {"inputs": {"x": "${{parent.inputs.x}}"}},
        ['step "command", input "x": refers to a pipeline, and there is none | write the value'],
    ),
    (
        "a list as an input",
        COMMAND | {"inputs": {"x": [1, 2]}},
        [
            (
                'step "command", input "x": is given a list, which is neither a literal nor data'
                " | give a literal, or type and path"
            )
        ],
    ),
    (
        "a sweep without a command, and logbase that is no number",
        swept(trial={"environment": HERE}, sampling_algorithm={"type": "random", "rule": "sobol", "logbase": "ten"}),
        [
            'step "command": its trial has no command | add the key "command"',
            'step "command", logbase: is "ten" | give a positive number, or "e"',
        ],
    ),
    (
        "a step that is a sweep without its trial, and one that is a pipeline without its component",
        {"type": "pipeline", "jobs": {"a": {"type": "sweep"}, "b": {"type": "pipeline", "jobs": {"c": COMMAND}}}},
        [
            'step "a": is a sweep without its trial | write the command under trial, or name a component\'s file there',
            (
                'step "b": is a pipeline without its component'
                " | write the inner pipeline into a file of its own: component: ./inner.yml"
            ),
        ],
    ),
    (
        "a policy of an unknown type",
        swept(early_termination={"type": "patience"}),
        [
            (
                'step "command", early_termination: there is no type "patience"'
                " | use one of bandit, median_stopping, truncation_selection"
            )
        ],
    ),
    (
        "a parallel step without a script and an environment",
        in_parallel(task={"type": "run_function", "code": "./src"}),
        [
            'step "score": has no entry_script | name the script with init() and run(mini_batch)',
            'step "score": has no environment | add "environment" to the task',
        ],
    ),
    (
        "a Spark runtime that is none",
        SPARK | {"resources": {"runtime_version": "new"}},
        ['step "command": there is no Spark runtime "new" | write a version such as 3.4'],
    ),
    (
        "options of docker",
        COMMAND | {"resources": {"docker_args": "--privileged"}},
        [
            (
                'key "resources.docker_args": Cloister does not run this'
                " | drop the key; a step is a process, not a container"
            )
        ],
    ),
]


@pytest.mark.parametrize(("document", "told"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_what_a_step_cannot_be_is_told_with_the_mend(folder: Path, document: dict[str, Any], told: list[str]) -> None:
    assert [fault.replace(str(folder), "DIR") for fault in faults(folder, document)] == told
