"""A plan: what will run, in which order, on what. Pure; the same plan goes over the wire and into the database.

A plan that can be built is sound: names are safe as folder names, every reference leads to an earlier step, and no
path leaves the snapshot. The server builds it anew from JSON, so a plan made by hand is held to the same rules.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Literal

from cloister.errors import Fault, SpecError
from cloister.jobs.planning.expressions import ExpressionError, OwnInput, OwnOutput, parse_command, references
from cloister.jobs.reading.job import DATA_TYPES, FOLDER_TYPES, LITERAL_TYPES

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
_JOB_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}")
_MEMBER = re.compile(r"(code|data)/[A-Za-z0-9_]{1,255}(/[^/\x00]{1,255})?")
_MOST_STEPS = 1000


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal, as the text that goes into the command line."""

    text: str
    kind: Literal["constant"] = "constant"


@dataclass(frozen=True, slots=True)
class FromSnapshot:
    """A file or folder that the author sent along: its path in the snapshot."""

    path: str
    kind: Literal["snapshot"] = "snapshot"


@dataclass(frozen=True, slots=True)
class FromStep:
    """An output of an earlier step."""

    step: str
    output: str
    kind: Literal["step"] = "step"


Binding = Constant | FromSnapshot | FromStep


@dataclass(frozen=True, slots=True)
class PlannedInput:
    """An input with where its value comes from."""

    name: str
    type: str
    binding: Binding


@dataclass(frozen=True, slots=True)
class PlannedOutput:
    """An output and its type; `uri_file` is one file, everything else a folder."""

    name: str
    type: str

    @property
    def is_file(self) -> bool:
        """Whether the command writes one file there."""
        return self.type == "uri_file"


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One command, ready to run. `code` is the snapshot's folder that becomes the working folder, or empty."""

    name: str
    command: str
    inputs: tuple[PlannedInput, ...] = ()
    outputs: tuple[PlannedOutput, ...] = ()
    code: str = ""
    display_name: str = ""
    environment: str = ""
    environment_variables: tuple[tuple[str, str], ...] = ()
    timeout_seconds: int | None = None

    @property
    def needs(self) -> frozenset[str]:
        """The steps whose outputs this one reads."""
        return frozenset(i.binding.step for i in self.inputs if isinstance(i.binding, FromStep))


@dataclass(frozen=True, slots=True)
class PublishedOutput:
    """An output of the job: which step's output it is."""

    name: str
    step: str
    output: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What will run. `steps` is in an order in which each comes after all that it needs; `notes` is for the record."""

    kind: Literal["pipeline", "command"]
    experiment_name: str
    steps: tuple[PlannedStep, ...]
    name: str = ""
    display_name: str = ""
    description: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
    outputs: tuple[PublishedOutput, ...] = ()
    continue_on_step_failure: bool = False
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if faults := tuple(_faults(self)):
            raise SpecError(faults)

    def step(self, name: str) -> PlannedStep:
        """The step of that name; KeyError where there is none."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)

    @property
    def waves(self) -> tuple[tuple[PlannedStep, ...], ...]:
        """The steps in groups that may run side by side; the same plan always gives the same groups."""
        sorter = TopologicalSorter({step.name: step.needs for step in self.steps})
        sorter.prepare()
        waves: list[tuple[PlannedStep, ...]] = []
        while sorter.is_active():
            ready = set(sorter.get_ready())
            waves.append(tuple(step for step in self.steps if step.name in ready))
            sorter.done(*ready)
        return tuple(waves)


def _faults(plan: Plan) -> Iterator[Fault]:
    if plan.name and not _JOB_NAME.fullmatch(plan.name):
        yield Fault(f'job "{plan.name}"', "is no name for a job", "use letters, digits, hyphens and underscores")
    if not plan.experiment_name or not plan.experiment_name.isprintable():
        yield Fault("experiment_name", "is empty or not printable", "name the experiment that the runs belong to")
    if not 0 < len(plan.steps) <= _MOST_STEPS:
        yield Fault("jobs", f"there are {len(plan.steps)} steps", f"give 1 to {_MOST_STEPS} steps")
    made: dict[str, dict[str, PlannedOutput]] = {}
    for step in plan.steps:
        yield from _name_faults(step, made)
        yield from _command_faults(step)
        for wanted in step.inputs:
            yield from _binding_faults(step, wanted, made)
        made[step.name] = {output.name: output for output in step.outputs}
    for published in plan.outputs:
        if published.output not in made.get(published.step, {}):
            reason = f'step "{published.step}" makes no output "{published.output}"'
            yield Fault(f'output "{published.name}"', reason, "bind it to an output that a step makes")


