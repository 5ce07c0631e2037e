"""The steps of a pipeline, with those of the pipelines within it, as one list.

A pipeline component is read anew for each step that uses it, on the level of that step. What leads to its outputs is
led on to the steps that make them when all steps are known.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from cloister.jobs.planning.expressions import ParentInput, StepOutput
from cloister.jobs.planning.job import Given, Port, Step, Target
from cloister.jobs.planning.soundness import MOST_STEPS
from cloister.jobs.reading.commands import command_step
from cloister.jobs.reading.components import ComponentFinder, Found, Unresolved, component_kind
from cloister.jobs.reading.findings import Findings
from cloister.jobs.reading.inputs import given_inputs
from cloister.jobs.reading.kinds import COMPONENT_KINDS, STEP_KINDS, kind_fault
from cloister.jobs.reading.levels import Level, below
from cloister.jobs.reading.outputs import given_outputs
from cloister.jobs.reading.parallels import parallel_step
from cloister.jobs.reading.positions import Part
from cloister.jobs.reading.sparks import spark_step
from cloister.jobs.reading.steps import Written, origin_of, ports_of
from cloister.jobs.reading.sweeps import sweep_step

# How deep pipelines may stand in each other; Azure ML has no such bound, its people have.
_DEEPEST = 20

_MAKERS: Mapping[str, Callable[[Written, Findings], Step]] = {
    "command": command_step,
    "sweep": sweep_step,
    "parallel": parallel_step,
    "spark": spark_step,
}
# The table of keys of a step, by its kind and whether it names a component.
_INLINE = {"command": "command_step", "parallel": "parallel_step", "spark": "spark_step"}
_WITH_COMPONENT = {
    "command": "command_component_step",
    "parallel": "parallel_component_step",
    "spark": "spark_component_step",
    "pipeline": "pipeline_step",
    "sweep": "sweep_step",
}


# Stands between the name of a nested pipeline and that of its output; no name can hold it.
_HANDED = "\0"


class PipelineReader:
    """Reads the steps of one job."""

    def __init__(self, finder: ComponentFinder, findings: Findings) -> None:
        self._finder = finder
        self._findings = findings
        self._steps: list[Step] = []
        # Where an output of a nested pipeline comes from.
        self._led: dict[tuple[str, str], tuple[str, str]] = {}
        self._count = 0

    def read(self, pipeline: Part, level: Level) -> tuple[Step, ...]:
        """All steps of the pipeline, in the order in which they are written, inner ones where their pipeline stands."""
        if len(pipeline.part("jobs").values) > MOST_STEPS:
            self._too_many(pipeline)
            return ()
        self._level(pipeline, level, ((pipeline.document.file, pipeline.path),))
        return _led_on(self._steps, self._led)

    def _too_many(self, pipeline: Part) -> None:
        mend = f"give 1 to {MOST_STEPS} steps; a parallel step or a sweep does the same thing many times"
        self._findings.refuse("jobs", f"there are more than {MOST_STEPS} steps", mend, pipeline.origin("jobs"))

    def _level(self, pipeline: Part, level: Level, within: tuple[object, ...]) -> None:
        steps = pipeline.part("jobs")
        if not steps.values:
            mend = "write at least one step under jobs"
            self._findings.refuse("jobs", "the pipeline has no steps", mend, pipeline.origin("jobs"))
        for name in steps.values:
            self._count += 1
            if self._count > MOST_STEPS:
                self._too_many(pipeline)
                return
            self._step(steps.part(name), name, level, within)

    def _step(self, step: Part, name: str, level: Level, within: tuple[object, ...]) -> None:
        full = f"{level.prefix}{name}"
        thing = f'step "{full}"'
        kind = step.text("type").lower()
        key = "trial" if kind == "sweep" else "component"
        if kind and kind not in STEP_KINDS:
            self._findings.add([kind_fault(thing, kind, STEP_KINDS, step.origin("type"))])
            return
        inline = key not in step.values
        found: Found | Unresolved | None = None
        if not inline:
            found = self._finder.find(step, key, thing)
            if found is None:
                return
        kind = kind or (found.kind if isinstance(found, Found) else "command")
        place = (_INLINE if inline else _WITH_COMPONENT).get(kind, "")
        if not place:
            self._without_component(kind, step, thing)
            return
        self._findings.keys(step, place, prefix=f"{thing}: ")
        if isinstance(found, Unresolved):
            self._steps.append(unresolved_step(step, full, found, level, self._findings))
            return
        written = Written(
            full,
            step,
            found.part if found is not None else step,
            level,
            inline,
            found.registered if found is not None else "",
        )
        if found is not None and not self._component_fits(written, kind, key):
            return
        if kind == "pipeline":
            self._nested(written, name, within)
        else:
            self._steps.append(_MAKERS[kind](written, self._findings))

    def _without_component(self, kind: str, step: Part, thing: str) -> None:
        mend = "write the inner pipeline into a file of its own: component: ./inner.yml"
        if kind == "sweep":
            mend = "write the command under trial, or name a component's file there"
        self._findings.refuse(
            thing, f"is a {kind} without its {'trial' if kind == 'sweep' else 'component'}", mend, step.origin()
        )

    def _component_fits(self, written: Written, kind: str, key: str) -> bool:
        """Judge the keys of the component, and whether it is one for this kind of step."""
        component, thing = written.component, written.thing
        if key == "trial" and component.document is written.step.document:
            self._findings.keys(component, "trial", prefix=f"{thing}: ")
            return True
        own = component_kind(component)
        if own not in COMPONENT_KINDS:
            fault = kind_fault(f"{thing}, its component", own, COMPONENT_KINDS, component.origin("type"))
            self._findings.add([fault])
            return False
        self._findings.keys(component, f"{own}_component", prefix=f"{thing}: ")
        if own != ("command" if kind == "sweep" else kind):
            mend = f"write type: {own} in the step"
            self._findings.refuse(
                thing, f"is a {kind} step, and its component is of type {own}", mend, written.step.origin("type")
            )
            return False
        return True

    def _nested(self, written: Written, name: str, within: tuple[object, ...]) -> None:
        """The steps of a pipeline component, on a level of their own."""
        component = written.component
        here = (component.document.file, component.path)
        if here in within or len(within) > _DEEPEST:
            reason = "its pipeline contains itself" if here in within else f"stands more than {_DEEPEST} pipelines deep"
            mend = "a pipeline cannot hold itself: move what is shared into a command component"
            self._findings.refuse(written.thing, reason, mend, written.step.origin("component"))
            return
        ports = ports_of(written, self._findings)
        _check_required(written, ports.takes, ports.inputs, self._findings)
        # Whoever makes an output of the pipeline is found by this mark, once its steps are read.
        targets = {
            port.name: replace(ports.outputs.get(port.name, Target()), publishes=f"{written.name}{_HANDED}{port.name}")
            for port in ports.makes
        }
        level = below(
            written.level,
            name,
            inputs={port.name: ports.inputs.get(port.name) for port in ports.takes},
            literals=literals_of(ports.inputs, written.level),
            targets=targets,
            target_types={port.name: port.type for port in ports.makes},
            steps=tuple(component.part("jobs").values),
        )
        before = len(self._steps)
        self._level(component, level, (*within, here))
        self._hand_on(written.name, ports.outputs, before)
        self._unmade(written, [port.name for port in ports.makes])

    def _hand_on(self, name: str, outputs: Mapping[str, Target], before: int) -> None:
        """Note who makes each output of the pipeline that was just read, and give it the pipeline's own target."""
        for number in range(before, len(self._steps)):
            step = self._steps[number]
            kept: list[tuple[str, Target]] = []
            for output, target in step.outputs:
                owner, _, handed = target.publishes.partition(_HANDED)
                if handed and owner == name:
                    self._lead((name, handed), (step.name, output), step)
                    outer = outputs.get(handed, Target()).publishes
                    kept.append((output, replace(target, publishes=outer)))
                else:
                    kept.append((output, target))
            self._steps[number] = replace(step, outputs=tuple(kept))

    def _lead(self, output: tuple[str, str], maker: tuple[str, str], step: Step) -> None:
        """Note who makes the output of a nested pipeline, which one step can."""
        if other := self._led.get(output):
            reason = f'output "{output[1]}" of {output[0]} is what step "{other[0]}" makes'
            mend = "give the pipeline an output for each of the two"
            self._findings.refuse(f'step "{step.name}", output "{maker[1]}"', reason, mend, step.origin)
        self._led[output] = maker

    def _unmade(self, written: Written, outputs: list[str]) -> None:
        for name in outputs:
            if self._findings.is_clean and (written.name, name) not in self._led:
                reason = f'no step of its pipeline makes the output "{name}"'
                mend = f"bind an output of one of its steps: ${{{{parent.outputs.{name}}}}}"
                self._findings.refuse(written.thing, reason, mend, written.component.origin("outputs", name))


