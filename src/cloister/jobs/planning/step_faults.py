"""What is wrong with what a step runs: a command with its expressions, or a parallel step's entry script. Pure."""

import re
import shlex
from collections.abc import Iterator

from cloister.errors import Fault
from cloister.jobs.planning.expressions import ExpressionError, OwnInput, OwnOutput, parse_command, references
from cloister.jobs.planning.plan import Parallel, PlannedStep
from cloister.jobs.planning.types import DATA_TYPES

_MOST_PROCESSES = 256
_LEVELS = ("DEBUG", "INFO", "WARNING")
_SIZE = re.compile(r"0*[1-9]\d*\s*([kmg]?b)?", re.IGNORECASE)


def reference_faults(step: PlannedStep, what: str, text: str) -> Iterator[Fault]:
    """What is wrong with the expressions of a text that is filled in when the step starts."""
    thing = f'step "{step.name}"'
    try:
        used = tuple(references(parse_command(text)))
    except ExpressionError as error:
        yield Fault(thing, f"{what} holds an expression that cannot be used: {error}", "use ${{inputs.NAME}}")
        return
    inputs = {i.name for i in step.inputs}
    outputs = {o.name for o in step.outputs}
    for reference, optional in used:
        match reference:
            case OwnInput(name):
                if name not in inputs and not optional:
                    yield Fault(thing, f'{what} uses input "{name}", which is not given', "add it to inputs")
            case OwnOutput(name):
                if name not in outputs:
                    yield Fault(thing, f'{what} uses output "{name}", which it does not declare', "add it to outputs")
            case _:
                mend = f"declare an input, bind it to that, and use ${{{{inputs.NAME}}}} in {what}"
                yield Fault(thing, f"{what} refers to the pipeline directly", mend)


def parallel_faults(step: PlannedStep, parallel: Parallel) -> Iterator[Fault]:
    """What is wrong with a parallel step."""
    thing = f'step "{step.name}"'
    script = parallel.entry_script
    if not script or script.startswith("/") or "\0" in script or ".." in script.split("/"):
        yield Fault(thing, f'entry_script "{script}" is no file of the code', "name a file below task.code")
    yield from _input_faults(step, parallel, thing)
    if parallel.append_row_to and parallel.append_row_to not in {output.name for output in step.outputs}:
        reason = f'append_row_to names output "{parallel.append_row_to}", which it does not declare'
        yield Fault(thing, reason, "add it to outputs")
    yield from reference_faults(step, "program_arguments", parallel.program_arguments)
    try:
        shlex.split(parallel.program_arguments)
    except ValueError:
        yield Fault(thing, "program_arguments holds a quotation that does not end", "close it")
    yield from _number_faults(step, parallel, thing)


def _input_faults(step: PlannedStep, parallel: Parallel, thing: str) -> Iterator[Fault]:
    wanted = next((i for i in step.inputs if i.name == parallel.mini_batch_input), None)
    if wanted is None:
        reason = f'input_data names input "{parallel.mini_batch_input}", which is not given'
        yield Fault(thing, reason, "add it to inputs")
    elif wanted.type not in DATA_TYPES:
        reason = f'input_data names input "{wanted.name}", which is a {wanted.type}'
        yield Fault(thing, reason, "name an input of type uri_folder or mltable")
    elif parallel.partition_keys and wanted.type != "mltable":
        reason = f'partition_keys need a table, but input "{wanted.name}" is a {wanted.type}'
        yield Fault(thing, reason, "declare it as mltable, or set mini_batch_size instead")
    if parallel.mini_batch_size and not _SIZE.fullmatch(parallel.mini_batch_size.strip()):
        reason = f'mini_batch_size is "{parallel.mini_batch_size[:40]}"'
        yield Fault(thing, reason, "write a count of files, such as 10, or a size, such as 100kb")


def _number_faults(step: PlannedStep, parallel: Parallel, thing: str) -> Iterator[Fault]:
    count = parallel.processes_per_instance * step.instance_count
    if not 1 <= count <= _MOST_PROCESSES:
        reason = f"it would run in {count} processes, which are all on one machine here"
        yield Fault(thing, reason, f"set max_concurrency_per_instance to between 1 and {_MOST_PROCESSES} in all")
    if parallel.max_retries < 0 or parallel.mini_batch_timeout_seconds < 1:
        reason = f"retries {parallel.max_retries} times after {parallel.mini_batch_timeout_seconds} seconds"
        yield Fault(thing, reason, "count retry_settings.max_retries from 0, and timeout in seconds from 1")
    if min(parallel.error_threshold, parallel.mini_batch_error_threshold) < -1:
        yield Fault(thing, "has a threshold below -1", "count what may fail from 0, or write -1 where all may")
    if parallel.logging_level not in _LEVELS:
        reason = f'logging_level is "{parallel.logging_level}"'
        yield Fault(thing, reason, f"use one of {', '.join(_LEVELS)}")
