"""A pipeline job as its author wrote it: checked by the official SDK, in values of ours, each with its origin.

A single command job is a pipeline of one step. Paths are absolute, on the author's machine.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cloister.jobs.planning.expressions import OwnInput, OwnOutput, ParentInput, ParentOutput, StepOutput
from cloister.jobs.planning.plan import PlannedEnvironment
from cloister.origin import Origin

# The one step of a job that is a single command.
SINGLE_STEP = "command"

InputValue = str | Path | ParentInput | StepOutput | OwnInput | OwnOutput | ParentOutput


@dataclass(frozen=True, slots=True)
class JobInput:
    """An input of the whole job: a literal (as text) or a file or folder of the author's machine."""

    name: str
    type: str
    value: str | Path
    origin: Origin


@dataclass(frozen=True, slots=True)
class Port:
    """An input or an output that a step declares. `type` is empty where the author named none."""

    name: str
    type: str = ""
    optional: bool = False
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandStep:
    """One command with what it takes and what it makes.

    `inputs` holds what the author bound, by name; `takes` what the command or component declares. The same for
    `publishes` (outputs that are bound to an output of the pipeline) and `makes`.
    """

    name: str
    command: str
    origin: Origin
    code: Path | None = None
    display_name: str = ""
    environment: PlannedEnvironment = field(default_factory=PlannedEnvironment)
    environment_variables: tuple[tuple[str, str], ...] = ()
    timeout_seconds: int | None = None
    takes: tuple[Port, ...] = ()
    inputs: tuple[tuple[str, InputValue], ...] = ()
    makes: tuple[Port, ...] = ()
    publishes: tuple[tuple[str, InputValue], ...] = ()


@dataclass(frozen=True, slots=True)
class PipelineJob:
    """A whole job. `notes` says what Cloister maps onto something of its own."""

    kind: Literal["pipeline", "command"]
    origin: Origin
    steps: tuple[CommandStep, ...]
    name: str = ""
    display_name: str = ""
    description: str = ""
    experiment_name: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    inputs: tuple[JobInput, ...] = ()
    outputs: tuple[Port, ...] = ()
    continue_on_step_failure: bool = False
    notes: tuple[str, ...] = field(default=())