def _check_required(written: Written, takes: tuple[Port, ...], inputs: Mapping[str, Given], findings: Findings) -> None:
    for port in takes:
        if port.name not in inputs and not port.optional:
            told = f'{written.thing}, input "{port.name}"'
            mend = f'add "{port.name}" to the inputs of {written.thing}'
            findings.refuse(told, "is required and not given", mend, written.step.origin())


def literals_of(inputs: Mapping[str, Given], outer: Level) -> dict[str, str]:
    """The text of each input that is a literal here, or further out."""
    found: dict[str, str] = {}
    for name, given in inputs.items():
        if isinstance(given.value, str):
            found[name] = given.value
        elif isinstance(given.value, ParentInput) and given.value.name in outer.literals:
            found[name] = outer.literals[given.value.name]
    return found


def unresolved_step(step: Part, full: str, found: Unresolved, level: Level, findings: Findings) -> Step:
    """A step whose component nobody here has: its ports are those that the job speaks of."""
    thing = f'step "{full}"'
    inputs = given_inputs(step, level, findings, thing)
    outputs = given_outputs(step, level, findings, thing)
    return Step(
        name=full,
        command="",
        origin=origin_of(step),
        takes=tuple(Port(name, given.type) for name, given in inputs.items()),
        inputs=tuple(inputs.items()),
        makes=tuple(port for port, _ in outputs.values()),
        outputs=tuple((name, target) for name, (_, target) in outputs.items()),
        unresolved=found.reference,
    )


