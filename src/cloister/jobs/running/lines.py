"""What a step's shell runs: the author's command, or a driver that starts what the author wrote. Pure.

A driver is one of the programs in `drivers`, run by the Python of the step's own environment. It gets what it must know
as one argument, which is in the list of processes: nothing secret goes there.
"""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path

from cloister.facts.step_variables import step_variables
from cloister.jobs.planning.expressions import fill, parse_command
from cloister.jobs.planning.plan import Distribution, PlannedStep

DRIVERS = Path(__file__).resolve().parent / "drivers"
# The driver's folder becomes a package of its own. What lies beside it must not be found by any import but this one.
_START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); import drivers.{0} as driver; sys.path.pop(0);"
    " sys.exit(driver.main(sys.argv[1]))"
)
# Whose values are taken out of what goes into files: variables of the step.
_SECRETS = ("MLFLOW_TRACKING_TOKEN",)


def line_of(step: PlannedStep, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> str:
    """The line for the shell, with the inputs' and outputs' places filled in."""
    command = fill(parse_command(step.command), inputs, outputs)
    if step.distribution is None or step.distribution.kind == "ray":
        return command
    return _driven("distribution", _distributed(command, step.distribution, step.instance_count))


def _distributed(command: str, distribution: Distribution, instances: int) -> dict[str, object]:
    """What the driver of distributed steps must know."""
    if distribution.kind == "ray":
        message = "ray has a driver of its own"
        raise AssertionError(message)
    return {
        "kind": distribution.kind,
        "command": command,
        "nodes": instances,
        "processes": distribution.processes_per_instance,
        "workers": distribution.workers or instances,
        "servers": distribution.parameter_servers,
        "variables": step_variables(distribution.kind),
        "secrets": _SECRETS,
    }


def _driven(driver: str, told: Mapping[str, object]) -> str:
    """The line that becomes the driver. `-I` keeps the author's PYTHON* variables and working folder out of it."""
    words = ("python", "-I", "-B", "-u", "-c", _START.format(driver), str(DRIVERS.parent), json.dumps(told))
    return f"exec {shlex.join(words)}"
