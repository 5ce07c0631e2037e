"""The inputs of a job or a step: what is bound to each, and what a component declares."""

from pathlib import Path

from cloister.jobs.planning.job import Absent, Elsewhere, Given, Port
from cloister.jobs.planning.types import DATA_TYPES, FILE_TYPES, LITERAL_TYPES
from cloister.jobs.reading.findings import Findings
from cloister.jobs.reading.levels import Level, bound, literal
from cloister.jobs.reading.paths import found_at
from cloister.jobs.reading.positions import Part

_DATA_MEND = f"use one of {', '.join(sorted(DATA_TYPES))}"


def given_inputs(part: Part, level: Level, findings: Findings, thing: str = "") -> dict[str, Given]:
    """What is bound to each input of a mapping; those that are not given, and those that were refused, are left out."""
    found: dict[str, Given] = {}
    inputs = part.part("inputs")
    for name in inputs.values:
        told = f'{thing}, input "{name}"' if thing else f'input "{name}"'
        if (given := _given(inputs, name, level, findings, told)) is not None:
            found[name] = given
    return found


def _given(inputs: Part, name: str, level: Level, findings: Findings, thing: str) -> Given | None:
    written, origin = inputs.get(name), inputs.origin(name)
    if isinstance(written, dict):
        return _data(inputs.part(name), level, findings, thing)
    if isinstance(written, str):
        given = bound(written, level, findings, thing, origin)
        return (
            given if given is None or given.type or not isinstance(given.value, str) else Given(given.value, "string")
        )
    if isinstance(written, list):
        reason = "is given a list, which is neither a literal nor data"
        findings.refuse(thing, reason, "give a literal, or type and path", origin)
        return None
    return None if written is None else Given(_text(written), literal_type(written))


def _data(data: Part, level: Level, findings: Findings, thing: str) -> Given | None:
    """Data by its path: a file or folder of this machine, data elsewhere, or what another step makes."""
    findings.keys(data, "input_value", prefix=f"{thing}: ")
    kind, origin = data.text("type"), data.origin()
    path = data.get("path")
    if kind and kind not in DATA_TYPES:
        findings.refuse(thing, f'Cloister does not read data of type "{kind}"', _DATA_MEND, origin)
        return None
    if path is None:
        findings.miss(thing, "has no path", "give the path of the data: --set inputs.NAME.path=PATH", origin)
        return Given(Absent(kind in FILE_TYPES), kind or "uri_folder", data.text("mode"))
    text = str(path)
    if text.strip().startswith("${{") and text.strip().endswith("}}") and text.count("${{") == 1:
        given = bound(text, level, findings, thing, origin)
        return None if given is None else Given(given.value, kind or given.type, data.text("mode") or given.mode)
    filled = literal(text, level, findings, thing, origin)
    if filled is None:
        return None
    if is_elsewhere(filled):
        return Given(Elsewhere(filled), kind or "uri_folder", data.text("mode"))
    return Given(_local(data, filled, kind or "uri_folder", findings, thing), kind or "uri_folder", data.text("mode"))


def is_elsewhere(path: str) -> bool:
    """Whether a path leads away from the author's machine."""
    return path.startswith("azureml:") or ("://" in path and not path.startswith("file:"))


def _local(data: Part, written: str, kind: str, findings: Findings, thing: str) -> Path | Absent:
    found, is_file = found_at(data.document, written), kind in FILE_TYPES
    if found is not None and (found.is_file() == is_file or kind in ("custom_model", "triton_model")):
        return found
    what = "file" if is_file else "folder"
    findings.miss(thing, f'there is no {what} "{written}"', "correct the path, relative to the file", data.origin())
    return Absent(is_file)


def declared_inputs(component: Part, findings: Findings) -> tuple[tuple[Port, str | None], ...]:
    """The inputs that a component declares, each with its default."""
    found: list[tuple[Port, str | None]] = []
    inputs = component.part("inputs")
    for name in inputs.values:
        part = inputs.part(name)
        thing = f'component "{component.text("name")}", input "{name}"'
        findings.keys(part, "input_port", prefix=f"{thing}: ")
        kind = type_of(part, findings, thing)
        if kind not in DATA_TYPES | LITERAL_TYPES:
            mend = f"use one of {', '.join(sorted(DATA_TYPES | LITERAL_TYPES))}"
            findings.refuse(thing, f'has the type "{kind}"', mend, part.origin())
        default = part.get("default")
        found.append((_port(name, kind, part), None if default is None else _text(default)))
    return tuple(found)


def type_of(part: Part, findings: Findings, thing: str) -> str:
    """The type that a port declares. Components of before v2 say `path` for a folder."""
    kind = part.text("type").lower()
    if kind == "path":
        findings.note(f"{thing}: type path: a folder, uri_folder")
        return "uri_folder"
    return kind


def _port(name: str, kind: str, part: Part) -> Port:
    choices = part.get("enum")
    return Port(
        name=name,
        type=kind,
        optional=part.get("optional") in (True, "true", "True"),
        minimum=_number(part.get("min")),
        maximum=_number(part.get("max")),
        choices=tuple(_text(choice) for choice in choices) if isinstance(choices, list) else (),
    )


def _number(value: object) -> float | None:
    try:
        return None if isinstance(value, bool) or not isinstance(value, int | float | str) else float(value)
    except ValueError:
        return None


def literal_type(value: object) -> str:
    """The type of a literal, in Azure ML's words."""
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
    return "string"


def _text(value: object) -> str:
    """A literal as it goes into the command line: Azure writes True and False."""
    return str(value)
