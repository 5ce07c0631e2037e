"""What steps of all kinds have in common: ports, inputs, outputs, where they run."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches

from cloister.jobs.planning.job import Chosen, Given, Port, Step, Target
from cloister.jobs.planning.resolve import near
from cloister.jobs.reading.code import code_of
from cloister.jobs.reading.environments import environment_of
from cloister.jobs.reading.findings import Findings
from cloister.jobs.reading.inputs import declared_inputs, given_inputs
from cloister.jobs.reading.levels import Level
from cloister.jobs.reading.machine import (
    compute_name,
    distribution,
    environment_variables,
    is_low_priority,
    note_resources,
    whole_number,
)
from cloister.jobs.reading.outputs import declared_outputs, given_outputs
from cloister.jobs.reading.positions import Part
from cloister.origin import Origin


@dataclass(frozen=True, slots=True)
class Written:
    """A step as it is written: by its place in the job, and the component that it names.

    Where the command stands in the step itself, `component` is that part of the document, and `inline` says so.
    `registered` is `NAME:VERSION` of a registered component.
    """

    name: str
    step: Part
    component: Part
    level: Level
    inline: bool
    registered: str = ""

    @property
    def thing(self) -> str:
        """What an error calls it."""
        return f'step "{self.name}"'

    @property
    def parts(self) -> list[Part]:
        """Where a setting may be written, the nearer first."""
        return [self.step] if self.component == self.step else [self.step, self.component]


@dataclass(frozen=True, slots=True)
class Ports:
    """What a step takes and makes, and what is bound to it."""

    takes: tuple[Port, ...]
    inputs: Mapping[str, Given]
    makes: tuple[Port, ...]
    outputs: Mapping[str, Target]


def common(written: Written, findings: Findings, *, resources: str = "resources") -> Step:
    """The step without what its own kind adds: no command, no environment of its own kind."""
    step, level, thing = written.step, written.level, written.thing
    ports = ports_of(written, findings)
    note_resources(written.parts, findings, thing, place=resources)
    findings.keys(
        step.part("limits"), "limits" if step.text("type") != "sweep" else "sweep_limits", prefix=f"{thing}: "
    )
    return Step(
        name=written.name,
        command="",
        origin=origin_of(step),
        code=code_of(written.component, findings, thing),
        display_name=step.text("display_name") or written.component.text("display_name"),
        environment_variables=tuple(
            sorted(environment_variables(list(reversed(written.parts)), level, findings, thing).items())
        ),
        timeout_seconds=whole_number([step], ("limits", "timeout"), level, findings, thing),
        takes=ports.takes,
        inputs=tuple(ports.inputs.items()),
        makes=ports.makes,
        outputs=tuple(ports.outputs.items()),
        compute=compute_name(step, level, findings, thing),
        instance_count=whole_number(written.parts, ("resources", "instance_count"), level, findings, thing) or 1,
        distribution=distribution(written.parts, level, findings, thing),
        is_deterministic=written.component.get("is_deterministic") is not False,
        low_priority=is_low_priority(written.parts, findings, thing),
        component=written.registered,
    )


def with_environment(step: Step, written: Written, findings: Findings) -> Step:
    """The step with its environment, which is refused where there is none."""
    for part in written.parts:
        if (found := environment_of(part, findings, written.thing)) is not None:
            return replace(step, environment=found)
        if part.get("environment") is not None:
            return step
    mend = 'add the key "environment": azureml:cloister-sklearn@latest'
    findings.refuse(written.thing, "has no environment", mend, written.component.origin())
    return step


def ports_of(written: Written, findings: Findings) -> Ports:
    """The ports of a step: those that its component declares, or those that it gives where it is its own component."""
    step, level, thing = written.step, written.level, written.thing
    inputs = given_inputs(step, level, findings, thing)
    outputs = given_outputs(step, level, findings, thing)
    targets = {name: target for name, (_, target) in outputs.items()}
    if written.inline:
        takes = tuple(Port(name, _told_type(given)) for name, given in inputs.items())
        return Ports(takes, inputs, tuple(port for port, _ in outputs.values()), targets)
    declared = declared_inputs(written.component, findings)
    makes = declared_outputs(written.component, findings)
    for port, default in declared:
        if port.name not in inputs and default is not None:
            inputs[port.name] = Given(default, port.type)
    _check_known(step, "inputs", [port.name for port, _ in declared], findings, thing)
    _check_known(step, "outputs", [port.name for port in makes], findings, thing)
    known = {port.name for port, _ in declared}
    inputs = {name: given for name, given in inputs.items() if name in known}
    return Ports(tuple(port for port, _ in declared), inputs, makes, targets)


def _told_type(given: Given) -> str:
    """The type of an input that nobody declared; empty where what it is bound to decides."""
    return given.type if not isinstance(given.value, Chosen) else ""


def _check_known(step: Part, kind: str, known: list[str], findings: Findings, thing: str) -> None:
    """What the step gives that its component does not have. The SDK drops it without a word, and typos with it."""
    what = kind.removesuffix("s")
    for name in step.part(kind).values:
        if name in known:
            continue
        told, reason = f'{thing}, {what} "{name}"', f"the component has no such {what}"
        if get_close_matches(name, known, n=1) or what == "output":
            findings.refuse(told, reason, near(name, known, f"the component's {kind}"), step.origin(kind, name))
        else:
            findings.note(f"{told}: {reason}; it is dropped, as Azure ML does")


def origin_of(part: Part) -> Origin:
    """The place of a step, with those of its inputs and outputs."""
    at = part.origin()
    fields = [
        (f"{kind}.{name}", part.origin(kind, name)) for kind in ("inputs", "outputs") for name in part.part(kind).values
    ]
    return Origin(at.file, at.line, at.column, fields=tuple((name, o.line, o.column) for name, o in fields))
