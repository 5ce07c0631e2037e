"""Jobs and plans as text: what the verbs print."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cloister.jobs.planning.plan import Plan, PlannedInput, PlannedStep

_OF_A_STEP = re.compile(r'step "(?P<step>[^"]+)": (?P<rest>.*)', re.DOTALL)


def job_text(job: dict[str, Any]) -> str:
    """A job: its head, a line for each step, and what was mapped."""
    what = f"{job['display_name']}, submitted by {job['submitter']}"
    lines = [f"{job['name']}  {job['status']}{_after(job['seconds'])}  {what}"]
    if job["reason"]:
        lines.append(f"  {job['reason']}")
    lines += [f"  {line}" for line in step_lines(job["steps"])]
    lines += [f"  {line}" for line in note_lines(job.get("notes", ()))]
    lines += [f"  {edge_line(edge)}" for edge in job.get("lineage", ())]
    if job.get("tags"):
        lines.append(f"  tags: {', '.join(f'{key}={value}' for key, value in job['tags'].items())}")
    if job.get("archived"):
        lines.append("  archived")
    lines += [f"  isolation: {line}" for line in _isolation_lines(job["steps"])]
    return "\n".join(_one_line(line) for line in lines)


def _one_line(text: str) -> str:
    """The text as one line of a terminal's: notes, reasons and values are what whoever submitted the job wrote, and
    neither move a cursor nor look like lines of ours.
    """
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _isolation_lines(steps: list[dict[str, Any]]) -> list[str]:
    """How the steps were kept apart: in one line where it is the same of all, else with the names of the steps."""
    alike: dict[str, list[str]] = {}
    for step in steps:
        if step.get("isolation"):
            alike.setdefault(step["isolation"], []).append(f'"{step["name"]}"')
    return [f"{'' if len(alike) == 1 else _steps(names)}{told}" for told, names in alike.items()]


def note_lines(notes: Iterable[str]) -> list[str]:
    """A line for each note; one that is the same of several steps is told once, with their names."""
    steps: dict[tuple[bool, str], list[str]] = {}
    for note in notes:
        found = _OF_A_STEP.fullmatch(note)
        named = steps.setdefault((True, found["rest"]) if found else (False, note), [])
        if found:
            named.append(f'"{found["step"]}"')
    return [_one_line(f"note: {_steps(named)}{rest}") for (_, rest), named in steps.items()]


def _steps(names: list[str]) -> str:
    if not names:
        return ""
    return f"{'step' if len(names) == 1 else 'steps'} {', '.join(names)}: "


def edge_line(edge: dict[str, str]) -> str:
    """What a step read or made."""
    match edge["kind"]:
        case "paths":
            thing = edge["name"]
        case "outputs":
            thing = f"output {edge['version']} of job {edge['name']}"
        case kind:
            thing = f"{kind} {edge['name']}:{edge['version']}"
    return f"{edge['step']} {edge['direction']} {thing} ({edge['port']})"


def step_lines(steps: list[dict[str, Any]]) -> list[str]:
    """A line for each step, those that another one brought forth indented below it."""
    return [f"{'  ' * depth}{step_line(step)}" for depth, step in nested(steps)]


def nested(steps: list[dict[str, Any]], parent: str = "", depth: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
    """The steps with how deep they lie: each below the step that brought it forth."""
    for step in steps:
        if step.get("parent", "") == parent:
            yield depth, step
            yield from nested(steps, step["name"], depth + 1)


def step_line(step: dict[str, Any]) -> str:
    """One step: its name, where it stands, how long it took, and why it is not well."""
    again = f", attempt {step['attempt']}" if step["attempt"] > 1 else ""
    reason = f": {step['reason']}" if step["reason"] else ""
    return _one_line(f"{step['name']:<20} {step['status']}{_after(step['seconds'])}{again}{reason}{_searched(step)}")


def _searched(step: dict[str, Any]) -> str:
    """What a trial was given and came to; of a sweep that runs, its best trial so far."""
    if trial := step.get("trial"):
        given = ", ".join(f"{name}={_value(value)}" for name, value in trial["parameters"].items())
        known = "" if trial["metric"] is None else f"  {trial['primary_metric']} {trial['metric']:g}"
        return f"  {given}{known}"
    sweep = step.get("sweep")
    if not sweep or sweep["best_trial"] is None or step["reason"]:
        return ""
    return f": best so far {sweep['best_trial']}, {sweep['primary_metric']} {sweep['best_metric']:g}"


def _value(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def job_table(jobs: list[dict[str, Any]], *, narrowed: bool = False) -> str:
    """Jobs, a line each; `narrowed` is whether some were not asked for."""
    if not jobs and narrowed:
        return "no such jobs that you may read"
    if not jobs:
        return "no jobs yet; create one: cloister job create --file examples/breast-cancer/pipeline.yml"
    rows = [("NAME", "STATUS", "SECONDS", "SUBMITTER", "DISPLAY NAME")]
    for job in jobs:
        seconds = "" if job["seconds"] is None else f"{job['seconds']:.1f}"
        rows.append((job["name"], job["status"], seconds, job["submitter"], job["display_name"]))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(f"{c:<{w}}" for c, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def plan_text(plan: "Plan") -> str:
    """What would run, in which order, on what."""
    lines = [f"{plan.display_name or plan.name or 'job'} ({plan.kind}) in experiment {plan.experiment_name}"]
    lines += [f"  input {name} = {value}" for name, value in plan.inputs]
    for number, wave in enumerate(plan.waves, start=1):
        for step in wave:
            lines.append(f"  {number}. {step.name}: {_work(step)}")
            lines += [f"       {what}" for what in _settings(step)]
            lines += [f"       {wanted.name} <- {_binding(wanted)}" for wanted in step.inputs]
            lines += [f"       {output.name} -> {output.type}" for output in step.outputs]
    lines += [f"  output {o.name} = {o.step}.{o.output}" for o in plan.outputs]
    lines += [f"  {line}" for line in note_lines(plan.notes)]
    return "\n".join(lines)


def _work(step: "PlannedStep") -> str:
    """What the step does, in a line."""
    if step.unresolved:
        return f"component {step.unresolved}, which is not here"
    if step.parallel is not None:
        run = f"{step.parallel.entry_script} {step.parallel.program_arguments}".strip()
        return f"{run} for pieces of {step.parallel.mini_batch_input}"
    return step.command.strip()


def _settings(step: "PlannedStep") -> Iterator[str]:
    """What is not as it is for every step."""
    if step.compute or step.instance_count > 1 or step.low_priority:
        instances = f" x {step.instance_count}" if step.instance_count > 1 else ""
        yield f"on {step.compute or 'the default compute'}{instances}{', low priority' if step.low_priority else ''}"
    if step.environment.requirements:
        python = f"Python {step.environment.python}, " if step.environment.python else ""
        yield f"with {python}{', '.join(step.environment.requirements)}"
    elif step.environment.reference:
        yield f"with environment {step.environment.reference}"
    if step.distribution is not None:
        yield f"as {step.distribution.kind} processes"
    if step.sweep is not None:
        tried = ", ".join(f"{dimension.name} ({dimension.kind})" for dimension in step.sweep.space)
        yield f"tried up to {step.sweep.max_total_trials} times, {step.sweep.algorithm}: {tried}"


def _binding(wanted: "PlannedInput") -> str:
    binding = wanted.binding
    match binding.kind:
        case "constant":
            return binding.text
        case "snapshot":
            return binding.path
        case "step":
            return f"{binding.step}.{binding.output}"
        case "reference":
            return binding.uri
        case "search":
            return f"search space {binding.dimension}"


def _after(seconds: float | None) -> str:
    return "" if seconds is None else f" ({seconds:.1f} s)"
