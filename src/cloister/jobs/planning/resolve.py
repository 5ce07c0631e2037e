"""From a job as written to a plan: references resolved, order found, cycles named. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from cloister.errors import Fault, SpecError
from cloister.jobs.planning.expressions import ParentInput, ParentOutput, StepOutput
from cloister.jobs.planning.plan import (
    Binding,
    Constant,
    FromSnapshot,
    FromStep,
    Plan,
    PlannedInput,
    PlannedOutput,
    PlannedStep,
    PublishedOutput,
)
from cloister.jobs.planning.types import LITERAL_TYPES
from cloister.jobs.reading.job import (
    CommandStep,
    InputValue,
    JobInput,
    PipelineJob,
    Port,
)
from cloister.origin import Origin


@dataclass(frozen=True, slots=True)
class Member:
    """A file or folder of the author's machine, and its place in the snapshot."""

    source: Path
    path: str


def members(job: PipelineJob) -> tuple[Member, ...]:
    """Everything that the snapshot must hold: each code folder once, and each local input."""
    codes = dict.fromkeys(step.code for step in job.steps if step.code is not None)
    held = [Member(source, f"code/{number}") for number, source in enumerate(codes)]
    held += [_data_member(i.name, i.value) for i in job.inputs if isinstance(i.value, Path)]
    for step in job.steps:
        held += [_data_member(f"{step.name}__{name}", v) for name, v in step.inputs if isinstance(v, Path)]
    return tuple(held)


def plan(job: PipelineJob) -> Plan:
    """The plan of the job. Raises SpecError with every fault found: unknown names, missing inputs, cycles, types."""
    faults = [*_unknown_sources(job), *_cycle(job)]
    planned = []
    if not faults:
        for step in _ordered(job):
            inputs, found = _inputs(job, step)
            faults += found
            planned.append(_planned(job, step, inputs))
    if faults:
        raise SpecError(faults)
    return Plan(
        kind=job.kind,
        name=job.name,
        display_name=job.display_name,
        description=job.description,
        experiment_name=job.experiment_name or "Default",
        tags=job.tags,
        inputs=tuple((i.name, str(i.value) if isinstance(i.value, str) else f"data/{i.name}") for i in job.inputs),
        steps=tuple(planned),
        outputs=tuple(_published(job)),
        continue_on_step_failure=job.continue_on_step_failure,
        notes=job.notes,
    )


def _data_member(name: str, source: Path) -> Member:
    return Member(source, f"data/{name}" if source.is_dir() else f"data/{name}/{source.name}")


def _planned(job: PipelineJob, step: CommandStep, inputs: tuple[PlannedInput, ...]) -> PlannedStep:
    codes = {member.source: member.path for member in members(job) if member.path.startswith("code/")}
    return PlannedStep(
        name=step.name,
        display_name=step.display_name,
        command=step.command,
        code=codes[step.code] if step.code is not None else "",
        environment=step.environment,
        environment_variables=step.environment_variables,
        timeout_seconds=step.timeout_seconds,
        inputs=inputs,
        outputs=tuple(PlannedOutput(port.name, port.type or "uri_folder") for port in step.makes),
    )


def _edges(job: PipelineJob) -> dict[str, list[str]]:
    """For each step, the steps it needs, in the author's order."""
    return {
        step.name: list(dict.fromkeys(v.step for _, v in step.inputs if isinstance(v, StepOutput)))
        for step in job.steps
    }


def _ordered(job: PipelineJob) -> Iterator[CommandStep]:
    """The steps, each after those it needs; among equals the author's order."""
    left = {step.name: step for step in job.steps}
    edges = _edges(job)
    while left:
        ready = next(name for name in left if not any(need in left for need in edges[name]))
        yield left.pop(ready)


def _cycle(job: PipelineJob) -> Iterator[Fault]:
    try:
        TopologicalSorter(_edges(job)).prepare()
    except CycleError as error:
        ring: list[str] = list(reversed(error.args[1]))
        first = next((step for step in job.steps if step.name in ring), job.steps[0])
        # The ring is told from the step that the author wrote first.
        at = ring.index(first.name)
        told = [*ring[at:-1], *ring[:at], first.name] if at else ring
        reason = f"the steps wait for each other in a circle: {' -> '.join(told)}"
        mend = "remove one of the inputs that close the circle"
        yield Fault(f'pipeline "{job.display_name or job.origin.file}"', reason, mend, first.origin)


