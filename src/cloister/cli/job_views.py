"""Jobs and plans as text: what the verbs print, and progress while a job runs."""

from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from cloister.jobs.planning.plan import Plan, PlannedInput


def job_text(job: dict[str, Any]) -> str:
    """A job: its head, a line for each step, and what was mapped."""
    what = f"{job['display_name']}, submitted by {job['submitter']}"
    lines = [f"{job['name']}  {job['status']}{_after(job['seconds'])}  {what}"]
    if job["reason"]:
        lines.append(f"  {job['reason']}")
    lines += [f"  {step_line(step)}" for step in job["steps"]]
    lines += [f"  note: {note}" for note in job.get("notes", ())]
    if job.get("isolation"):
        lines.append(f"  isolation: {job['isolation']}")
    return "\n".join(lines)


def step_line(step: dict[str, Any]) -> str:
    """One step: its name, where it stands, how long it took, and why it is not well."""
    again = f", attempt {step['attempt']}" if step["attempt"] > 1 else ""
    reason = f": {step['reason']}" if step["reason"] else ""
    return f"{step['name']:<20} {step['status']}{_after(step['seconds'])}{again}{reason}"


def job_table(jobs: list[dict[str, Any]]) -> str:
    """Jobs, a line each."""
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
            lines.append(f"  {number}. {step.name}: {step.command.strip()}")
            lines += [f"       {wanted.name} <- {_binding(wanted)}" for wanted in step.inputs]
            lines += [f"       {output.name} -> {output.type}" for output in step.outputs]
    lines += [f"  output {o.name} = {o.step}.{o.output}" for o in plan.outputs]
    lines += [f"  note: {note}" for note in plan.notes]
    return "\n".join(lines)


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


class Progress:
    """A line for each step: redrawn in place on a terminal, written once a change elsewhere."""

    def __init__(self, target: IO[str]) -> None:
        self._target = target
        self._terminal = target.isatty()
        self._drawn = 0
        self._told: dict[str, tuple[str, int]] = {}

    def show(self, job: dict[str, Any]) -> None:
        """Show where the job stands."""
        if self._terminal:
            self._redraw([f"{job['name']}  {job['status']}{_after(job['seconds'])}", *map(step_line, job["steps"])])
            return
        for step in job["steps"]:
            state = (step["status"], step["attempt"])
            if step["status"] != "NotStarted" and self._told.get(step["name"]) != state:
                self._told[step["name"]] = state
                self._target.write(f"{step_line(step)}\n")
        self._target.flush()

    def _redraw(self, lines: list[str]) -> None:
        # Up over what was drawn, each line cleared to its end.
        up = f"\x1b[{self._drawn}A" if self._drawn else ""
        self._target.write(up + "".join(f"\x1b[2K{line[:200]}\n" for line in lines))
        self._target.flush()
        self._drawn = len(lines)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._target.flush()
