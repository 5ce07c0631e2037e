"""What scripts written for SageMaker's script mode find: the folders of `/opt/ml`, and the variables that name them.

The folders are made in the step's own place for temporary files, of links to its inputs and outputs. Where the step has
a view of the machine of its own, they stand at `/opt/ml` as well; the variables lead to them everywhere. Source:
https://github.com/aws/sagemaker-training-toolkit/blob/master/ENVIRONMENT_VARIABLES.md (read 2026-11).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloister.jobs.planning.plan import Constant, FromReference, PlannedInput, PlannedStep
from cloister.jobs.running.folders import StepFolder
from cloister.jobs.running.known_variables import named

_MODEL_NAMES = ("model_dir", "model")
_MODEL_TYPES = ("mlflow_model", "custom_model", "triton_model")
_DATA_NAMES = ("output_data_dir", "output_data")
_CHANNEL = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}


@dataclass(frozen=True, slots=True)
class Machine:
    """What a script may ask about where it runs."""

    cpus: int
    gpus: int


def tree(folder: StepFolder) -> Path:
    """What stands for `/opt/ml` in the step's folder."""
    return folder.temporary / "opt-ml"


def model_output(step: PlannedStep) -> str | None:
    """The output that takes the model: by its name, else the only one whose type is a model's; None where none is."""
    folders = [output for output in step.outputs if not output.is_file]
    by_name = [name for name in _MODEL_NAMES if name in {output.name for output in folders}]
    models = [output.name for output in folders if output.type in _MODEL_TYPES]
    if by_name:
        return by_name[0]
    return models[0] if len(models) == 1 else None


def make_tree(folder: StepFolder, step: PlannedStep, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> None:
    """Make the folders, of links to the step's inputs and outputs."""
    top = tree(folder)
    for name in ("input/config", "input/data", "output/intermediate"):
        (top / name).mkdir(parents=True)
    for wanted in _channels(step):
        source, channel = Path(inputs[wanted.name]), top / "input" / "data" / wanted.name
        if wanted.type == "uri_file":
            # A channel is a folder.
            channel.mkdir()
            channel = channel / source.name
        channel.symlink_to(source)
    if (model := model_output(step)) is not None:
        (top / "model").symlink_to(outputs[model])
    if (data := _data_output(step)) is not None:
        (top / "output" / "data").symlink_to(outputs[data])
    else:
        (top / "output" / "data").mkdir()
    (top / "code").symlink_to(folder.code)
    (top / "checkpoints").symlink_to(folder.checkpoints)
    texts = {name: _as_argument(value) for name, value in _hyperparameters(step, inputs).items()}
    for name, content in (
        ("hyperparameters", texts),
        ("inputdataconfig", _data_config(step)),
        ("resourceconfig", _resources(step)),
    ):
        (top / "input" / "config" / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")


def script_mode_variables(
    folder: StepFolder, step: PlannedStep, inputs: Mapping[str, str], machine: Machine
) -> dict[str, str]:
    """The variables of script mode. No output for the model, no SM_MODEL_DIR: what went there would be lost."""
    top = tree(folder)
    hyperparameters = _hyperparameters(step, inputs)
    channels = {wanted.name: str(top / "input" / "data" / wanted.name) for wanted in _channels(step)}
    places = {
        "input_dir": str(top / "input"),
        "input_config_dir": str(top / "input" / "config"),
        "output_dir": str(top / "output"),
        "output_data_dir": str(top / "output" / "data"),
        "output_intermediate_dir": str(top / "output" / "intermediate"),
        **({"model_dir": str(top / "model")} if model_output(step) is not None else {}),
    }
    training = {
        **places,
        **_resources(step),
        "channel_input_dirs": channels,
        "hyperparameters": hyperparameters,
        "input_data_config": _data_config(step),
        "job_name": step.name,
        "log_level": 20,
        "num_cpus": machine.cpus,
        "num_gpus": machine.gpus,
        "resource_config": _resources(step),
    }
    values = {
        **places,
        "config_dir": places["input_config_dir"],
        "intermediate_dir": places["output_intermediate_dir"],
        "channels": json.dumps(sorted(channels)),
        "hyperparameters": json.dumps(hyperparameters),
        "host": _resources(step)["current_host"],
        "hosts": json.dumps(_resources(step)["hosts"]),
        "gpus": str(machine.gpus),
        "cpus": str(machine.cpus),
        "log_level": "20",
        "interface": "lo",
        "arguments": json.dumps(_arguments(hyperparameters)),
        "resources": json.dumps(_resources(step)),
        "data_config": json.dumps(_data_config(step)),
        "training": json.dumps(training),
    }
    each = {name: _as_argument(value) for name, value in hyperparameters.items()}
    return named("sagemaker", values, {"channel": channels, "hyperparameter": each})


def _channels(step: PlannedStep) -> list[PlannedInput]:
    """The inputs that are files here: neither literals, nor addresses that the script asked for as such."""
    return [i for i in step.inputs if not isinstance(i.binding, Constant) and not _is_address(i)]


def _is_address(wanted: PlannedInput) -> bool:
    return isinstance(wanted.binding, FromReference) and wanted.mode == "direct"


def _data_output(step: PlannedStep) -> str | None:
    folders = {output.name for output in step.outputs if not output.is_file}
    return next((name for name in _DATA_NAMES if name in folders), None)


def _hyperparameters(step: PlannedStep, inputs: Mapping[str, str]) -> dict[str, Any]:
    """The literal inputs by name, each as what its type says."""
    return {i.name: _value(i.type, inputs[i.name]) for i in step.inputs if isinstance(i.binding, Constant)}


def _value(kind: str, text: str) -> str | int | float | bool:
    try:
        match kind:
            case "integer":
                return int(text)
            case "number":
                return float(text) if any(sign in text for sign in ".eEnN") else int(text)
            case "boolean":
                return text.lower() == "true"
    except ValueError:
        # What is no number stays as it is written.
        return text
    return text


def _as_argument(value: str | float) -> str:
    """A hyperparameter as the toolkit writes it into an argument or a variable of its own."""
    return value if isinstance(value, str) else json.dumps(value)


def _arguments(hyperparameters: Mapping[str, Any]) -> list[str]:
    """The hyperparameters as arguments of a command line, in the order of their names."""
    return [word for name in sorted(hyperparameters) for word in (f"--{name}", _as_argument(hyperparameters[name]))]


def _data_config(step: PlannedStep) -> dict[str, dict[str, str]]:
    return {wanted.name: _CHANNEL for wanted in _channels(step)}


def _resources(step: PlannedStep) -> dict[str, Any]:
    hosts = [f"algo-{number + 1}" for number in range(step.instance_count)]
    return {"current_host": hosts[0], "hosts": hosts, "network_interface_name": "lo"}
