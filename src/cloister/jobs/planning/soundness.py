"""Whether a plan is sound: what would make it unsafe or impossible to run, each thing with its mend. Pure."""

import re
from collections import Counter
from collections.abc import Collection, Iterator

from cloister.errors import Fault
from cloister.jobs.planning.plan import (
    Constant,
    Distribution,
    FromReference,
    FromSearch,
    FromSnapshot,
    FromStep,
    Plan,
    PlannedInput,
    PlannedOutput,
    PlannedStep,
)
from cloister.jobs.planning.step_faults import parallel_faults, reference_faults
from cloister.jobs.planning.sweep_soundness import sweep_faults
from cloister.jobs.planning.types import DATA_TYPES, FILE_TYPES, FOLDER_TYPES, LITERAL_TYPES

# A step of a nested pipeline carries the names of those above it, an input of a group that of the group.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
_LONGEST_NAME = 255
# As long as what a trial's name has behind that of its sweep.
_TRIAL = len(".trial_1000")
_JOB_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}")
_MEMBER = re.compile(r"(code|data)/[A-Za-z0-9_.]{1,255}(/[^/\x00]{1,255})?")
MOST_STEPS = 1000
# What one step may take, and make; what MLflow and an environment hold is less.
_MOST_PORTS = 1000
_LONGEST_EXPERIMENT = 250
_MOST_INSTANCES = 64
_MOST_PROCESSES = 256


def faults(plan: Plan) -> Iterator[Fault]:
    """What is wrong with the plan; nothing where it is sound."""
    if plan.name and not _JOB_NAME.fullmatch(plan.name):
        yield Fault(f'job "{plan.name}"', "is no name for a job", "use letters, digits, hyphens and underscores")
    if not plan.experiment_name or not plan.experiment_name.isprintable():
        yield Fault("experiment_name", "is empty or not printable", "name the experiment that the runs belong to")
    if len(plan.experiment_name) > _LONGEST_EXPERIMENT:
        yield Fault("experiment_name", f"has {len(plan.experiment_name)} characters", f"use {_LONGEST_EXPERIMENT}")
    if not 0 < len(plan.steps) <= MOST_STEPS:
        # What is beyond all bounds is not looked at any closer.
        yield Fault("jobs", f"there are {len(plan.steps)} steps", f"give 1 to {MOST_STEPS} steps")
        return
    made: dict[str, dict[str, PlannedOutput]] = {}
    unresolved = {step.name for step in plan.steps if step.unresolved}
    yield from _trial_faults(plan)
    for step in plan.steps:
        yield from _name_faults(step, made)
        if max(len(step.inputs), len(step.outputs), len(step.environment_variables)) > _MOST_PORTS:
            reason = f"has more than {_MOST_PORTS} inputs, outputs or environment variables"
            yield Fault(f'step "{step.name}"', reason, "put what belongs together into one")
            continue
        yield from _command_faults(step)
        dimensions = _dimensions(step)
        for wanted in step.inputs:
            yield from _binding_faults(step, wanted, made, unresolved, dimensions)
        made[step.name] = {output.name: output for output in step.outputs}
    for published in plan.outputs:
        if published.output not in made.get(published.step, {}):
            reason = f'step "{published.step}" makes no output "{published.output}"'
            yield Fault(f'output "{published.name}"', reason, "bind it to an output that a step makes")


def _name_faults(step: PlannedStep, made: dict[str, dict[str, PlannedOutput]]) -> Iterator[Fault]:
    thing = f'step "{step.name}"'
    if step.name in made:
        yield Fault(thing, "is there twice", "give each step a name of its own")
    if not _NAME.fullmatch(step.name) or len(step.name) > _LONGEST_NAME:
        yield Fault(thing, "is no name for a step", "use letters, digits and underscores, and no digit in front")
    named = {"input": [i.name for i in step.inputs], "output": [o.name for o in step.outputs]}
    for what, names in named.items():
        for name in names:
            if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
                mend = "use letters, digits and underscores, and no digit in front"
                yield Fault(thing, f'"{name}" is no name for an input or an output', mend)
        for twice in sorted(name for name, times in Counter(names).items() if times > 1):
            yield Fault(thing, f'{what} "{twice}" is there twice', f"keep one {what} of that name")
    yield from _setting_faults(step, thing)
    if step.sweep is not None:
        yield from sweep_faults(step, step.sweep)


def _trial_faults(plan: Plan) -> Iterator[Fault]:
    """Trials are steps too, named after their sweep: no other step may have such a name, and the name must hold."""
    sweeps = [step.name for step in plan.steps if step.sweep is not None]
    for sweep in sweeps:
        for other in sorted(step.name for step in plan.steps if step.name.startswith(f"{sweep}.")):
            yield Fault(f'step "{sweep}"', f'is a sweep, and there is a step "{other}"', "give the sweep another name")
        if len(sweep) > _LONGEST_NAME - _TRIAL:
            mend = f"use {_LONGEST_NAME - _TRIAL}"
            yield Fault(f'step "{sweep}"', f"is a sweep, and its name has {len(sweep)} characters", mend)


