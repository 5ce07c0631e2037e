"""The variables that scripts written for Azure ML and for SageMaker find, by the facts about them. Pure."""

from collections.abc import Mapping

from cloister.facts.step_variables import Family, step_variables
from cloister.jobs.planning.plan import Constant, PlannedStep


def azureml_variables(step: PlannedStep, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> dict[str, str]:
    """What Azure ML tells a script of its inputs and outputs."""
    literals = {wanted.name for wanted in step.inputs if isinstance(wanted.binding, Constant)}
    several = {
        "literal": {name: text for name, text in inputs.items() if name in literals},
        "input": {name: place for name, place in inputs.items() if name not in literals},
        "output": outputs,
    }
    return named("azureml", {}, several)


def run_variables(run_id: str, job_run_id: str) -> dict[str, str]:
    """Azure ML's names of the MLflow run, and of the job's; nothing where there is none."""
    return named("azureml", {"run_id": run_id, "root_run_id": job_run_id or run_id}, {}) if run_id else {}


def named(family: Family, values: Mapping[str, str], several: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The family's variables for the values that there are; of `several` each has a variable of its own."""
    variables: dict[str, str] = {}
    for variable, value in step_variables(family).items():
        if value in values:
            variables[variable] = values[value]
        for name, text in several.get(value, {}).items():
            variables[variable.format(name=name, NAME=name.upper())] = text
    return variables
