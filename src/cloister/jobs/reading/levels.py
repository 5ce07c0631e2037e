"""One level of a job, and what the expressions of its steps mean there.

The outermost level is the job; each nested pipeline is a level of its own. What a level hands down is in terms of the
whole job: inputs of the job, outputs of steps by their full names, literals, data.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cloister.jobs.planning.expressions import (
    ExpressionError,
    ParentInput,
    ParentOutput,
    Reference,
    StepOutput,
    whole_reference,
)
from cloister.jobs.planning.job import Given, Target
from cloister.jobs.planning.resolve import near
from cloister.jobs.reading.findings import Findings
from cloister.origin import Origin

DEFAULT_DATASTORE = "workspaceblobstore"
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_DATASTORE = re.compile(r"\$\{\{\s*default_datastore\s*\}\}")
# What stands for something that only the platform knows, when the job has a name.
_PLATFORMS = frozenset({"name", "output_name"})
_USE = "use ${{parent.inputs.NAME}} or ${{parent.jobs.STEP.outputs.NAME}}"


@dataclass(frozen=True, slots=True)
class Level:
    """What the steps of one pipeline can refer to.

    `inputs` has what each input of the pipeline is bound to, and None for one that is declared and not given.
    `literals` has the text of those that are literals. `targets` has where each output of the pipeline goes, and
    `target_types` its type.
    """

    prefix: str = ""
    inputs: Mapping[str, Given | None] = field(default_factory=dict)
    literals: Mapping[str, str] = field(default_factory=dict)
    targets: Mapping[str, Target] = field(default_factory=dict)
    target_types: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[str, ...] = ()
    compute: str = ""
    datastore: str = DEFAULT_DATASTORE
    is_pipeline: bool = True

    def within(self, text: str) -> str:
        """The text with the name of the default datastore filled in."""
        return _DATASTORE.sub(self.datastore, text)


def bound(text: str, level: Level, findings: Findings, thing: str, origin: Origin) -> Given | None:
    """What a text is bound to where it is one expression, and the text with literals filled in where it is more.

    None where it refers to an input that is not given, and where it was refused.
    """
    try:
        reference = whole_reference(text)
    except ExpressionError as error:
        findings.refuse(thing, f"holds an expression that cannot be used: {error}", _USE, origin)
        return None
    match reference:
        case None:
            filled = literal(text, level, findings, thing, origin)
            return None if filled is None else Given(filled)
        case ParentInput(name) if name in level.inputs:
            return level.inputs[name]
        case StepOutput(step, name) if step in level.steps:
            return Given(StepOutput(f"{level.prefix}{step}", name))
    reason, mend = _unknown(reference, level)
    findings.refuse(thing, reason, mend, origin)
    return None


def _unknown(reference: Reference, level: Level) -> tuple[str, str]:
    """Why a reference leads nowhere on this level, and the mend."""
    match reference:
        case _ if not level.is_pipeline:
            return "refers to a pipeline, and there is none", "write the value"
        case ParentInput(name):
            return f'the pipeline has no input "{name}"', near(name, list(level.inputs), "inputs")
        case StepOutput(step, _):
            return f'there is no step "{step}"', near(step, list(level.steps), "jobs")
    return "refers to the step itself, where there is nothing to take", _USE


def literal(text: str, level: Level, findings: Findings, thing: str, origin: Origin) -> str | None:
    """The text with each reference to a literal of the pipeline filled in; None where one of them is no literal."""
    text = level.within(text)
    failed = False

    def fill(found: re.Match[str]) -> str:
        nonlocal failed
        inside = found.group(1)
        name = inside.removeprefix("parent.inputs.")
        if inside in _PLATFORMS:
            return found.group(0)
        if name != inside and name in level.literals:
            return level.literals[name]
        failed = True
        reason = f'"{inside}" stands in the middle of a text, and is no literal of the pipeline'
        findings.refuse(thing, reason, "bind the whole value, or write the text out", origin)
        return ""

    filled = _EXPRESSION.sub(fill, text)
    return None if failed else filled


def target(text: str, level: Level, findings: Findings, thing: str, origin: Origin) -> Target | None:
    """Where an output goes that is bound to one of the pipeline's; None where the text is no expression or refused."""
    try:
        reference = whole_reference(text)
    except ExpressionError as error:
        findings.refuse(
            thing, f"holds an expression that cannot be used: {error}", "use ${{parent.outputs.NAME}}", origin
        )
        return None
    match reference:
        case None:
            return None
        case ParentOutput(name) if name in level.targets:
            return level.targets[name]
        case ParentOutput(name):
            mend = near(name, list(level.targets), "outputs")
            findings.refuse(thing, f'the pipeline has no output "{name}"', mend, origin)
        case _:
            mend = "use ${{parent.outputs.NAME}}"
            findings.refuse(thing, "can be bound to an output of the pipeline only", mend, origin)
    return None


def merged(inner: Target, outer: Target) -> Target:
    """An output's target with what the pipeline says of it, which goes first."""
    return Target(
        publishes=outer.publishes or inner.publishes,
        mode=outer.mode or inner.mode,
        destination=outer.destination or inner.destination,
        asset_name=outer.asset_name or inner.asset_name,
        asset_version=outer.asset_version if outer.asset_name else inner.asset_version,
    )


def below(level: Level, step: str, **changes: object) -> Level:
    """The level of a nested pipeline."""
    return replace(level, prefix=f"{level.prefix}{step}.", **changes)  # type: ignore[arg-type]  # the fields by name
