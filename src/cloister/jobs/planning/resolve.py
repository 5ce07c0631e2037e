"""From a job as written to a plan: references resolved, order found, cycles named. Pure."""

from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from cloister.errors import Fault, SpecError
from cloister.jobs.planning.expressions import ParentInput, StepOutput
from cloister.jobs.planning.job import Absent, Chosen, Code, Elsewhere, Given, Job, JobInput, Port, Step, Target
from cloister.jobs.planning.plan import (
    Binding,
    Constant,
    Dimension,
    FromReference,
    FromSearch,
    FromSnapshot,
    FromStep,
    Plan,
    PlannedInput,
    PlannedOutput,
    PlannedStep,
    PublishedOutput,
)
from cloister.jobs.planning.types import LITERAL_TYPES
from cloister.origin import Origin

_LOOK = "the plan can be looked at, not submitted"


@dataclass(frozen=True, slots=True)
class Member:
    """A file or folder of the author's machine, and its place in the snapshot."""

    source: Path
    path: str


@dataclass(frozen=True, slots=True)
class _Places:
    """Where each thing of the author's machine lies in the snapshot; what is used twice lies there once."""

    codes: dict[Code, str]
    data: dict[Path, str]


def members(job: Job) -> tuple[Member, ...]:
    """Everything that the snapshot must hold: each code folder once, what is laid into it, and each local input."""
    places = _places(job)
    held: list[Member] = []
    for code, place in places.codes.items():
        held += [Member(code.folder, place)] if code.folder is not None else []
        held += [Member(include, f"{place}/{include.name}") for include in code.includes]
    return (*held, *(Member(source, place) for source, place in places.data.items()))


def plan(job: Job, *, dry_run: bool = False) -> Plan:
    """The plan of the job. Raises SpecError with every fault found: unknown names, missing inputs, cycles, types.

    What the job lacks to run is among the faults, unless the plan is only looked at: then a note says it.
    """
    lacking = tuple(lacks(job))
    faults = [*_unknown_sources(job), *_cycle(job), *_shared_outputs(job), *(() if dry_run else lacking)]
    planned = []
    if not faults:
        resolving = _Resolving(job)
        for step in _ordered(job):
            inputs, found = resolving.inputs(step)
            faults += found
            planned.append(resolving.planned(step, inputs))
    if faults:
        raise SpecError(faults)
    return Plan(
        kind=job.kind,
        name=job.name,
        display_name=job.display_name,
        description=job.description,
        experiment_name=job.experiment_name or "Default",
        tags=job.tags,
        inputs=tuple((i.name, _told(i, _places(job))) for i in job.inputs),
        steps=tuple(planned),
        outputs=tuple(_published(job)),
        continue_on_step_failure=job.continue_on_step_failure,
        force_rerun=job.force_rerun,
        notes=job.notes + tuple(f"{fault.thing}: {fault.reason}; {_LOOK}" for fault in lacking),
    )


def lacks(job: Job) -> Iterator[Fault]:
    """What keeps the job from being submitted, though it can be planned: missing data, components that nobody has."""
    yield from job.missing
    for step in job.steps:
        if step.unresolved:
            mend = "register it, or name a folder of component files: --components FOLDER"
            yield Fault(f'step "{step.name}"', f"component {step.unresolved} is not registered here", mend, step.origin)


def _places(job: Job) -> _Places:
    codes = {code: f"code/{n}" for n, code in enumerate(dict.fromkeys(s.code for s in job.steps if s.code is not None))}
    data: dict[Path, str] = {}
    for i in job.inputs:
        if isinstance(i.value, Path):
            data.setdefault(i.value, _data_place(i.name, i.value))
    for step in job.steps:
        for name, given in step.inputs:
            if isinstance(given.value, Path):
                data.setdefault(given.value, _data_place(f"{step.name}__{name}", given.value))
    return _Places(codes, data)


def _data_place(name: str, source: Path) -> str:
    return f"data/{name}" if source.is_dir() else f"data/{name}/{source.name}"


def _told(given: JobInput, places: _Places) -> str:
    match given.value:
        case Elsewhere(uri):
            return uri
        case Absent():
            return f"data/{given.name}"
        case Path():
            return places.data[given.value].removesuffix(f"/{given.value.name}")
    return given.value


def _edges(job: Job) -> dict[str, list[str]]:
    """For each step, the steps it needs, in the author's order."""
    return {
        step.name: list(dict.fromkeys(g.value.step for _, g in step.inputs if isinstance(g.value, StepOutput)))
        for step in job.steps
    }


def _ordered(job: Job) -> Iterator[Step]:
    """The steps, each after those it needs; among equals the author's order."""
    steps = {step.name: step for step in job.steps}
    edges = _edges(job)
    missing = {name: len(needs) for name, needs in edges.items()}
    waiting: dict[str, list[str]] = {name: [] for name in steps}
    for name, needs in edges.items():
        for need in needs:
            waiting[need].append(name)
    rank = {name: number for number, name in enumerate(steps)}
    ready = sorted((name for name in steps if not missing[name]), key=rank.__getitem__)
    while ready:
        name = ready.pop(0)
        yield steps[name]
        for after in waiting[name]:
            missing[after] -= 1
            if not missing[after]:
                insort(ready, after, key=rank.__getitem__)


def _cycle(job: Job) -> Iterator[Fault]:
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