def _unknown_sources(job: PipelineJob) -> Iterator[Fault]:
    outputs = {step.name: [port.name for port in step.makes] for step in job.steps}
    inputs = [i.name for i in job.inputs]
    for step in job.steps:
        for name, value in step.inputs:
            at = step.origin.of(f"inputs.{name}")
            thing = f'step "{step.name}", input "{name}"'
            match value:
                case ParentInput(wanted) if wanted not in inputs:
                    yield Fault(thing, f'the pipeline has no input "{wanted}"', near(wanted, inputs, "inputs"), at)
                case StepOutput(source, _) if source not in outputs:
                    yield Fault(thing, f'there is no step "{source}"', near(source, list(outputs), "jobs"), at)
                case StepOutput(source, wanted) if wanted not in outputs[source]:
                    reason = f'step "{source}" makes no output "{wanted}"'
                    yield Fault(thing, reason, near(wanted, outputs[source], f"{source}.outputs"), at)
                case str() | Path() | ParentInput() | StepOutput():
                    pass
                case _:
                    reason = "refers to the step itself, where there is nothing to take"
                    yield Fault(thing, reason, "use ${{parent.inputs.NAME}} or ${{parent.jobs.STEP.outputs.NAME}}", at)
        for name, value in step.publishes:
            yield from _unknown_target(job, step, name, value)


def _unknown_target(job: PipelineJob, step: CommandStep, name: str, value: InputValue) -> Iterator[Fault]:
    known = [port.name for port in job.outputs]
    at = step.origin.of(f"outputs.{name}")
    thing = f'step "{step.name}", output "{name}"'
    if not isinstance(value, ParentOutput):
        yield Fault(thing, "can be bound to an output of the pipeline only", "use ${{parent.outputs.NAME}}", at)
    elif value.name not in known:
        yield Fault(thing, f'the pipeline has no output "{value.name}"', near(value.name, known, "outputs"), at)


def _inputs(job: PipelineJob, step: CommandStep) -> tuple[tuple[PlannedInput, ...], list[Fault]]:
    """The step's inputs with their bindings, and what is wrong with them."""
    given = dict(step.inputs)
    ports = {port.name: port for port in step.takes}
    planned: list[PlannedInput] = []
    faults: list[Fault] = []
    for name in given:
        if name not in ports:
            mend = near(name, list(ports), "the component's inputs")
            faults.append(Fault(_thing(step, name), "the component takes no such input", mend, _at(step, name)))
    for name, port in ports.items():
        if name not in given:
            if not port.optional:
                reason, mend = "is required and not given", f'add "{name}" to the inputs of step "{step.name}"'
                faults.append(Fault(_thing(step, name), reason, mend, step.origin))
            continue
        binding, kind = _binding(job, step, name, given[name])
        planned.append(PlannedInput(name, port.type or kind, binding))
        if isinstance(binding, Constant) and port.type in LITERAL_TYPES:
            faults += [
                Fault(_thing(step, name), reason, mend, _at(step, name))
                for reason, mend in _misfits(port, binding.text)
            ]
    return tuple(planned), faults


def _binding(job: PipelineJob, step: CommandStep, name: str, value: InputValue) -> tuple[Binding, str]:
    """Where the value comes from, and the type of it."""
    match value:
        case ParentInput(wanted):
            source = next(i for i in job.inputs if i.name == wanted)
            return _job_input(source), source.type
        case StepOutput(other, wanted):
            made = next(port for s in job.steps if s.name == other for port in s.makes if port.name == wanted)
            return FromStep(other, wanted), made.type or "uri_folder"
        case Path():
            member = _data_member(f"{step.name}__{name}", value)
            return FromSnapshot(member.path), "uri_folder" if value.is_dir() else "uri_file"
        case str():
            return Constant(value), "string"
    message = f"unresolved reference {value}"
    raise AssertionError(message)


def _job_input(source: JobInput) -> Binding:
    if isinstance(source.value, Path):
        return FromSnapshot(_data_member(source.name, source.value).path)
    return Constant(source.value)


def _misfits(port: Port, text: str) -> Iterator[tuple[str, str]]:
    """Why a literal does not fit the port, each with its mend."""
    if port.choices and text not in port.choices:
        yield f'"{text}" is not one of its values', f"use one of {', '.join(port.choices)}"
    if port.type == "boolean" and text.lower() not in ("true", "false"):
        yield f'takes a boolean, but is given "{text}"', "use true or false"
    if port.type in ("number", "integer"):
        try:
            value = int(text) if port.type == "integer" else float(text)
        except ValueError:
            yield (
                f'takes {"an integer" if port.type == "integer" else "a number"}, but is given "{text}"',
                "give a number",
            )
            return
        low, high = port.minimum, port.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            yield f"{text} is out of its bounds", f"give {'' if low is None else low} to {'' if high is None else high}"


def _published(job: PipelineJob) -> Iterator[PublishedOutput]:
    for step in job.steps:
        for name, value in step.publishes:
            if isinstance(value, ParentOutput):
                yield PublishedOutput(value.name, step.name, name)


def near(wanted: str, known: list[str], where: str) -> str:
    """The mend for a name that is not known: the nearest one, or what there is."""
    if close := get_close_matches(wanted, known, n=1):
        return f'did you mean "{close[0]}"?'
    return f"{where} has {', '.join(known)}" if known else f"add it to {where}"


def _thing(step: CommandStep, name: str) -> str:
    return f'step "{step.name}", input "{name}"'


def _at(step: CommandStep, name: str) -> Origin:
    return step.origin.of(f"inputs.{name}")
