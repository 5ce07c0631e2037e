"""What a job that is submitted refers to outside of itself: which rights that takes, and what it names from now on.

Rights are told one after the other. What is found out about a thing comes after the right to it, so that whoever has
asked for each before the next one is told nothing of what they may not read, by no error either.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from cloister.errors import CloisterError, Fault, SpecError
from cloister.gateway.mlflow.resources import named
from cloister.jobs.assets.addresses import Address, JobOutput, Labelled, StorePath, read_place
from cloister.jobs.assets.content import UPLOADS
from cloister.jobs.assets.datastores import DEFAULT
from cloister.jobs.assets.destinations import MADE, asset_kind, check_asset, destination
from cloister.jobs.assets.following import Following, kind_for
from cloister.jobs.assets.names import RESOURCES, AssetId
from cloister.jobs.desk import rights
from cloister.jobs.desk.registered_environments import named_environment
from cloister.jobs.planning.plan import FromReference, Plan, PlannedInput, PlannedOutput, PlannedStep

# Until a job has its name, its outputs' places are known but for that; no job is called so.
_SOME_JOB: Final = "${{name}}"
_EVALUATED: Final = "the folder with its MLTable file is given; what that selects is for the command to read"
# What the mode of an input comes to here, where it is not what it says.
_MODES: Final = {
    "eval_mount": _EVALUATED,
    "eval_download": _EVALUATED,
    "rw_mount": "the data can be read alone; what a step changes are its outputs",
}


@dataclass(frozen=True, slots=True)
class Needed:
    """A right that submitting takes. `job` is the job whose output is read: its owner counts."""

    action: str
    resource: str
    job: str = ""


def needed(plan: Plan, following: Following) -> Iterator[Needed]:
    """The rights that the plan's environments and data take. Raises SpecError on what can be neither."""
    for step in plan.steps:
        if environment := named_environment(step.environment):
            yield Needed(rights.READ_ASSET, named(RESOURCES["environments"], environment.name))
        for wanted, uri in _references(step):
            with _telling(step, wanted):
                yield from to_read(uri, wanted.type, following)
        for output in step.outputs:
            with _telling(step, output):
                yield from _to_keep(plan.name or _SOME_JOB, step, output)


def pinned(plan: Plan, following: Following) -> Plan:
    """The plan with every label replaced by its version, and what is said of that.

    Raises SpecError: MissingError for what is not there.
    """
    notes: list[str] = []
    steps = tuple(replace(step, inputs=tuple(_pinned_inputs(step, following, notes))) for step in plan.steps)
    return replace(plan, steps=steps, notes=tuple(dict.fromkeys((*plan.notes, *notes))))


def to_read(uri: str, of_type: str, following: Following) -> Iterator[Needed]:
    """The rights that reading takes. Raises SpecError on an address that lies in no datastore."""
    match read_place(uri, kind_for(of_type)):
        case AssetId() | Labelled() as asset:
            yield from to_read_asset(asset, following)
        case Address() as place:
            yield _of_place(following.end_of(place))
        case place:
            yield _of_place(place)
            following.end_of(place)


def to_read_asset(asset: AssetId | Labelled, following: Following) -> Iterator[Needed]:
    """The rights that reading an asset takes: of the asset, and of the datastore that has come to cover its address.

    Whoever made it could read what it names then, but an address may have been nobody's. Raises SpecError: MissingError
    for what is not there.
    """
    yield Needed(rights.READ_ASSET, named(RESOURCES[asset.kind], asset.name))
    place = following.place_of(asset)
    if isinstance(place, Address):
        yield _of_place(following.end_of(place))


def to_name(uri: str, following: Following) -> Iterator[Needed]:
    """The rights that making an asset of a place takes; an address in no datastore can be named, and not read."""
    place = read_place(uri)
    if isinstance(place, Address) and following.covering(place) is None:
        return
    yield from to_read(uri, "uri_folder", following)


def _of_place(end: StorePath | JobOutput) -> Needed:
    if isinstance(end, JobOutput):
        return Needed(rights.READ, named("job", end.job), end.job)
    if end.store == DEFAULT:
        top, _, below = end.path.partition("/")
        if top == MADE and below:
            job = below.partition("/")[0]
            return Needed(rights.READ, named("job", job), job)
        if top in ("", MADE, UPLOADS):
            # A right to the datastore would be one to everybody's data, whatever is decided of each by its name.
            mend = "name what you mean: azureml:NAME:VERSION, or azureml://jobs/NAME/outputs/OUTPUT"
            raise SpecError(Fault(f'"{end}"', "is where uploaded data and outputs of all jobs lie", mend))
    return Needed(rights.READ_ASSET, named("datastore", end.store))


def upload_named(uri: str) -> StorePath | None:
    """The upload, or the part of one, that lies there; None where something else does. Raises SpecError."""
    place = read_place(uri) if uri else None
    if not isinstance(place, StorePath) or place.store != DEFAULT:
        return None
    return place if place.path.startswith(f"{UPLOADS}/") and place.path.count("/") > 1 else None


def above_upload(part: StorePath) -> Iterator[StorePath]:
    """The part of an upload, and all that it is in, up to the whole."""
    names = part.path.split("/")
    for length in range(len(names), 2, -1):
        yield StorePath(part.store, "/".join(names[:length]))


def _to_keep(job: str, step: PlannedStep, output: PlannedOutput) -> Iterator[Needed]:
    place = destination(job, step.name, output)
    if place is not None:
        yield Needed(rights.WRITE_DATASTORE, named("datastore", place.store))
    if output.asset_name:
        check_asset(output)
        yield Needed(rights.MANAGE_ASSET, named(RESOURCES[asset_kind(output)], output.asset_name))


def _pinned_inputs(step: PlannedStep, following: Following, notes: list[str]) -> Iterator[PlannedInput]:
    references = dict(_references(step))
    for wanted in step.inputs:
        if wanted not in references:
            yield wanted
            continue
        uri = references[wanted]
        with _telling(step, wanted):
            now = following.follow(uri, wanted.type).pinned(wanted.type)
        where = f'step "{step.name}", input "{wanted.name}"'
        if now != uri:
            notes.append(f"{where}: {uri} -> {now}")
        if wanted.mode in _MODES:
            notes.append(f"{where}: mode {wanted.mode} -> {_MODES[wanted.mode]}")
        yield replace(wanted, binding=FromReference(now))


def _references(step: PlannedStep) -> Iterator[tuple[PlannedInput, str]]:
    for wanted in step.inputs:
        if isinstance(wanted.binding, FromReference):
            yield wanted, wanted.binding.uri


@contextmanager
def _telling(step: PlannedStep, port: PlannedInput | PlannedOutput) -> Iterator[None]:
    """Errors say where in the job they are."""
    what = "input" if isinstance(port, PlannedInput) else "output"
    try:
        yield
    except CloisterError as error:
        fault = error.faults[0]
        reason = f"{fault.thing}: {fault.reason}"
        raise type(error)(Fault(f'step "{step.name}", {what} "{port.name}"', reason, fault.mend)) from error
