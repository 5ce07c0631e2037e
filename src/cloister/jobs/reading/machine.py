"""Where and with what a step runs: compute, resources, tier, limits, processes, variables.

What a step says goes before what its component says, key by key.
"""

from typing import get_args

from cloister.jobs.planning.plan import Distribution
from cloister.jobs.reading.findings import Findings
from cloister.jobs.reading.levels import Level, bound, literal
from cloister.jobs.reading.positions import Part

# The names that mean whatever the platform has; Azure calls its own `serverless`.
_ANY_COMPUTE = frozenset({"local", "serverless", ""})
# Microsoft's tiers; a spot machine may be taken away while a step runs.
_LOW_PRIORITY = "spot"
_KINDS = get_args(Distribution.__annotations__["kind"])


def compute_name(step: Part, level: Level, findings: Findings, thing: str) -> str:
    """The name of the compute, empty for the platform's default."""
    text = step.text("compute")
    if text.strip().startswith("${{"):
        given = bound(text, level, findings, thing, step.origin("compute"))
        name = level_literal(text, level)
        if given is not None and not name:
            findings.refuse(thing, "its compute is no literal", "give the name of a compute", step.origin("compute"))
        text = name
    name = (text or level.compute).removeprefix("azureml:").rstrip("/").rpartition("/")[2]
    return "" if name in _ANY_COMPUTE else name


def level_literal(text: str, level: Level) -> str:
    """The text of the pipeline's literal that a whole expression names; empty where there is none."""
    name = text.strip().removeprefix("${{").removesuffix("}}").strip().removeprefix("parent.inputs.")
    return level.literals.get(name, "")


def environment_variables(parts: list[Part], level: Level, findings: Findings, thing: str) -> dict[str, str]:
    """The variables of a step over those of its component."""
    found: dict[str, str] = {}
    for part in parts:
        variables = part.part("environment_variables")
        for name, value in variables.values.items():
            told = f'{thing}, environment variable "{name}"'
            text = "" if value is None else str(value)
            filled = literal(text, level, findings, told, variables.origin(name)) if "${{" in text else text
            found[name] = filled or ""
    return found


def whole_number(parts: list[Part], path: tuple[str, ...], level: Level, findings: Findings, thing: str) -> int | None:
    """A whole number at a path, of the first of the parts that has it; None where none has."""
    *above, last = path
    for part in parts:
        inner = part.part(*above)
        value = inner.get(last)
        if value is None:
            continue
        text = level_literal(value, level) or value if isinstance(value, str) else value
        if isinstance(text, bool) or not isinstance(text, int | str) or not str(text).strip().lstrip("-").isdigit():
            findings.refuse(thing, f'{".".join(path)} is "{value}"', "give a whole number", inner.origin(last))
            return None
        return int(text)
    return None


def note_resources(parts: list[Part], findings: Findings, thing: str, *, place: str = "resources") -> None:
    """Judge the keys of `resources`, and say of the size of the machine who decides it."""
    for part in parts:
        resources = part.part("resources")
        findings.keys(resources, place, prefix=f"{thing}: ")
        if size := resources.text("instance_type"):
            findings.note(f"{thing}: resources.instance_type {size}: the compute decides the size of the machine")


def is_low_priority(parts: list[Part], findings: Findings, thing: str) -> bool:
    """Whether the step asks for the tier that may be pre-empted."""
    for part in parts:
        queue = part.part("queue_settings")
        findings.keys(queue, "queue_settings", prefix=f"{thing}: ")
        if tier := queue.text("job_tier").lower():
            if tier != _LOW_PRIORITY:
                findings.note(f"{thing}: queue_settings.job_tier {tier}: a machine of the compute's own")
            return tier == _LOW_PRIORITY
    return False


def distribution(parts: list[Part], level: Level, findings: Findings, thing: str) -> Distribution | None:
    """The processes that work together, where the step or its component asks for them."""
    for part in parts:
        if not isinstance(part.get("distribution"), dict):
            continue
        written = part.part("distribution")
        findings.keys(written, "distribution", prefix=f"{thing}: ")
        kind = written.text("type").lower()
        for known in _KINDS:
            if kind == known:
                return _distribution(known, written, level, findings, thing)
        mend = f"use one of {', '.join(_KINDS)}"
        findings.refuse(thing, f'there is no distribution of type "{kind}"', mend, written.origin("type"))
        return None
    return None


def _distribution(kind: str, written: Part, level: Level, findings: Findings, thing: str) -> Distribution:
    def count(key: str) -> int | None:
        return whole_number([written], (key,), level, findings, f"{thing}, distribution")

    return Distribution(
        kind,  # type: ignore[arg-type]  # one of the known ones
        processes_per_instance=count("process_count_per_instance") or 1,
        workers=count("worker_count") or 0,
        parameter_servers=count("parameter_server_count") or 0,
    )