def _led_on(steps: list[Step], led: Mapping[tuple[str, str], tuple[str, str]]) -> tuple[Step, ...]:
    """The steps with each reference to an output of a nested pipeline led on to the step that makes it."""

    def maker(value: StepOutput) -> StepOutput:
        at = (value.step, value.name)
        while at in led:
            at = led[at]
        return StepOutput(*at)

    led_on = [
        replace(
            step,
            inputs=tuple(
                (name, replace(given, value=maker(given.value)) if isinstance(given.value, StepOutput) else given)
                for name, given in step.inputs
            ),
        )
        for step in steps
    ]
    return tuple(_with_wanted_outputs(step, led_on) for step in led_on)


def _with_wanted_outputs(step: Step, steps: list[Step]) -> Step:
    """An unresolved step with every output that another one reads; its own component would have told them."""
    if not step.unresolved:
        return step
    makes = {port.name: port for port in step.makes}
    for other in steps:
        types = {port.name: port.type for port in other.takes}
        for name, given in other.inputs:
            if isinstance(given.value, StepOutput) and given.value.step == step.name:
                known = makes.get(given.value.name, Port(given.value.name))
                makes[given.value.name] = replace(known, type=known.type or types.get(name, ""))
    return replace(step, makes=tuple(makes.values()))
