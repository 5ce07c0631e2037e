"""A parallel step: a script that is called for pieces of one input."""

from dataclasses import replace

from cloister.jobs.planning.expressions import ExpressionError, OwnInput, OwnOutput, whole_reference
from cloister.jobs.planning.job import Step
from cloister.jobs.planning.plan import Parallel
from cloister.jobs.reading.code import code_of
from cloister.jobs.reading.environments import environment_of
from cloister.jobs.reading.findings import Findings
from cloister.jobs.reading.machine import whole_number
from cloister.jobs.reading.positions import Part
from cloister.jobs.reading.steps import Written, common

_TASK_TYPES = frozenset({"", "run_function", "function"})


def parallel_step(written: Written, findings: Findings) -> Step:
    """The step whose workers run the entry script over the mini batches."""
    thing, level = written.thing, written.level
    step = common(written, findings)
    task = _first(written.parts, "task")
    findings.keys(task, "task", prefix=f"{thing}: ")
    if task.text("type").lower() not in _TASK_TYPES:
        mend = "write an entry script that loads the model, with type: run_function"
        findings.refuse(thing, f'Cloister runs no task of type "{task.text("type")}"', mend, task.origin("type"))
    script = task.text("entry_script")
    if not script:
        findings.refuse(thing, "has no entry_script", "name the script with init() and run(mini_batch)", task.origin())
    environment = environment_of(task, findings, thing) or environment_of(written.step, findings, thing)
    if environment is None and task.get("environment") is None:
        findings.refuse(thing, "has no environment", 'add "environment" to the task', task.origin())
    for part in written.parts:
        findings.keys(part.part("retry_settings"), "retry_settings", prefix=f"{thing}: ")

    def number(*path: str) -> int | None:
        return whole_number(written.parts, path, level, findings, thing)

    defaults = Parallel("", "")
    parallel = Parallel(
        entry_script=script,
        mini_batch_input=_own(written, "input_data", findings),
        mini_batch_size=_text(written, "mini_batch_size"),
        partition_keys=_partition_keys(written),
        program_arguments=task.text("program_arguments"),
        append_row_to=_reference(task.text("append_row_to"), OwnOutput, findings, f"{thing}, append_row_to", task),
        processes_per_instance=number("max_concurrency_per_instance") or defaults.processes_per_instance,
        error_threshold=_or(number("error_threshold"), defaults.error_threshold),
        mini_batch_error_threshold=_or(number("mini_batch_error_threshold"), defaults.mini_batch_error_threshold),
        max_retries=_or(number("retry_settings", "max_retries"), defaults.max_retries),
        mini_batch_timeout_seconds=_or(number("retry_settings", "timeout"), defaults.mini_batch_timeout_seconds),
        logging_level=_text(written, "logging_level").upper() or defaults.logging_level,
    )
    return replace(
        step,
        code=code_of(task, findings, thing),
        environment=environment or step.environment,
        parallel=parallel,
    )


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def _first(parts: list[Part], key: str) -> Part:
    """The mapping of the nearest part that has it."""
    return next((part.part(key) for part in parts if part.part(key).values), parts[-1].part(key))


def _text(written: Written, key: str) -> str:
    return next((part.text(key) for part in written.parts if part.text(key)), "")


def _own(written: Written, key: str, findings: Findings) -> str:
    """The input that the key names as `${{inputs.NAME}}`."""
    part = next((part for part in written.parts if part.text(key)), written.component)
    return _reference(part.text(key), OwnInput, findings, f"{written.thing}, {key}", part)


def _reference(text: str, kind: type[OwnInput | OwnOutput], findings: Findings, thing: str, part: Part) -> str:
    """The name that the expression names; empty where nothing is written, or it was refused."""
    is_input = kind is OwnInput
    if not text and not is_input:
        return ""
    try:
        reference = whole_reference(text)
    except ExpressionError:
        reference = None
    if isinstance(reference, OwnInput | OwnOutput) and isinstance(reference, kind):
        return reference.name
    mend = f"write ${{{{{'inputs' if is_input else 'outputs'}.NAME}}}}"
    findings.refuse(thing, f'is "{text}"' if text else "is not given", mend, part.origin())
    return ""


def _partition_keys(written: Written) -> tuple[str, ...]:
    keys = next((part.get("partition_keys") for part in written.parts if part.get("partition_keys")), None)
    if isinstance(keys, str):
        # Components are stored with the list as JSON text.
        keys = [key.strip(" \"'") for key in keys.strip(" []").split(",")]
    return tuple(str(key) for key in keys) if isinstance(keys, list) else ()
