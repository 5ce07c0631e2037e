"""Azure ML v2 expressions: `${{ ... }}` references and `$[[ ... ]]` optional parts of a command line.

Pure. What is written is parsed once into values; a later reader cannot meet a reference that nobody checked.
Source: https://learn.microsoft.com/azure/machine-learning/reference-yaml-core-syntax (read 2026-11).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# Read by search and not by a pattern: a pattern tries each beginning against each end, and a text of a megabyte that
# has no end holds the reader for hours.
_EXPRESSION = ("${{", "}}")
_OPTIONAL = ("$[[", "]]")
_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")


@dataclass(frozen=True, slots=True)
class OwnInput:
    """`${{inputs.x}}`: an input of the step that the command belongs to; `group.x` where it is one of a group."""

    name: str


@dataclass(frozen=True, slots=True)
class OwnOutput:
    """`${{outputs.y}}`: an output of the step that the command belongs to."""

    name: str


@dataclass(frozen=True, slots=True)
class ParentInput:
    """`${{parent.inputs.x}}`: an input of the pipeline."""

    name: str


@dataclass(frozen=True, slots=True)
class ParentOutput:
    """`${{parent.outputs.y}}`: an output of the pipeline."""

    name: str


@dataclass(frozen=True, slots=True)
class StepOutput:
    """`${{parent.jobs.a.outputs.b}}`: an output of another step of the same pipeline."""

    step: str
    name: str


Reference = OwnInput | OwnOutput | ParentInput | ParentOutput | StepOutput


@dataclass(frozen=True, slots=True)
class Optional:
    """`$[[ ... ]]`: a part of a command line that is left out where one of its inputs is not given."""

    parts: "tuple[str | Reference, ...]"


Part = str | Reference | Optional


class ExpressionError(ValueError):
    """Text that looks like an expression and is none that a job may use; the message is the reason."""


def parse_reference(inside: str) -> Reference:
    """The reference between the braces. Raises ExpressionError with the reason where there is no such reference."""
    if not _PATH.fullmatch(inside):
        message = f'"{inside}" is not a path of names joined by dots'
        raise ExpressionError(message)
    match inside.split("."):
        case ["inputs", *names] if names:
            return OwnInput(".".join(names))
        case ["outputs", name]:
            return OwnOutput(name)
        case ["parent", "inputs", *names] if names:
            return ParentInput(".".join(names))
        case ["parent", "outputs", name]:
            return ParentOutput(name)
        case ["parent", "jobs", step, "outputs", name]:
            return StepOutput(step, name)
        case ["search_space", *_]:
            message = f'"{inside}" belongs to a sweep job'
        case _:
            message = (
                f'"{inside}" is neither inputs.NAME, outputs.NAME, parent.inputs.NAME nor parent.jobs.STEP.outputs.NAME'
            )
    raise ExpressionError(message)


def whole_reference(text: str) -> Reference | None:
    """The reference, where the text is one expression and nothing else; None where it is plain text."""
    whole = text.strip()
    first = next(_spans(whole, _EXPRESSION), None)
    return parse_reference(first.inside.strip()) if first and (first.start, first.end) == (0, len(whole)) else None


def parse_command(text: str) -> tuple[Part, ...]:
    """The parts of a command line in order. Raises ExpressionError at the first expression that is none."""
    parts: list[Part] = []
    at = 0
    for found in _spans(text, _OPTIONAL):
        parts.extend(_plain_parts(text[at : found.start]))
        parts.append(Optional(tuple(_plain_parts(found.inside))))
        at = found.end
    parts.extend(_plain_parts(text[at:]))
    return tuple(parts)


def _plain_parts(text: str) -> Iterator[str | Reference]:
    at = 0
    for found in _spans(text, _EXPRESSION):
        if found.start > at:
            yield text[at : found.start]
        yield parse_reference(found.inside.strip())
        at = found.end
    if at < len(text):
        yield text[at:]


@dataclass(frozen=True, slots=True)
class _Span:
    """A part of a text between marks: where it starts and ends, marks included, and what is inside."""

    start: int
    end: int
    inside: str


def _spans(text: str, marks: tuple[str, str]) -> Iterator[_Span]:
    """The parts between the marks, from the first opening one to the first closing one after it, and so on."""
    opening, closing = marks
    start = text.find(opening)
    while start >= 0:
        inside = start + len(opening)
        last = text.find(closing, inside)
        if last < 0:
            return
        yield _Span(start, last + len(closing), text[inside:last])
        start = text.find(opening, last + len(closing))


def references(parts: tuple[Part, ...]) -> Iterator[tuple[Reference, bool]]:
    """Each reference of a command with whether it stands in an optional part."""
    for part in parts:
        if isinstance(part, Optional):
            yield from ((inner, True) for inner in part.parts if not isinstance(inner, str))
        elif not isinstance(part, str):
            yield part, False


def fill(parts: tuple[Part, ...], inputs: Mapping[str, str], outputs: Mapping[str, str]) -> str:
    """The command line with every reference replaced by its text, unquoted, as Azure ML does it.

    An optional part goes where one of its inputs is absent from `inputs`. Raises KeyError on another absent name,
    and TypeError on a reference to the pipeline: a command knows only its own step.
    """
    filled: list[str] = []
    for part in parts:
        if isinstance(part, Optional):
            if all(not isinstance(inner, OwnInput) or inner.name in inputs for inner in part.parts):
                filled.append(fill(part.parts, inputs, outputs))
        elif isinstance(part, str):
            filled.append(part)
        elif isinstance(part, OwnInput):
            filled.append(inputs[part.name])
        elif isinstance(part, OwnOutput):
            filled.append(outputs[part.name])
        else:
            message = f"a command cannot refer to the pipeline: {part}"
            raise TypeError(message)
    return "".join(filled)
