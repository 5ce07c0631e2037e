"""A plan: what will run, in which order, on what. Pure; the same plan goes over the wire and into the database.

A plan that can be built is sound (see `soundness`): names are safe as folder names, every reference leads to an earlier
step, and no path leaves the snapshot. The server builds it anew from JSON, so a plan made by hand is held to the same
rules.
"""

from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import islice
from typing import Literal

from cloister.errors import SpecError


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal, as the text that goes into the command line."""

    text: str
    kind: Literal["constant"] = "constant"


@dataclass(frozen=True, slots=True)
class FromSnapshot:
    """A file or folder that the author sent along: its path in the snapshot."""

    path: str
    kind: Literal["snapshot"] = "snapshot"


@dataclass(frozen=True, slots=True)
class FromStep:
    """An output of an earlier step."""

    step: str
    output: str
    kind: Literal["step"] = "step"


@dataclass(frozen=True, slots=True)
class FromReference:
    """Data that lies elsewhere, as its author names it: an asset (`azureml:NAME:VERSION`, `azureml:NAME@LABEL`), a path
    in a datastore (`azureml://datastores/STORE/paths/PATH`), an address (`https:`, `wasbs:`, `s3:`).

    The platform resolves it when the job is submitted, so that what it names then is what runs.
    """

    uri: str
    kind: Literal["reference"] = "reference"


@dataclass(frozen=True, slots=True)
class FromSearch:
    """A value that a sweep chooses for each trial: the dimension of the search space of that name."""

    dimension: str
    kind: Literal["search"] = "search"


# As many as anybody reads.
_MOST_FAULTS = 1000
PlanKind = Literal["pipeline", "command", "sweep", "spark"]
Binding = Constant | FromSnapshot | FromStep | FromReference | FromSearch


@dataclass(frozen=True, slots=True)
class PlannedInput:
    """An input with where its value comes from. `mode` is Azure ML's (`ro_mount`, `download`), empty if not given."""

    name: str
    type: str
    binding: Binding
    mode: str = ""


@dataclass(frozen=True, slots=True)
class PlannedOutput:
    """An output and its type; `uri_file` is one file, everything else a folder.

    `destination` is a path in a datastore where it goes as well, empty where it stays in the job's folder; `${{name}}`
    in it, and in an address that an input refers to, is the name of the job. `asset_name` and `asset_version` register
    it as an asset once the step has completed.
    """

    name: str
    type: str
    mode: str = ""
    destination: str = ""
    asset_name: str = ""
    asset_version: str = ""

    @property
    def is_file(self) -> bool:
        """Whether the command writes one file there."""
        return self.type == "uri_file"


@dataclass(frozen=True, slots=True)
class PlannedEnvironment:
    """Where a command finds its packages: a curated environment, or requirements that are locked and built.

    `name` is what the records call it; the curated one of that name where `requirements` is empty. `reference` names a
    registered one until the platform has resolved it. `requirements` are pip's lines, `python` a version such as 3.11.
    """

    name: str = ""
    reference: str = ""
    python: str = ""
    requirements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Distribution:
    """Several processes that work together. On one machine, each of a step's instances is a group of processes."""

    kind: Literal["pytorch", "mpi", "tensorflow", "ray"]
    processes_per_instance: int = 1
    workers: int = 0
    parameter_servers: int = 0


@dataclass(frozen=True, slots=True)
class Branch:
    """A value of a choice that is a mapping (a conditional space): its keys, a literal as a choice of one."""

    dimensions: tuple["Dimension", ...]


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension of a search space: the type, and the arguments that this type takes, in Azure ML's words."""

    name: str
    kind: Literal[
        "choice",
        "randint",
        "uniform",
        "quniform",
        "loguniform",
        "qloguniform",
        "normal",
        "qnormal",
        "lognormal",
        "qlognormal",
    ]
    values: tuple[str | int | float | bool | Branch, ...] = ()
    upper: int | None = None
    min_value: float | None = None
    max_value: float | None = None
    mu: float | None = None
    sigma: float | None = None
    q: float | None = None


@dataclass(frozen=True, slots=True)
class EarlyTermination:
    """Which trials are stopped before their end. Intervals count the times that a trial logged the metric."""

    kind: Literal["bandit", "median_stopping", "truncation_selection"]
    evaluation_interval: int = 1
    delay_evaluation: int = 0
    slack_factor: float | None = None
    slack_amount: float | None = None
    truncation_percentage: int | None = None


