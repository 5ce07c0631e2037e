"""What Cloister does with each key of an Azure ML v2 document: run it, map it and say so, or refuse it by name.

A key that is in no table is a mistake of the author. The tables follow the official SDK's schemas, azure-ai-ml 1.35
(https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-pipeline and -command, read 2026-11).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from cloister.errors import Fault
from cloister.jobs.reading.positions import Document

# Kinds of jobs and steps that Cloister does not run, each with the nearest thing that it does.
REFUSED_TYPES: dict[str, str] = {
    "sweep": "write one command step for each set of parameters, or loop over them inside one command step",
    "parallel": "use a command step that loops over the files of its input",
    "spark": "use a command step with pandas or DuckDB on the same data",
    "automl": "use a command step that trains the candidates and logs them to MLflow",
    "import": "use a command step that reads the source, with its output as uri_folder",
    "data_transfer": "use a command step that copies its input to its output",
    "do_while": "use a command step that loops by itself",
    "if_else": "decide inside a command step, and let it exit with an error to stop the pipeline",
    "parallel_for": "write one command step for each value",
    "finetuning": "use a command step that runs the training script",
    "pipeline": "write the steps of the inner pipeline into the outer one",
    "base": "start the job from its YAML file",
}
_NO_NODES = "drop the key; the script may start processes by itself"
_NO_SERVICES = "drop the key; follow the step with cloister job stream"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one kind of mapping: run as they are, mapped (with the note), or refused (with the mend)."""

    runs: frozenset[str]
    notes: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)

    @property
    def all(self) -> list[str]:
        """Every key that the tables know."""
        return sorted({*self.runs, *self.notes, *self.refused})


_IDENTITY_NOTE = "identity: each step runs as a short-lived identity of its own, not as the one named here"
_QUEUE_NOTE = "queue_settings: everything runs on this machine; there is one queue"
_PROPERTIES_NOTE = "properties: kept by Azure only"

PIPELINE = Keys(
    runs=frozenset(
        [
            "$schema",
            "type",
            "name",
            "display_name",
            "description",
            "tags",
            "experiment_name",
            "inputs",
            "outputs",
            "jobs",
            "settings",
            "compute",
        ]
    ),
    notes={"identity": _IDENTITY_NOTE, "properties": _PROPERTIES_NOTE},
    refused={
        "component": "write the steps of the component under jobs",
        "services": _NO_SERVICES,
    },
)
SETTINGS = Keys(
    runs=frozenset({"default_compute", "continue_on_step_failure"}),
    notes={
        "default_datastore": "settings.default_datastore: outputs go to the job's folder on this machine",
        "force_rerun": "settings.force_rerun: every step runs; results of earlier jobs are not reused",
    },
)
_COMMAND_RUNS = "type code command environment environment_variables inputs outputs limits compute display_name"
_STEP_NOTES = {
    "identity": _IDENTITY_NOTE,
    "queue_settings": _QUEUE_NOTE,
    "properties": _PROPERTIES_NOTE,
    "description": "description: for the reader only",
    "tags": "tags: kept by Azure only",
}
_STEP_REFUSED = {"distribution": _NO_NODES, "services": _NO_SERVICES}
# A step that holds its command, and one that names a component.
INLINE_STEP = Keys(
    runs=frozenset([*_COMMAND_RUNS.split(), "resources", "name"]), notes=_STEP_NOTES, refused=_STEP_REFUSED
)
_COMPONENT_RUNS = "type component environment environment_variables inputs outputs limits compute resources"
COMPONENT_STEP = Keys(
    runs=frozenset(_COMPONENT_RUNS.split()),
    notes=_STEP_NOTES | {"comment": "comment: for the reader only"},
    refused=_STEP_REFUSED
    | dict.fromkeys(("code", "command"), "drop the key; the component brings its own")
    | {"display_name": "drop the key; set it in the component", "name": "drop the key; the step is named by its key"},
)
COMMAND_JOB = Keys(
    runs=frozenset([*_COMMAND_RUNS.split(), "$schema", "name", "description", "tags", "experiment_name", "resources"]),
    notes={"identity": _IDENTITY_NOTE, "queue_settings": _QUEUE_NOTE, "properties": _PROPERTIES_NOTE},
    refused={
        "distribution": _NO_NODES,
        "services": _NO_SERVICES,
        "parent_job_name": "drop the key; make the command a step of a pipeline",
    },
)
COMPONENT = Keys(
    runs=frozenset(
        [
            "$schema",
            "type",
            "name",
            "version",
            "display_name",
            "description",
            "tags",
            "inputs",
            "outputs",
            "code",
            "command",
            "environment",
            "resources",
            "is_deterministic",
            "environment_variables",
        ]
    ),
    notes={"properties": _PROPERTIES_NOTE, "queue_settings": _QUEUE_NOTE},
    refused={
        "distribution": _NO_NODES,
        "additional_includes": "put the files into the code folder",
        "auto_delete_setting": "drop the key; nothing is deleted by itself",
    },
)
RESOURCES = Keys(
    runs=frozenset({"instance_type", "instance_count"}),
    notes={
        "shm_size": "resources.shm_size: each step has 2 GiB of shared memory",
        "properties": "resources.properties: kept by Azure only",
        "locations": "resources.locations: everything runs on this machine",
        "max_instance_count": "resources.max_instance_count: everything runs on this machine",
    },
    refused={"docker_args": "drop the key; a step is a process, not a container"},
)
LIMITS = Keys(runs=frozenset({"timeout"}))


def key_faults(document: Document, keys: Keys, *path: str) -> Iterator[Fault]:
    """A fault for each key at the path that Cloister does not run, and for each that nobody knows."""
    where = ".".join(path)
    for key in document.mapping(*path):
        if key in keys.runs or key in keys.notes:
            continue
        thing, origin = f'key "{where}.{key}"' if where else f'key "{key}"', document.origin(*path, str(key))
        if key in keys.refused:
            yield Fault(thing, "Cloister does not run this", keys.refused[key], origin)
        else:
            close = get_close_matches(str(key), keys.all, n=1)
            mend = f'did you mean "{close[0]}"?' if close else f"the keys here are {', '.join(keys.all)}"
            yield Fault(thing, "is no key of an Azure ML v2 job", mend, origin)


def key_notes(document: Document, keys: Keys, *path: str) -> Iterator[str]:
    """A note for each key at the path that is mapped onto something of ours, or of use on Azure alone."""
    prefix = f'step "{path[1]}": ' if len(path) > 1 and path[0] == "jobs" else ""
    yield from (prefix + keys.notes[key] for key in document.mapping(*path) if key in keys.notes)


def type_fault(thing: str, kind: str, document: Document, *path: str) -> Fault:
    """The refusal of a kind of job or step that Cloister does not run, with the nearest thing that works."""
    mend = REFUSED_TYPES.get(kind)
    if mend is None:
        close = get_close_matches(kind, ["command", "pipeline", *REFUSED_TYPES], n=1)
        mend = f'did you mean "{close[0]}"?' if close else "use a command or a pipeline"
        return Fault(thing, f'there is no type "{kind}"', mend, document.origin(*path, "type"))
    return Fault(thing, f"Cloister does not run {kind} jobs yet", mend, document.origin(*path, "type"))
