"""Where a step's outputs go beside the job's folder, and as what they are registered. Pure."""

import re
from typing import Final

from cloister.errors import Fault, SpecError
from cloister.jobs.assets.addresses import StorePath, read_place
from cloister.jobs.assets.content import UPLOADS
from cloister.jobs.assets.datastores import DEFAULT
from cloister.jobs.assets.following import MODEL_TYPES
from cloister.jobs.assets.names import AssetId, Kind, check_name
from cloister.jobs.planning.plan import PlannedOutput

# Where Azure ML puts outputs that name no place, by their jobs.
MADE: Final = "azureml"
_DEFAULT: Final = re.compile(r"\$\{\{\s*default_datastore\s*\}\}")
_EXPRESSION: Final = re.compile(r"\$\{\{\s*(name|output_name)\s*\}\}")


def destination(job: str, step: str, output: PlannedOutput) -> StorePath | None:
    """Where the output goes; None where it stays in the job's folder alone. Raises SpecError on another place.

    What is to be registered and has no place of its own gets one that no other job has.
    """
    if not output.destination:
        return StorePath(DEFAULT, f"{MADE}/{job}/{step}/{output.name}") if output.asset_name else None
    known = {"name": job, "output_name": output.name}
    # Names take their places in the path alone: which datastore it is, does not hang on how a job is called.
    place = read_place(_DEFAULT.sub(DEFAULT, output.destination))
    thing = f'step "{step}", output "{output.name}"'
    if not isinstance(place, StorePath):
        mend = "write azureml://datastores/STORE/paths/PATH"
        raise SpecError(Fault(thing, f'goes to "{output.destination[:200]}", which is no path in a datastore', mend))
    place = StorePath(place.store, _EXPRESSION.sub(lambda found: known[found[1]], place.path))
    if reason := _taken(job, place):
        raise SpecError(Fault(thing, reason, "give a folder of your own in the datastore"))
    return place


def _taken(job: str, place: StorePath) -> str:
    """Why no output may go there; empty where it may."""
    top, _, below = place.path.partition("/")
    if not top:
        return "has no path"
    if place.store != DEFAULT:
        return ""
    if top == UPLOADS:
        return f'"{place.path}" is where uploaded assets lie, which never change'
    if top == MADE and below.partition("/")[0] != job:
        return f'"{place.path}" is where outputs of another job lie, which never change; write {MADE}/${{{{name}}}}/...'
    return ""


def asset_kind(output: PlannedOutput) -> Kind:
    """As what it is registered."""
    return "models" if output.type in MODEL_TYPES else "data"


def check_asset(output: PlannedOutput) -> None:
    """Raise SpecError where its name or version is none."""
    check_name(asset_kind(output), output.asset_name)
    if output.asset_version:
        AssetId(asset_kind(output), output.asset_name, output.asset_version)


def properties_of(output: PlannedOutput, place: StorePath, job: str, step: str) -> dict[str, object]:
    """The REST object's properties of the asset that the output becomes."""
    shared: dict[str, object] = {"properties": {"cloister.job": job, "cloister.step": step}}
    if asset_kind(output) == "models":
        return {"modelUri": str(place), "modelType": output.type, "jobName": job, **shared}
    return {"dataUri": str(place), "dataType": output.type, **shared}