def _name_faults(step: PlannedStep, made: dict[str, dict[str, PlannedOutput]]) -> Iterator[Fault]:
    thing = f'step "{step.name}"'
    if step.name in made:
        yield Fault(thing, "is there twice", "give each step a name of its own")
    named = {"step": [step.name], "input": [i.name for i in step.inputs], "output": [o.name for o in step.outputs]}
    for what, names in named.items():
        for name in names:
            if not _NAME.fullmatch(name):
                mend = "use letters, digits and underscores, and no digit in front"
                yield Fault(thing, f'"{name}" is no name for a step, an input or an output', mend)
        for twice in sorted({name for name in names if names.count(name) > 1}):
            yield Fault(thing, f'{what} "{twice}" is there twice', f"keep one {what} of that name")
    yield from _setting_faults(step, thing)


def _setting_faults(step: PlannedStep, thing: str) -> Iterator[Fault]:
    for output in step.outputs:
        if output.type not in DATA_TYPES:
            yield Fault(thing, f'output "{output.name}" has the type "{output.type}"', _one_of(DATA_TYPES))
    if step.code and not _is_member(step.code):
        yield Fault(thing, f'"{step.code}" is no folder of the snapshot', "let cloister job create make the snapshot")
    if step.timeout_seconds is not None and step.timeout_seconds <= 0:
        reason = f"a timeout of {step.timeout_seconds} seconds"
        yield Fault(thing, reason, "give limits.timeout in whole seconds, from 1")
    if any("=" in name or not name or "\0" in name + value for name, value in step.environment_variables):
        yield Fault(thing, "an environment variable has an impossible name or value", "name it with letters and digits")


def _command_faults(step: PlannedStep) -> Iterator[Fault]:
    thing = f'step "{step.name}"'
    if not step.command.strip() or "\0" in step.command:
        yield Fault(thing, "has no command", "give it a command")
    try:
        used = tuple(references(parse_command(step.command)))
    except ExpressionError as error:
        yield Fault(thing, f"the command holds an expression that cannot be used: {error}", "use ${{inputs.NAME}}")
        return
    inputs = {i.name for i in step.inputs}
    outputs = {o.name for o in step.outputs}
    for reference, optional in used:
        match reference:
            case OwnInput(name):
                if name not in inputs and not optional:
                    yield Fault(thing, f'the command uses input "{name}", which is not given', "add it to inputs")
            case OwnOutput(name):
                if name not in outputs:
                    yield Fault(
                        thing, f'the command uses output "{name}", which it does not declare', "add it to outputs"
                    )
            case _:
                mend = "declare an input, bind it to that, and use ${{inputs.NAME}} in the command"
                yield Fault(thing, "the command refers to the pipeline directly", mend)


def _binding_faults(
    step: PlannedStep, wanted: PlannedInput, made: dict[str, dict[str, PlannedOutput]]
) -> Iterator[Fault]:
    thing = f'step "{step.name}", input "{wanted.name}"'
    if wanted.type not in DATA_TYPES | LITERAL_TYPES:
        yield Fault(thing, f'the type "{wanted.type}" is unknown', _one_of(DATA_TYPES | LITERAL_TYPES))
        return
    match wanted.binding:
        case Constant(text):
            if wanted.type in DATA_TYPES:
                yield Fault(
                    thing, f'takes {wanted.type}, but is given the literal "{text}"', "give it a path or an output"
                )
            elif "\0" in text:
                yield Fault(thing, "holds a zero byte", "leave it out")
        case FromSnapshot(path):
            if not _is_member(path):
                yield Fault(thing, f'"{path}" is not in the snapshot', "let cloister job create make the snapshot")
            elif wanted.type in LITERAL_TYPES:
                yield Fault(thing, f"takes a {wanted.type}, but is given data", "declare it as uri_file or uri_folder")
        case FromStep(source, output):
            if output not in made.get(source, {}):
                reason = f'refers to output "{output}" of step "{source}", which is no earlier step that makes it'
                yield Fault(thing, reason, "refer to an output that another step declares")
            else:
                yield from _shape_faults(thing, wanted.type, made[source][output].type)


def _shape_faults(thing: str, wanted: str, given: str) -> Iterator[Fault]:
    if wanted in LITERAL_TYPES:
        yield Fault(thing, f"takes a {wanted}, but is given an output ({given})", "declare it with the output's type")
    elif (wanted in FOLDER_TYPES) != (given in FOLDER_TYPES):
        yield Fault(thing, f"takes {wanted}, but is given {given}", "give both the same type")


def _is_member(path: str) -> bool:
    return bool(_MEMBER.fullmatch(path)) and not any(part in (".", "..") for part in path.split("/"))


def _one_of(types: frozenset[str]) -> str:
    return f"use one of {', '.join(sorted(types))}"
