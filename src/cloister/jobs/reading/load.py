"""An Azure ML v2 job from its YAML file: judged by the official SDK, turned into values of ours.

Our own checks of keys and kinds come first: they are quick, know the lines, and name the nearest thing that works. Then
the SDK validates, and only what it accepted is converted.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from cloister.errors import CloisterError, Fault, SourceError, SpecError
from cloister.jobs.planning.expressions import ExpressionError, ParentInput, StepOutput, whole_reference
from cloister.jobs.planning.resolve import near
from cloister.jobs.reading import keys, official
from cloister.jobs.reading.convert import converted
from cloister.jobs.reading.job import PipelineJob
from cloister.jobs.reading.positions import Document, read_document

_KINDS = ("pipeline", "command")


def load_job(path: Path, overrides: Mapping[str, object] | None = None) -> PipelineJob:
    """The job in a file, with `overrides` (`inputs.min_accuracy` -> 0.9) in place of what is written there.

    Raises SourceError where a file is missing, and SpecError with every fault that was found.
    """
    document = read_document(path)
    components, faults = _components(document)
    faults += _document_faults(document)
    for step, component in components.items():
        faults += [*_component_faults(component), *_port_faults(document, step, component)]
    faults += _override_faults(document, overrides or {})
    if faults:
        raise SpecError(faults)
    official_job = official.load("job", document, overrides)
    return converted(document.with_values(overrides or {}), components, official_job)


def _document_faults(document: Document) -> Iterator[Fault]:
    kind = document.root.get("type", "command")
    if kind not in _KINDS:
        yield keys.type_fault("type", str(kind), document)
        return
    if kind == "command":
        yield from keys.key_faults(document, keys.COMMAND_JOB)
        yield from _command_faults(document)
        return
    yield from keys.key_faults(document, keys.PIPELINE)
    yield from keys.key_faults(document, keys.SETTINGS, "settings")
    if not document.mapping("jobs"):
        yield Fault("jobs", "the pipeline has no steps", "write at least one step under jobs", document.origin("jobs"))
    for step in document.mapping("jobs"):
        yield from _step_faults(document, str(step))
    yield from _reference_faults(document)


def _step_faults(document: Document, step: str) -> Iterator[Fault]:
    at = ("jobs", step)
    written = document.mapping(*at)
    kind = str(written.get("type", "command"))
    if kind != "command":
        yield keys.type_fault(f'step "{step}"', kind, document, *at)
        return
    yield from keys.key_faults(document, keys.COMPONENT_STEP if "component" in written else keys.INLINE_STEP, *at)
    yield from _command_faults(document, *at)


def _command_faults(document: Document, *at: str) -> Iterator[Fault]:
    """What is wrong with one command, apart from its keys."""
    written = document.mapping(*at)
    thing = f'step "{at[-1]}"' if at else "the command job"
    yield from keys.key_faults(document, keys.RESOURCES, *at, "resources")
    yield from keys.key_faults(document, keys.LIMITS, *at, "limits")
    yield from _count_faults(document, thing, *at)
    if "component" not in written:
        for needed in ("command", "environment"):
            if needed not in written:
                yield Fault(thing, f"has no {needed}", f'add the key "{needed}"', document.origin(*at))
    if isinstance(code := written.get("code"), str):
        yield from _code_faults(document, thing, code, *at)


def _count_faults(document: Document, thing: str, *at: str) -> Iterator[Fault]:
    count = document.mapping(*at, "resources").get("instance_count", 1)
    if count not in (1, "1"):
        origin = document.origin(*at, "resources", "instance_count")
        yield Fault(
            thing, f"asks for {count} machines", "set resources.instance_count to 1; it runs on this one", origin
        )


def _code_faults(document: Document, thing: str, code: str, *at: str) -> Iterator[Fault]:
    origin = document.origin(*at, "code")
    if code.startswith(("azureml:", "http:", "https:", "git+", "git@")):
        reason = f'takes its code from "{code}", which is not on this machine'
        yield Fault(thing, reason, "give a local folder, relative to the file", origin)
    elif not (Path(document.file).parent / code).exists():
        yield Fault(thing, f'its code folder "{code}" does not exist', "give a folder, relative to the file", origin)


def _components(document: Document) -> tuple[dict[str, Document], list[Fault]]:
    """The component files that the steps name, by step, and what is wrong with those that cannot be read."""
    found: dict[str, Document] = {}
    faults: list[Fault] = []
    for step in document.mapping("jobs"):
        wanted = document.mapping("jobs", str(step)).get("component")
        origin = document.origin("jobs", str(step), "component")
        thing = f'step "{step}"'
        if not isinstance(wanted, str):
            continue
        local = wanted.removeprefix("file:")
        if local.startswith("azureml:") or not local.endswith((".yml", ".yaml")):
            reason = f'names the component "{wanted}", but there is no registry of components yet'
            faults.append(Fault(thing, reason, "give the component's file: component: ./train.yml", origin))
            continue
        try:
            found[str(step)] = read_document(Path(document.file).parent / local)
        except SourceError:
            faults.append(Fault(thing, f'its component file "{wanted}" does not exist', "correct the path", origin))
        except CloisterError as error:
            faults += error.faults
    return found, faults


def _component_faults(component: Document) -> Iterator[Fault]:
    kind = str(component.root.get("type", "command"))
    if kind != "command":
        yield keys.type_fault("component", kind, component)
        return
    yield from keys.key_faults(component, keys.COMPONENT)
    yield from _count_faults(component, "component")
    if isinstance(code := component.root.get("code"), str):
        yield from _code_faults(component, "component", code)


def _port_faults(document: Document, step: str, component: Document) -> Iterator[Fault]:
    """What the step gives that its component does not take; the SDK would drop it without a word."""
    for kind in ("inputs", "outputs"):
        known = [str(name) for name in component.mapping(kind)]
        for name in map(str, document.mapping("jobs", step, kind)):
            if name not in known:
                thing, reason = f'step "{step}", {kind[:-1]} "{name}"', f"the component has no such {kind[:-1]}"
                mend = near(name, known, f"the component's {kind}")
                yield Fault(thing, reason, mend, document.origin("jobs", step, kind, name))


def _reference_faults(document: Document) -> Iterator[Fault]:
    """Inputs that refer to what is not there, each with its line; the SDK tells the first, without a place."""
    inputs, steps = list(map(str, document.mapping("inputs"))), list(map(str, document.mapping("jobs")))
    for step in steps:
        for name, given in document.mapping("jobs", step, "inputs").items():
            text = given.get("path") if isinstance(given, dict) else given
            thing, origin = f'step "{step}", input "{name}"', document.origin("jobs", step, "inputs", str(name))
            try:
                reference = whole_reference(text) if isinstance(text, str) else None
            except ExpressionError as error:
                mend = "use ${{parent.inputs.NAME}} or ${{parent.jobs.STEP.outputs.NAME}}"
                yield Fault(thing, f"holds an expression that cannot be used: {error}", mend, origin)
                continue
            if isinstance(reference, ParentInput) and reference.name not in inputs:
                reason = f'the pipeline has no input "{reference.name}"'
                yield Fault(thing, reason, near(reference.name, inputs, "inputs"), origin)
            if isinstance(reference, StepOutput) and reference.step not in steps:
                yield Fault(thing, f'there is no step "{reference.step}"', near(reference.step, steps, "jobs"), origin)


def _override_faults(document: Document, overrides: Mapping[str, object]) -> Iterator[Fault]:
    for override in overrides:
        *parents, last = override.split(".")
        known = [str(key) for key in document.mapping(*parents)]
        if last not in known and (parents or last not in keys.PIPELINE.runs):
            close = get_close_matches(last, known, n=1)
            where = ".".join(parents) or "the job"
            mend = f'did you mean "{".".join([*parents, close[0]])}"?' if close else f"{where} has {', '.join(known)}"
            yield Fault(f"--set {override}", "the job has no such key", mend)