def _unknown_sources(job: Job) -> Iterator[Fault]:
    outputs = {step.name: [port.name for port in step.makes] for step in job.steps}
    inputs = [i.name for i in job.inputs]
    for step in job.steps:
        for name, given in step.inputs:
            thing, at = _thing(step, name), _at(step, name)
            match given.value:
                case ParentInput(wanted) if wanted not in inputs:
                    yield Fault(thing, f'the pipeline has no input "{wanted}"', near(wanted, inputs, "inputs"), at)
                case StepOutput(source, _) if source not in outputs:
                    yield Fault(thing, f'there is no step "{source}"', near(source, list(outputs), "jobs"), at)
                case StepOutput(source, wanted) if wanted not in outputs[source]:
                    reason = f'step "{source}" makes no output "{wanted}"'
                    yield Fault(thing, reason, near(wanted, outputs[source], f"{source}.outputs"), at)


def _shared_outputs(job: Job) -> Iterator[Fault]:
    """Outputs of the job that are none, or that two steps make."""
    known = [port.name for port in job.outputs]
    makers: dict[str, str] = {}
    for step in job.steps:
        for name, target in step.outputs:
            if not target.publishes:
                continue
            thing, at = f'step "{step.name}", output "{name}"', step.origin.of(f"outputs.{name}")
            if target.publishes not in known:
                mend = near(target.publishes, known, "outputs")
                yield Fault(thing, f'the pipeline has no output "{target.publishes}"', mend, at)
            elif target.publishes in makers:
                reason = f'output "{target.publishes}" of the pipeline is what step "{makers[target.publishes]}" makes'
                yield Fault(thing, reason, "give the pipeline an output for each of the two", at)
            makers.setdefault(target.publishes, step.name)


class _Resolving:
    """What all steps of one job are resolved against."""

    def __init__(self, job: Job) -> None:
        self._inputs = {i.name: i for i in job.inputs}
        self._steps = {step.name: step for step in job.steps}
        self._places = _places(job)

    def planned(self, step: Step, inputs: tuple[PlannedInput, ...]) -> PlannedStep:
        """The step of the plan."""
        targets = dict(step.outputs)
        return PlannedStep(
            name=step.name,
            display_name=step.display_name,
            command=step.command,
            code=self._places.codes[step.code] if step.code is not None else "",
            environment=step.environment,
            environment_variables=step.environment_variables,
            timeout_seconds=step.timeout_seconds,
            inputs=inputs,
            outputs=tuple(
                PlannedOutput(
                    port.name,
                    port.type or "uri_folder",
                    mode=target.mode,
                    destination=target.destination,
                    asset_name=target.asset_name,
                    asset_version=target.asset_version,
                )
                for port in step.makes
                for target in [targets.get(port.name, Target())]
            ),
            compute=step.compute,
            instance_count=step.instance_count,
            distribution=step.distribution,
            sweep=step.sweep,
            parallel=step.parallel,
            is_deterministic=step.is_deterministic,
            low_priority=step.low_priority,
            component=step.component,
            unresolved=step.unresolved,
        )

    def inputs(self, step: Step) -> tuple[tuple[PlannedInput, ...], list[Fault]]:
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
            binding, kind, mode = self._binding(step, name, given[name])
            planned.append(PlannedInput(name, port.type or kind, binding, mode))
            if isinstance(binding, Constant) and port.type in LITERAL_TYPES:
                faults += [
                    Fault(_thing(step, name), reason, mend, _at(step, name))
                    for reason, mend in _misfits(port, binding.text)
                ]
        return tuple(planned), faults

    def _binding(self, step: Step, name: str, given: Given) -> tuple[Binding, str, str]:
        """Where the value comes from, the type of it, and the mode."""
        match given.value:
            case ParentInput(wanted):
                source = self._inputs[wanted]
                binding, kind = self._outside(wanted, source.value, source.type)
                return binding, kind, given.mode or source.mode
            case StepOutput(other, wanted):
                made = next(port for port in self._steps[other].makes if port.name == wanted)
                return FromStep(other, wanted), made.type or "uri_folder", given.mode
            case Chosen(dimension):
                return FromSearch(dimension), _searched_type(step, dimension), given.mode
        binding, kind = self._outside(f"{step.name}__{name}", given.value, given.type)
        return binding, kind, given.mode

    def _outside(self, name: str, value: str | Path | Absent | Elsewhere, kind: str) -> tuple[Binding, str]:
        match value:
            case Path():
                return FromSnapshot(self._places.data[value]), kind or ("uri_folder" if value.is_dir() else "uri_file")
            case Absent(is_file):
                return FromSnapshot(f"data/{name}/missing" if is_file else f"data/{name}"), kind or "uri_folder"
            case Elsewhere(uri):
                return FromReference(uri), kind or "uri_folder"
        return Constant(value), kind or "string"


def _searched_type(step: Step, dimension: str) -> str:
    found: list[Dimension] = [d for d in (step.sweep.space if step.sweep else ()) if d.name == dimension]
    kinds = {"choice": "string", "randint": "integer"}
    return kinds.get(found[0].kind, "number") if found else "string"


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


def _published(job: Job) -> Iterator[PublishedOutput]:
    for step in job.steps:
        for name, target in step.outputs:
            if target.publishes:
                yield PublishedOutput(target.publishes, step.name, name)


def near(wanted: str, known: list[str], where: str) -> str:
    """The mend for a name that is not known: the nearest one, or what there is."""
    if close := get_close_matches(wanted, known, n=1):
        return f'did you mean "{close[0]}"?'
    return f"{where} has {', '.join(known)}" if known else f"add it to {where}"


def _thing(step: Step, name: str) -> str:
    return f'step "{step.name}", input "{name}"'


def _at(step: Step, name: str) -> Origin:
    return step.origin.of(f"inputs.{name}")
