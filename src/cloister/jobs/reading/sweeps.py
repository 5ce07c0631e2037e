"""A sweep: a command that is tried with values of a search space."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any, get_args, get_type_hints

from cloister.jobs.planning.job import Chosen, Given, Port, Step
from cloister.jobs.planning.plan import Branch, Dimension, EarlyTermination, Sweep
from cloister.jobs.planning.types import LITERAL_TYPES
from cloister.jobs.reading.findings import Findings
from cloister.jobs.reading.machine import whole_number
from cloister.jobs.reading.positions import Part
from cloister.jobs.reading.steps import Written, common, with_environment
from cloister.origin import Origin

_Choice = str | int | float | bool | Branch

_SEARCHED = re.compile(r"\$\{\{\s*search_space\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_ALGORITHMS = ("random", "grid", "bayesian")
_GOALS = ("minimize", "maximize")
_DIMENSIONS = get_args(get_type_hints(Dimension)["kind"])
_TERMINATIONS = get_args(get_type_hints(EarlyTermination)["kind"])
# Azure's own bound (https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-sweep, read 2026-11).
_MOST_TRIALS = 1000


def sweep_step(written: Written, findings: Findings) -> Step:
    """The step whose trials run the command of the trial."""
    step = written.step
    findings.keys(step.part("objective"), "objective", prefix=f"{written.thing}: ")
    made = with_environment(common(written, findings), written, findings)
    command = written.component.text("command")
    if not command.strip():
        findings.refuse(written.thing, "its trial has no command", 'add the key "command"', written.component.origin())
    space = _space(step.part("search_space"), findings, written.thing)
    made = _with_choices(made, command, space, written, findings)
    return replace(
        made,
        timeout_seconds=whole_number([step], ("limits", "trial_timeout"), written.level, findings, written.thing),
        sweep=_sweep(written, space, findings),
    )


def _with_choices(step: Step, command: str, space: tuple[Dimension, ...], written: Written, findings: Findings) -> Step:
    """The step with an input for each dimension: one that its component has, or one that the command asks for."""
    names = {dimension.name for dimension in space}
    for name in sorted({found.group(1) for found in _SEARCHED.finditer(command)} - names):
        mend = f"add {name} to search_space"
        findings.refuse(
            written.thing,
            f"the command uses search_space.{name}, which is not there",
            mend,
            written.component.origin("command"),
        )
    ports = {port.name: port for port in step.takes}
    inputs = dict(step.inputs)
    for dimension in space:
        if dimension.name in written.step.part("inputs").values:
            reason = f'"{dimension.name}" is an input and a dimension of the search space'
            findings.refuse(
                written.thing,
                reason,
                "give it another name in one of them",
                written.step.origin("search_space", dimension.name),
            )
        ports.setdefault(dimension.name, Port(dimension.name))
        inputs[dimension.name] = Given(Chosen(dimension.name))
    return replace(
        step,
        command=_SEARCHED.sub(r"${{inputs.\1}}", command),
        takes=tuple(_open(port) if port.name in names else port for port in ports.values()),
        inputs=tuple(inputs.items()),
    )


def _open(port: Port) -> Port:
    """The port, where its type is a literal's or not told: a search chooses no data."""
    return port if port.type in LITERAL_TYPES else replace(port, type="")


def _sweep(written: Written, space: tuple[Dimension, ...], findings: Findings) -> Sweep | None:
    step, thing = written.step, written.thing
    sampling = step.part("sampling_algorithm") if isinstance(step.get("sampling_algorithm"), dict) else None
    algorithm = (sampling.text("type") if sampling else step.text("sampling_algorithm")).lower() or "random"
    goal, metric = step.part("objective").text("goal").lower(), step.part("objective").text("primary_metric")

    def limit(name: str) -> int | None:
        return whole_number([step], ("limits", name), written.level, findings, thing)

    for what, value, known in (("sampling_algorithm", algorithm, _ALGORITHMS), ("objective.goal", goal, _GOALS)):
        if value not in known:
            findings.refuse(
                f"{thing}, {what}", f'is "{value}"', f"use one of {', '.join(known)}", step.origin(what.split(".")[0])
            )
            return None
    total = limit("max_total_trials") or _MOST_TRIALS
    rule = sampling.text("rule").lower() if sampling else ""
    return Sweep(
        algorithm=algorithm,  # type: ignore[arg-type]  # one of the known ones
        metric=metric,
        goal=goal,  # type: ignore[arg-type]  # as above
        space=space,
        max_total_trials=total,
        max_concurrent_trials=min(limit("max_concurrent_trials") or total, total),
        timeout_seconds=limit("timeout"),
        seed=whole_number([sampling], ("seed",), written.level, findings, thing) if sampling else None,
        rule="sobol" if rule == "sobol" else "random",
        log_base=_log_base(sampling, thing, findings) if sampling else None,
        early_termination=_termination(step.part("early_termination"), findings, thing),
    )


