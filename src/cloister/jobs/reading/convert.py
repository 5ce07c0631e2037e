"""From the official SDK's objects to values of ours; what is mapped on the way goes into the job's notes."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cloister.errors import Fault, SpecError
from cloister.jobs.environments.curated import CURATED, DEFAULT, curated_name
from cloister.jobs.planning.expressions import ExpressionError, whole_reference
from cloister.jobs.planning.plan import PlannedEnvironment
from cloister.jobs.planning.types import DATA_TYPES, LITERAL_TYPES
from cloister.jobs.reading import keys
from cloister.jobs.reading.job import (
    SINGLE_STEP,
    CommandStep,
    InputValue,
    JobInput,
    PipelineJob,
    Port,
)
from cloister.jobs.reading.positions import Document
from cloister.origin import Origin

# The compute names that mean this machine, so that nothing has to be said about them.
_HERE = frozenset({"local", ""})


def converted(document: Document, components: Mapping[str, Document], job: Any) -> PipelineJob:  # noqa: ANN401 - untyped SDK
    """The job as values. Raises SpecError with every part that Cloister cannot take."""
    return _Conversion(document, components).job(job)


class _Conversion:
    """One conversion; it gathers the faults and the notes of the whole job."""

    def __init__(self, document: Document, components: Mapping[str, Document]) -> None:
        self._document = document
        self._components = components
        self._folder = Path(document.file).parent
        self._faults: list[Fault] = []
        self._notes: list[str] = []

    def job(self, job: Any) -> PipelineJob:  # noqa: ANN401 - untyped SDK
        single = job.type == "command"
        if single:
            self._notes += keys.key_notes(self._document, keys.COMMAND_JOB)
            inputs: tuple[JobInput, ...] = ()
            outputs: tuple[Port, ...] = ()
            steps = [self._step(SINGLE_STEP, job, (), "")]
        else:
            self._notes += keys.key_notes(self._document, keys.PIPELINE)
            self._notes += keys.key_notes(self._document, keys.SETTINGS, "settings")
            inputs, outputs = tuple(self._job_inputs(job)), tuple(self._job_outputs(job))
            default = str(
                self._document.mapping("settings").get("default_compute") or self._document.root.get("compute") or ""
            )
            steps = [self._step(name, node, ("jobs", name), default) for name, node in job.jobs.items()]
        if self._faults:
            raise SpecError(self._faults)
        return PipelineJob(
            kind="command" if single else "pipeline",
            origin=self._document.origin(),
            steps=tuple(steps),
            name=str(job.name or "") if "name" in self._document.root else "",
            display_name=str(job.display_name or ""),
            description=str(job.description or ""),
            experiment_name=str(job.experiment_name or ""),
            tags=tuple(sorted((str(key), str(value)) for key, value in (job.tags or {}).items())),
            inputs=inputs,
            outputs=outputs,
            continue_on_step_failure=bool(self._document.mapping("settings").get("continue_on_step_failure")),
            notes=tuple(dict.fromkeys(self._notes)),
        )

    def _refuse(self, thing: str, reason: str, mend: str, origin: Origin) -> None:
        self._faults.append(Fault(thing, reason, mend, origin))

    def _job_inputs(self, job: Any) -> Iterator[JobInput]:  # noqa: ANN401 - untyped SDK
        for name, given in job.inputs.items():
            origin = self._document.origin("inputs", name)
            value = self._value(f'input "{name}"', given._data, origin, "inputs", name)  # noqa: SLF001 - see _value
            if isinstance(value, str | Path):
                yield JobInput(name, _type_of(given._data), value, origin)  # noqa: SLF001 - see _value
            elif value is not None:
                self._refuse(
                    f'input "{name}"', "an input of the job has a value, no reference", "write the value", origin
                )

    def _job_outputs(self, job: Any) -> Iterator[Port]:  # noqa: ANN401 - untyped SDK
        for name, given in job.outputs.items():
            kind = str(getattr(given, "type", "") or "uri_folder")
            self._check_output(f'output "{name}"', kind, "outputs", name)
            yield Port(name, kind)

    def _check_output(self, thing: str, kind: str, *path: str) -> None:
        if kind not in DATA_TYPES:
            mend = f"use one of {', '.join(sorted(DATA_TYPES))}"
            self._refuse(thing, f'Cloister does not store outputs of type "{kind}"', mend, self._document.origin(*path))
        written = self._document.mapping(*path)
        for key in ("path", "name", "version"):
            if written.get(key):
                note = (
                    "it stays in the job's folder; register it in a step"
                    if key != "path"
                    else "it goes to the job's folder"
                )
                self._notes.append(f'{thing}: {key} "{written[key]}" -> {note}')

    def _step(self, name: str, node: Any, at: tuple[str, ...], default_compute: str) -> CommandStep:  # noqa: ANN401 - untyped SDK
        origin = self._document.origin(*at)
        component = getattr(node, "component", None) or node
        thing = f'step "{name}"'
        self._notes += keys.key_notes(self._document, keys.COMPONENT_STEP, *at) if at else ()
        self._notes += keys.key_notes(self._document, keys.RESOURCES, *at, "resources")
        self._note_machine(thing, at, str(node.compute or "") or default_compute, component)
        takes = tuple(_port(port_name, port) for port_name, port in component.inputs.items())
        inputs = dict(self._inputs(thing, node, at))
        for port_name, port in component.inputs.items():
            default = getattr(port, "default", None)
            if port_name not in inputs and default is not None:
                inputs[port_name] = _text(default)
        makes = tuple(Port(o, str(getattr(p, "type", "") or "uri_folder")) for o, p in component.outputs.items())
        for port in makes:
            self._check_output(f'{thing}, output "{port.name}"', port.type, *at, "outputs", port.name)
        variables = {**(getattr(component, "environment_variables", None) or {}), **(node.environment_variables or {})}
        return CommandStep(
            name=name,
            command=str(component.command),
            origin=origin,
            code=self._code(component),
            display_name=str(getattr(node, "display_name", "") or getattr(component, "display_name", "") or ""),
            environment=self._environment(thing, node, component),
            environment_variables=tuple(sorted((str(k), _text(v)) for k, v in variables.items())),
            timeout_seconds=int(node.limits.timeout) if node.limits and node.limits.timeout else None,
            takes=takes,
            inputs=tuple(inputs.items()),
            makes=makes,
            publishes=tuple(self._publishes(thing, node, at)),
        )

    def _inputs(self, thing: str, node: Any, at: tuple[str, ...]) -> Iterator[tuple[str, InputValue]]:  # noqa: ANN401 - untyped SDK
        for name, given in node.inputs.items():
            # The SDK has no public way to ask what a step's input was bound to.
            bound = getattr(given, "_data", given)
            where = (*at, "inputs", name)
            value = self._value(f'{thing}, input "{name}"', bound, self._document.origin(*where), *where)
            if value is not None:
                yield name, value

    def _publishes(self, thing: str, node: Any, at: tuple[str, ...]) -> Iterator[tuple[str, InputValue]]:  # noqa: ANN401 - untyped SDK
        for name, given in node.outputs.items():
            bound = getattr(given, "_data", given)
            if isinstance(bound, str):
                where = (*at, "outputs", name)
                value = self._value(f'{thing}, output "{name}"', bound, self._document.origin(*where), *where)
                if value is not None:
                    yield name, value

    def _value(self, thing: str, bound: Any, origin: Origin, *path: str) -> InputValue | None:  # noqa: ANN401 - untyped SDK
        """What an input is bound to: a literal, a reference, a local path; None where it is not given (or refused)."""
        if bound is None:
            return None
        location = getattr(bound, "path", None) if not isinstance(bound, str) else None
        text = str(location) if location is not None else _text(bound)
        if isinstance(bound, str) or location is not None:
            try:
                reference = whole_reference(text)
            except ExpressionError as error:
                self._refuse(
                    thing, f"holds an expression that cannot be used: {error}", "use ${{parent.inputs.NAME}}", origin
                )
                return None
            if reference is not None:
                return reference
        if location is None:
            if not isinstance(bound, str | int | float):
                reason = f"has the value {bound!r}, which is neither a literal nor data"
                self._refuse(thing, reason, "give a literal, or type and path", origin)
                return None
            return text
        return self._local(thing, text, str(bound.type), origin, *path)

    def _local(self, thing: str, text: str, kind: str, origin: Origin, *path: str) -> Path | None:
        written = str(self._document.mapping(*path).get("path", text))
        if "://" in written or written.startswith("azureml:"):
            reason = f'its data is at "{written}", which is not on this machine'
            self._refuse(thing, reason, "give a local path, relative to the file", origin)
            return None
        if kind not in DATA_TYPES:
            mend = f"use one of {', '.join(sorted(DATA_TYPES))}"
            self._refuse(thing, f'Cloister does not read data of type "{kind}"', mend, origin)
            return None
        found = (self._folder / text).resolve()
        if not (found.is_file() if kind == "uri_file" else found.is_dir()):
            what = "file" if kind == "uri_file" else "folder"
            self._refuse(thing, f'there is no {what} "{written}"', "correct the path, relative to the file", origin)
            return None
        return found

    def _code(self, component: Any) -> Path | None:  # noqa: ANN401 - untyped SDK
        code = getattr(component, "code", None)
        if not code:
            return None
        base = getattr(component, "base_path", None) or self._folder
        return (Path(str(base)) / str(code)).resolve()

    def _environment(self, thing: str, node: Any, component: Any) -> PlannedEnvironment:  # noqa: ANN401 - untyped SDK
        """The curated environment that stands for what the author named; a note where it is another one."""
        wanted = getattr(node, "environment", None) or getattr(component, "environment", None) or ""
        if isinstance(wanted, str):
            if curated := curated_name(wanted):
                return PlannedEnvironment(curated)
            told = wanted
        else:
            parts = [f"image {wanted.image}" if wanted.image else "", "conda_file" if wanted.conda_file else ""]
            told = str(wanted.name or "") if not any(parts) else " with ".join(part for part in parts if part)
        self._notes.append(f"{thing}: environment {told} -> {DEFAULT}, {CURATED[DEFAULT]}; nothing is installed")
        return PlannedEnvironment(DEFAULT)

    def _note_machine(self, thing: str, at: tuple[str, ...], compute: str, component: Any) -> None:  # noqa: ANN401 - untyped SDK
        if (name := compute.removeprefix("azureml:")) not in _HERE:
            self._notes.append(f"{thing}: compute {name} -> local, this machine")
        written = self._document.mapping(*at, "resources").get("instance_type")
        inherited = getattr(getattr(component, "resources", None), "instance_type", None)
        if size := written or inherited:
            self._notes.append(f"{thing}: VM size {size} -> local, this machine")


def _port(name: str, port: Any) -> Port:  # noqa: ANN401 - untyped SDK
    kind = getattr(port, "type", None) or (_type_of(port) if not isinstance(port, str) else "")
    return Port(
        name=name,
        type=str(kind) if kind in DATA_TYPES | LITERAL_TYPES else "",
        optional=bool(getattr(port, "optional", False)),
        minimum=_number(getattr(port, "min", None)),
        maximum=_number(getattr(port, "max", None)),
        choices=tuple(_text(choice) for choice in getattr(port, "enum", None) or ()),
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None


def _type_of(bound: object) -> str:
    """The type of a literal, or what the SDK says of data."""
    match bound:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case _:
            return str(getattr(bound, "type", "") or "uri_folder")


def _text(value: object) -> str:
    """A literal as it goes into the command line: Azure writes True and False."""
    return str(value)
