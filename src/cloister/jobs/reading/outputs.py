"""The outputs of a job or a step: their types, and where each goes."""

from dataclasses import replace

from cloister.jobs.planning.job import Port, Target
from cloister.jobs.planning.types import DATA_TYPES
from cloister.jobs.reading.findings import Findings
from cloister.jobs.reading.inputs import is_elsewhere, type_of
from cloister.jobs.reading.levels import Level, literal, merged, target
from cloister.jobs.reading.positions import Part

_DEFAULT_TYPE = "uri_folder"
_PLACE_MEND = "drop the path, or give azureml://datastores/STORE/paths/PATH"


def given_outputs(part: Part, level: Level, findings: Findings, thing: str = "") -> dict[str, tuple[Port, Target]]:
    """What is said of each output of a mapping: its type, empty where none is written, and where it goes."""
    found: dict[str, tuple[Port, Target]] = {}
    outputs = part.part("outputs")
    for name in outputs.values:
        told = f'{thing}, output "{name}"' if thing else f'output "{name}"'
        found[name] = _given(outputs, name, level, findings, told)
    return found


def _given(outputs: Part, name: str, level: Level, findings: Findings, thing: str) -> tuple[Port, Target]:
    written, origin = outputs.get(name), outputs.origin(name)
    if isinstance(written, dict):
        part = outputs.part(name)
        findings.keys(part, "output_value", prefix=f"{thing}: ")
        kind = part.text("type")
        if kind and kind not in DATA_TYPES:
            mend = f"use one of {', '.join(sorted(DATA_TYPES))}"
            findings.refuse(thing, f'Cloister does not store outputs of type "{kind}"', mend, origin)
            kind = ""
        return _with_type(name, kind, _target(part, level, findings, thing), level, part.text("path"))
    if written is None:
        return Port(name), Target()
    text = str(written)
    bound = target(text, level, findings, thing, origin)
    if bound is None and "${{" not in text:
        findings.refuse(thing, "can be bound to an output of the pipeline only", "use ${{parent.outputs.NAME}}", origin)
    return _with_type(name, "", bound or Target(), level, text)


def _with_type(name: str, kind: str, bound: Target, level: Level, text: str) -> tuple[Port, Target]:
    """The output; where its own type is not told, that of the pipeline's output which it is."""
    outer = text.strip().removeprefix("${{").removesuffix("}}").strip().removeprefix("parent.outputs.")
    return Port(name, kind or level.target_types.get(outer, "")), bound


def _target(part: Part, level: Level, findings: Findings, thing: str) -> Target:
    own = Target(mode=part.text("mode"), asset_name=part.text("name"), asset_version=part.text("version"))
    if own.asset_version and not own.asset_name:
        findings.refuse(thing, "has a version and no name", "name the asset that it becomes", part.origin())
    path, origin = part.text("path"), part.origin("path")
    if not path:
        return own
    if path.strip().startswith("${{") and path.count("${{") == 1 and path.strip().endswith("}}"):
        bound = target(path, level, findings, thing, origin)
        return own if bound is None else merged(own, bound)
    place = literal(path, level, findings, thing, origin)
    if place is None:
        return own
    if not is_elsewhere(place):
        findings.refuse(thing, f'"{path}" is no place that an output can go to', _PLACE_MEND, origin)
        return own
    return replace(own, destination=place)


def declared_outputs(component: Part, findings: Findings) -> tuple[Port, ...]:
    """The outputs that a component declares."""
    found: list[Port] = []
    outputs = component.part("outputs")
    for name in outputs.values:
        part = outputs.part(name)
        thing = f'component "{component.text("name")}", output "{name}"'
        findings.keys(part, "output_port", prefix=f"{thing}: ")
        kind = type_of(part, findings, thing) or _DEFAULT_TYPE
        if kind not in DATA_TYPES:
            mend = f"use one of {', '.join(sorted(DATA_TYPES))}; write a value into a file"
            findings.refuse(thing, f'Cloister does not store outputs of type "{kind}"', mend, part.origin())
        found.append(Port(name, kind if kind in DATA_TYPES else _DEFAULT_TYPE))
    return tuple(found)