@dataclass(frozen=True, slots=True)
class Sweep:
    """The step's command is tried with values of a search space; its inputs of kind `search` take them.

    The step's own timeout is that of one trial, `timeout_seconds` here that of the whole. `log_base` is the base of
    log-uniform and log-normal dimensions, e where it is not given.
    """

    algorithm: Literal["random", "grid", "bayesian"]
    metric: str
    goal: Literal["minimize", "maximize"]
    space: tuple[Dimension, ...]
    max_total_trials: int
    max_concurrent_trials: int
    timeout_seconds: int | None = None
    seed: int | None = None
    rule: Literal["random", "sobol"] = "random"
    log_base: float | None = None
    early_termination: EarlyTermination | None = None


@dataclass(frozen=True, slots=True)
class Parallel:
    """The step's command is an entry script with `init()` and `run(mini_batch)`, called for pieces of one input.

    `mini_batch_size` is as written (`10`, `100kb`); `append_row_to` names the output that takes the returned rows.
    """

    entry_script: str
    mini_batch_input: str
    mini_batch_size: str = ""
    partition_keys: tuple[str, ...] = ()
    program_arguments: str = ""
    append_row_to: str = ""
    processes_per_instance: int = 1
    error_threshold: int = -1
    mini_batch_error_threshold: int = -1
    max_retries: int = 2
    mini_batch_timeout_seconds: int = 60
    logging_level: str = "INFO"


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One command, ready to run. `code` is the snapshot's folder that becomes the working folder, or empty.

    A step of a nested pipeline is named `OUTER.INNER`. `compute` is the name of a compute, empty for the default one;
    `labels` are those that an agent must have to run it.
    `component` is `NAME:VERSION` where the step came from a registered one. `unresolved` names a component that nobody
    here has; such a step has no command, and a plan that holds one can be looked at but not submitted.
    """

    name: str
    command: str
    inputs: tuple[PlannedInput, ...] = ()
    outputs: tuple[PlannedOutput, ...] = ()
    code: str = ""
    display_name: str = ""
    environment: PlannedEnvironment = PlannedEnvironment()
    environment_variables: tuple[tuple[str, str], ...] = ()
    timeout_seconds: int | None = None
    compute: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    instance_count: int = 1
    distribution: Distribution | None = None
    sweep: Sweep | None = None
    parallel: Parallel | None = None
    is_deterministic: bool = True
    low_priority: bool = False
    component: str = ""
    unresolved: str = ""

    @property
    def needs(self) -> frozenset[str]:
        """The steps whose outputs this one reads."""
        return frozenset(i.binding.step for i in self.inputs if isinstance(i.binding, FromStep))


@dataclass(frozen=True, slots=True)
class PublishedOutput:
    """An output of the job: which step's output it is."""

    name: str
    step: str
    output: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What will run. `steps` is in an order in which each comes after all that it needs; `notes` is for the record.

    `force_rerun` runs every step, also where a deterministic one has run on the same inputs before.
    """

    kind: PlanKind
    experiment_name: str
    steps: tuple[PlannedStep, ...]
    name: str = ""
    display_name: str = ""
    description: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
    outputs: tuple[PublishedOutput, ...] = ()
    continue_on_step_failure: bool = False
    force_rerun: bool = False
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # Here and not above: soundness is about plans.
        from cloister.jobs.planning.soundness import faults  # noqa: PLC0415

        if found := tuple(islice(faults(self), _MOST_FAULTS)):
            raise SpecError(found)

    def step(self, name: str) -> PlannedStep:
        """The step of that name; KeyError where there is none."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)

    @property
    def waves(self) -> tuple[tuple[PlannedStep, ...], ...]:
        """The steps in groups that may run side by side; the same plan always gives the same groups."""
        sorter = TopologicalSorter({step.name: step.needs for step in self.steps})
        sorter.prepare()
        waves: list[tuple[PlannedStep, ...]] = []
        while sorter.is_active():
            ready = set(sorter.get_ready())
            waves.append(tuple(step for step in self.steps if step.name in ready))
            sorter.done(*ready)
        return tuple(waves)