def _log_base(sampling: Part, thing: str, findings: Findings) -> float | None:
    """The base of logarithms, None for e."""
    written = sampling.get("logbase")
    base: float | None = _as(float, written)
    if written is not None and base is None and str(written).lower() != "e":
        mend = 'give a positive number, or "e"'
        findings.refuse(f"{thing}, logbase", f'is "{written}"', mend, sampling.origin("logbase"))
    return base


def _space(space: Part, findings: Findings, thing: str) -> tuple[Dimension, ...]:
    read = (
        _dimension(name, space.part(name).values, space.origin(name), findings, f'{thing}, search_space "{name}"')
        for name in space.values
    )
    return tuple(dimension for dimension in read if dimension is not None)


def _dimension(
    name: str, written: Mapping[str, object], at: Origin, findings: Findings, thing: str
) -> Dimension | None:
    kind = str(written.get("type", "")).lower()
    if kind not in _DIMENSIONS:
        findings.refuse(thing, f'there is no type "{kind}"', f"use one of {', '.join(_DIMENSIONS)}", at)
        return None
    values = written.get("values")
    return Dimension(
        name,
        kind,  # type: ignore[arg-type]  # one of the known ones
        values=tuple(_choices(values, at, findings, thing)) if isinstance(values, list) else (),
        upper=_as(int, written.get("upper")),
        **{key: _as(float, written.get(key)) for key in ("min_value", "max_value", "mu", "sigma", "q")},
    )


def _choices(values: list[Any], at: Origin, findings: Findings, thing: str) -> Iterator[_Choice]:
    """The values to choose from; a mapping among them is a space of its own, a literal in that a choice of one."""
    for value in values:
        if isinstance(value, dict):
            yield Branch(tuple(_members(value, at, findings, thing)))
        elif isinstance(value, str | int | float | bool):
            yield value
        else:
            findings.refuse(thing, "chooses among lists", "write each choice as text", at)


def _members(branch: Mapping[str, Any], at: Origin, findings: Findings, thing: str) -> Iterator[Dimension]:
    for name, written in branch.items():
        if not isinstance(written, dict):
            yield Dimension(str(name), "choice", tuple(_choices([written], at, findings, thing)))
        elif (dimension := _dimension(str(name), written, at, findings, f'{thing}, "{name}"')) is not None:
            yield dimension


def _as(kind: type[Any], value: object) -> Any:  # noqa: ANN401 - the kind's own type
    """The value as a number; None where it is none, which the SDK or the plan refuses."""
    try:
        return None if value is None or isinstance(value, bool) else kind(str(value))
    except ValueError:
        return None


def _termination(part: Part, findings: Findings, thing: str) -> EarlyTermination | None:
    if not part.values:
        return None
    kind = part.text("type").lower()
    if kind not in _TERMINATIONS:
        mend = f"use one of {', '.join(_TERMINATIONS)}"
        findings.refuse(f"{thing}, early_termination", f'there is no type "{kind}"', mend, part.origin("type"))
        return None
    known = {field.name for field in fields(EarlyTermination)} - {"kind"}
    for key in part.values:
        if key not in known | {"type"}:
            findings.refuse(
                f"{thing}, early_termination",
                f'has no key "{key}"',
                f"the keys are {', '.join(sorted(known))}",
                part.origin(key),
            )
    return EarlyTermination(
        kind,  # type: ignore[arg-type]  # one of the known ones
        evaluation_interval=_as(int, part.get("evaluation_interval")) or 1,
        delay_evaluation=_as(int, part.get("delay_evaluation")) or 0,
        slack_factor=_as(float, part.get("slack_factor")),
        slack_amount=_as(float, part.get("slack_amount")),
        truncation_percentage=_as(int, part.get("truncation_percentage")),
    )
