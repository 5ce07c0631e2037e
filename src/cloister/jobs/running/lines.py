"""What a step's shell runs: the author's command, or a driver that starts what the author wrote. Pure.

A driver is one of the programs in `drivers`, run by the Python of the step's own environment. It gets what it must know
as one argument, which is in the list of processes: nothing secret goes there.
"""

import json
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from cloister.facts.step_variables import step_variables
from cloister.jobs.planning.expressions import fill, parse_command
from cloister.jobs.planning.plan import Distribution, Parallel, PlannedStep

DRIVERS = Path(__file__).resolve().parent / "drivers"
# The driver's folder becomes a package of its own. What lies beside it must not be found by any import but this one.
_START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); import drivers.{0} as driver; sys.path.pop(0);"
    " sys.exit(driver.main(sys.argv[1]))"
)


def line_of(step: PlannedStep, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> str:
    """The line for the shell, with the inputs' and outputs' places filled in."""
    if step.parallel is not None:
        return _driven("parallel", _parallel(step, step.parallel, inputs, outputs))
    command = fill(parse_command(step.command), inputs, outputs)
    if step.distribution is None:
        return command
    if step.distribution.kind == "ray":
        return _driven("ray_cluster", {"command": command, "nodes": step.instance_count})
    return _driven("distribution", _distributed(command, step.distribution, step.instance_count))


def _distributed(command: str, distribution: Distribution, instances: int) -> dict[str, object]:
    """What the driver of distributed steps must know."""
    return {
        "kind": distribution.kind,
        "command": command,
        "nodes": instances,
        "processes": distribution.processes_per_instance,
        "workers": distribution.workers or instances,
        "servers": distribution.parameter_servers,
        "variables": step_variables(distribution.kind),
    }


def _parallel(
    step: PlannedStep, parallel: Parallel, inputs: Mapping[str, str], outputs: Mapping[str, str]
) -> dict[str, object]:
    """What the driver of parallel steps must know."""
    types = {wanted.name: wanted.type for wanted in step.inputs}
    return {
        "entry_script": parallel.entry_script,
        "arguments": arguments_of(parallel.program_arguments, inputs, outputs),
        "input": parallel.mini_batch_input,
        "input_type": types[parallel.mini_batch_input],
        "place": inputs[parallel.mini_batch_input],
        "mini_batch_size": parallel.mini_batch_size,
        "partition_keys": parallel.partition_keys,
        "append_to": outputs[parallel.append_row_to] if parallel.append_row_to else "",
        "processes": parallel.processes_per_instance * step.instance_count,
        "error_threshold": parallel.error_threshold,
        "mini_batch_error_threshold": parallel.mini_batch_error_threshold,
        "max_retries": parallel.max_retries,
        "timeout": parallel.mini_batch_timeout_seconds,
        "logging_level": parallel.logging_level,
    }


def arguments_of(text: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> list[str]:
    """The words of program arguments, as a shell splits them; what an expression stands for is never split.

    Raises ValueError where a quotation does not end.
    """
    # Marks from the private use area: no author writes them, and the shell's rules know nothing of them.
    values = [*inputs.values(), *outputs.values()]
    marks = [f"\ue000{number}\ue001" for number in range(len(values))]
    line = fill(
        parse_command(text),
        dict(zip(inputs, marks, strict=False)),
        dict(zip(outputs, marks[len(inputs) :], strict=True)),
    )
    return [re.sub("\ue000(\\d+)\ue001", lambda mark: values[int(mark[1])], word) for word in shlex.split(line)]


def _driven(driver: str, told: Mapping[str, object]) -> str:
    """The line that becomes the driver. `-I` keeps the author's PYTHON* variables and working folder out of it."""
    words = ("python", "-I", "-B", "-u", "-c", _START.format(driver), str(DRIVERS.parent), json.dumps(told))
    return f"exec {shlex.join(words)}"
