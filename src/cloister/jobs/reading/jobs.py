"""A job's document as values: its own settings, and the steps in it."""

from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from cloister.jobs.planning.expressions import ParentInput
from cloister.jobs.planning.job import SINGLE_STEP, Absent, Elsewhere, Given, Job, JobInput, Port, Step, Target
from cloister.jobs.planning.plan import PlanKind
from cloister.jobs.planning.resolve import near
from cloister.jobs.reading.commands import command_step
from cloister.jobs.reading.components import ComponentFinder, Found, Unresolved
from cloister.jobs.reading.findings import Findings
from cloister.jobs.reading.inputs import declared_inputs, given_inputs
from cloister.jobs.reading.kinds import kind_fault
from cloister.jobs.reading.levels import DEFAULT_DATASTORE, Level
from cloister.jobs.reading.outputs import declared_outputs, given_outputs
from cloister.jobs.reading.pipelines import PipelineReader, unresolved_step
from cloister.jobs.reading.positions import Document, Part
from cloister.jobs.reading.sparks import spark_step
from cloister.jobs.reading.steps import Written
from cloister.jobs.reading.sweeps import sweep_step

JOB_KINDS: tuple[PlanKind, ...] = get_args(PlanKind)
_MAKERS = {"command": command_step, "sweep": sweep_step, "spark": spark_step}


def job_kind(document: Document, findings: Findings) -> PlanKind:
    """What kind of job the document holds: a command where no type is written."""
    written = str(document.root.get("type", "command")).lower()
    for kind in JOB_KINDS:
        if written == kind:
            return kind
    findings.add([kind_fault("type", written, JOB_KINDS, document.origin("type"))])
    return "command"


def read_job(document: Document, kind: PlanKind, finder: ComponentFinder, findings: Findings) -> Job:
    """The job. It holds what could be read: whoever asked has to look at the findings first."""
    root, settings = document.whole, document.whole.part("settings")
    findings.keys(root, f"{kind}_job")
    findings.keys(settings, "settings")
    inputs: tuple[JobInput, ...] = ()
    outputs: tuple[Port, ...] = ()
    if kind == "pipeline":
        inputs, outputs, steps = _Pipeline(root, finder, findings).read()
    else:
        steps = (_single(root, kind, finder, findings),)
    return Job(
        kind=kind,
        origin=document.origin(),
        steps=steps,
        name=root.text("name"),
        display_name=root.text("display_name"),
        description=root.text("description"),
        experiment_name=root.text("experiment_name"),
        tags=tuple(sorted((key, str(value)) for key, value in root.part("tags").values.items())),
        inputs=inputs,
        outputs=outputs,
        # Azure ML goes on where nothing is said (reference-yaml-job-pipeline, settings; read 2026-11).
        continue_on_step_failure=settings.get("continue_on_step_failure") is not False,
        force_rerun=settings.get("force_rerun") is True,
        notes=findings.notes,
        missing=findings.missing,
    )


def _single(root: Part, kind: str, finder: ComponentFinder, findings: Findings) -> Step:
    """The one step of a job that is no pipeline."""
    level = Level(is_pipeline=False)
    if kind != "sweep":
        return _MAKERS[kind](Written(SINGLE_STEP, root, root, level, inline=True), findings)
    found = finder.find(root, "trial", "the sweep job") if root.get("trial") is not None else None
    if isinstance(found, Unresolved):
        return unresolved_step(root, SINGLE_STEP, found, level, findings)
    if found is None:
        findings.refuse("trial", "the sweep job has no trial", "write the command under trial", root.origin())
        return Step(SINGLE_STEP, "", root.origin())
    inline = found.part.document is root.document
    findings.keys(found.part, "trial" if inline else "command_component")
    return sweep_step(Written(SINGLE_STEP, root, found.part, level, inline, found.registered), findings)


class _Pipeline:
    """A pipeline job: its own steps, or those of the component that it names."""

    def __init__(self, root: Part, finder: ComponentFinder, findings: Findings) -> None:
        self._root = root
        self._finder = finder
        self._findings = findings
        datastore = root.part("settings").text("default_datastore").removeprefix("azureml:")
        self._outside = Level(is_pipeline=False, datastore=datastore or DEFAULT_DATASTORE)

    def read(self) -> tuple[tuple[JobInput, ...], tuple[Port, ...], tuple[Step, ...]]:
        """The inputs and outputs of the job, and its steps."""
        root, findings = self._root, self._findings
        given = given_inputs(root, self._outside, findings)
        outputs = given_outputs(root, self._outside, findings)
        targets = {name: target for name, (_, target) in outputs.items()}
        ports = {name: port for name, (port, _) in outputs.items()}
        body = root
        if root.get("component") is not None:
            found = self._finder.find(root, "component", "the pipeline job")
            if not isinstance(found, Found):
                return (), (), self._without(found)
            body = found.part
            findings.keys(body, "pipeline_component")
            given = self._declared(body, given)
            ports = {port.name: port for port in declared_outputs(body, findings)}
            targets = {name: targets.get(name, Target()) for name in ports}
        steps = PipelineReader(self._finder, findings).read(body, self._level(body, given, ports, targets))
        made = {target.publishes for step in steps for _, target in step.outputs}
        for name in ports.keys() - made:
            findings.note(f'output "{name}": no step makes it')
        return tuple(self._inputs(given)), tuple(port for port in ports.values() if port.name in made), steps

    def _without(self, found: Unresolved | None) -> tuple[Step, ...]:
        if found is None:
            return ()
        return (unresolved_step(self._root, SINGLE_STEP, found, self._outside, self._findings),)

    def _declared(self, body: Part, given: Mapping[str, Given]) -> dict[str, Given]:
        """What the job gives to the inputs that its component declares, with the component's defaults."""
        declared = declared_inputs(body, self._findings)
        known = [port.name for port, _ in declared]
        for name in given:
            if name not in known:
                mend = near(name, known, "the component's inputs")
                self._findings.refuse(
                    f'input "{name}"', "the component has no such input", mend, self._root.origin("inputs", name)
                )
        found: dict[str, Given] = {}
        for port, default in declared:
            if port.name in given:
                found[port.name] = given[port.name]
            elif default is not None:
                found[port.name] = Given(default, port.type)
            elif not port.optional:
                mend = "give it under inputs of the job"
                self._findings.refuse(
                    f'input "{port.name}"', "is required and not given", mend, self._root.origin("inputs")
                )
        return found

    def _level(
        self, body: Part, given: Mapping[str, Given], ports: Mapping[str, Port], targets: Mapping[str, Target]
    ) -> Level:
        """The outermost level: its inputs are those of the job."""
        names = dict.fromkeys([*body.part("inputs").values, *given])
        return Level(
            inputs={
                name: Given(ParentInput(name), given[name].type, given[name].mode) if name in given else None
                for name in names
            },
            literals={name: g.value for name, g in given.items() if isinstance(g.value, str)},
            targets={name: _published(name, target) for name, target in targets.items()},
            target_types={name: port.type for name, port in ports.items()},
            steps=tuple(body.part("jobs").values),
            compute=self._root.part("settings").text("default_compute") or self._root.text("compute"),
            datastore=self._outside.datastore,
        )

    def _inputs(self, given: Mapping[str, Given]) -> list[JobInput]:
        return [
            JobInput(name, g.type, g.value, self._root.origin("inputs", name), g.mode)
            for name, g in given.items()
            if isinstance(g.value, str | Path | Absent | Elsewhere)
        ]


def _published(name: str, target: Target) -> Target:
    return Target(name, target.mode, target.destination, target.asset_name, target.asset_version)
