"""A job as its author wrote it, in values: every step that will run, what it takes and makes, each with its origin.

Nested pipelines are steps of one list by now, named `OUTER.INNER`; a single command is a pipeline of one step. Paths
are absolute, on the author's machine. References lead to inputs of the job and to outputs of steps, by their full
names.
"""

from dataclasses import dataclass, field
from pathlib import Path

from cloister.errors import Fault
from cloister.jobs.planning.expressions import ParentInput, StepOutput
from cloister.jobs.planning.plan import Distribution, Parallel, PlanKind, PlannedEnvironment, Sweep
from cloister.origin import Origin

# The one step of a job that is no pipeline.
SINGLE_STEP = "command"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Data that is not on the author's machine: an asset, a path in a datastore, an address."""

    uri: str


@dataclass(frozen=True, slots=True)
class Absent:
    """Data that should be on the author's machine and is not, or has no path yet: the job can be looked at only."""

    is_file: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """A value that a sweep chooses: the dimension of its search space."""

    dimension: str


InputValue = str | Path | Absent | Elsewhere | Chosen | ParentInput | StepOutput


@dataclass(frozen=True, slots=True)
class Given:
    """What an author bound to an input: the value, and the type and the mode where they are told."""

    value: InputValue
    type: str = ""
    mode: str = ""


@dataclass(frozen=True, slots=True)
class JobInput:
    """An input of the whole job: a literal (as text), a file or folder of the author's machine, or data elsewhere."""

    name: str
    type: str
    value: str | Path | Absent | Elsewhere
    origin: Origin
    mode: str = ""


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
class Target:
    """Where an output goes besides the job's folder: the job's output that it is, a datastore's path, an asset."""

    publishes: str = ""
    mode: str = ""
    destination: str = ""
    asset_name: str = ""
    asset_version: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """The working folder of a command: a folder, and further files and folders that are laid into it."""

    folder: Path | None
    includes: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step with what it takes and what it makes.

    `inputs` holds what the author bound, by name; `takes` what the command or component declares. The same for
    `outputs` and `makes`. The rest means what it means in a plan.
    """

    name: str
    command: str
    origin: Origin
    code: Code | None = None
    display_name: str = ""
    environment: PlannedEnvironment = field(default_factory=PlannedEnvironment)
    environment_variables: tuple[tuple[str, str], ...] = ()
    timeout_seconds: int | None = None
    takes: tuple[Port, ...] = ()
    inputs: tuple[tuple[str, Given], ...] = ()
    makes: tuple[Port, ...] = ()
    outputs: tuple[tuple[str, Target], ...] = ()
    compute: str = ""
    instance_count: int = 1
    distribution: Distribution | None = None
    sweep: Sweep | None = None
    parallel: Parallel | None = None
    is_deterministic: bool = True
    low_priority: bool = False
    component: str = ""
    unresolved: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A whole job. `notes` says what Cloister maps onto something of its own, `missing` what it still lacks to run."""

    kind: PlanKind
    origin: Origin
    steps: tuple[Step, ...]
    name: str = ""
    display_name: str = ""
    description: str = ""
    experiment_name: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    inputs: tuple[JobInput, ...] = ()
    outputs: tuple[Port, ...] = ()
    continue_on_step_failure: bool = False
    force_rerun: bool = False
    notes: tuple[str, ...] = ()
    missing: tuple[Fault, ...] = ()