def _setting_faults(step: PlannedStep, thing: str) -> Iterator[Fault]:
    for output in step.outputs:
        if output.type not in DATA_TYPES:
            yield Fault(thing, f'output "{output.name}" has the type "{output.type}"', _one_of(DATA_TYPES))
    if step.code and not _is_member(step.code):
        yield Fault(thing, f'"{step.code}" is no folder of the snapshot', "let cloister job create make the snapshot")
    if not 1 <= step.instance_count <= _MOST_INSTANCES:
        reason = f"asks for {step.instance_count} instances"
        yield Fault(thing, reason, f"set resources.instance_count to 1 to {_MOST_INSTANCES}")
    if step.distribution is not None:
        yield from _distribution_faults(step, step.distribution, thing)
    if step.timeout_seconds is not None and step.timeout_seconds <= 0:
        reason = f"a timeout of {step.timeout_seconds} seconds"
        yield Fault(thing, reason, "give limits.timeout in whole seconds, from 1")
    if any("=" in name or not name or "\0" in name or "\0" in value for name, value in step.environment_variables):
        yield Fault(thing, "an environment variable has an impossible name or value", "name it with letters and digits")


def _distribution_faults(step: PlannedStep, wanted: Distribution, thing: str) -> Iterator[Fault]:
    if wanted.processes_per_instance < 1 or wanted.workers < 0 or wanted.parameter_servers < 0:
        reason = "the distribution counts fewer processes than there can be"
        yield Fault(thing, reason, "count processes from 1, workers and parameter servers from 0")
    groups = (wanted.workers or step.instance_count) + wanted.parameter_servers
    count = groups if wanted.kind == "tensorflow" else step.instance_count * wanted.processes_per_instance
    if count > _MOST_PROCESSES:
        reason = f"the distribution starts {count} processes, which are all on one machine here"
        yield Fault(thing, reason, f"start at most {_MOST_PROCESSES}")


def _command_faults(step: PlannedStep) -> Iterator[Fault]:
    thing = f'step "{step.name}"'
    if step.unresolved or step.parallel is not None:
        if step.command:
            yield Fault(thing, "has a command, where none can run", "drop the command")
        if step.parallel is not None and not step.unresolved:
            yield from parallel_faults(step, step.parallel)
        return
    if not step.command.strip() or "\0" in step.command:
        yield Fault(thing, "has no command", "give it a command")
    yield from reference_faults(step, "the command", step.command)


def _binding_faults(
    step: PlannedStep,
    wanted: PlannedInput,
    made: dict[str, dict[str, PlannedOutput]],
    unresolved: set[str],
    dimensions: Collection[str],
) -> Iterator[Fault]:
    thing = f'step "{step.name}", input "{wanted.name}"'
    if wanted.type not in DATA_TYPES | LITERAL_TYPES:
        yield Fault(thing, f'the type "{wanted.type}" is unknown', _one_of(DATA_TYPES | LITERAL_TYPES))
        return
    if isinstance(wanted.binding, FromSnapshot | FromReference) and wanted.type in LITERAL_TYPES:
        yield Fault(thing, f"takes a {wanted.type}, but is given data", "declare it as uri_file or uri_folder")
        return
    match wanted.binding:
        case Constant(text):
            yield from _literal_faults(thing, wanted.type, text)
        case FromSnapshot(path) if not _is_member(path):
            yield Fault(thing, f'"{path}" is not in the snapshot', "let cloister job create make the snapshot")
        case FromReference(uri) if not uri or not uri.isprintable():
            yield Fault(thing, "refers to nothing that can be named", "give the data's path")
        case FromSearch(dimension) if dimension not in dimensions:
            yield Fault(thing, f'no search space has the dimension "{dimension}"', "add it to search_space")
        case FromStep(source, output) if output not in made.get(source, {}):
            reason = f'refers to output "{output}" of step "{source}", which is no earlier step that makes it'
            yield Fault(thing, reason, "refer to an output that another step declares")
        case FromStep(source, output) if source not in unresolved:
            yield from _shape_faults(thing, wanted.type, made[source][output].type)
        case FromSnapshot(path):
            yield from _snapshot_faults(thing, wanted.type, path)


def _snapshot_faults(thing: str, kind: str, path: str) -> Iterator[Fault]:
    """A model may be one file; every other type says which of the two it is."""
    is_file = path.count("/") > 1
    if is_file != (kind in FILE_TYPES) and kind not in ("custom_model", "triton_model"):
        told = "a file" if is_file else "a folder"
        yield Fault(thing, f"takes {kind}, but is given {told}", "give both the same type")


def _literal_faults(thing: str, kind: str, text: str) -> Iterator[Fault]:
    if kind in DATA_TYPES:
        yield Fault(thing, f'takes {kind}, but is given the literal "{text}"', "give it a path or an output")
    elif "\0" in text:
        yield Fault(thing, "holds a zero byte", "leave it out")


def _dimensions(step: PlannedStep) -> frozenset[str]:
    return frozenset() if step.sweep is None else frozenset(dimension.name for dimension in step.sweep.space)


def _shape_faults(thing: str, wanted: str, given: str) -> Iterator[Fault]:
    if wanted in LITERAL_TYPES:
        yield Fault(thing, f"takes a {wanted}, but is given an output ({given})", "declare it with the output's type")
    elif (wanted in FOLDER_TYPES) != (given in FOLDER_TYPES):
        yield Fault(thing, f"takes {wanted}, but is given {given}", "give both the same type")


def _is_member(path: str) -> bool:
    return bool(_MEMBER.fullmatch(path)) and not any(part in (".", "..") for part in path.split("/"))


def _one_of(types: frozenset[str]) -> str:
    return f"use one of {', '.join(sorted(types))}"
