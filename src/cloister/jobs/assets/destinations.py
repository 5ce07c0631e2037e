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
_EXPRESSION: Final = re.compile(r"\$\{\{\s*(name|output_name|default_datastore)\s*\}\}")


def destination(job: str, step: str, output: PlannedOutput) -> StorePath | None:
    """Where the output goes; None where it stays in the job's folder alone. Raises SpecError on another place.

    What is to be registered and has no place of its own gets one that no other job has.
    """
    if not output.destination:
        return StorePath(DEFAULT, f"{MADE}/{job}/{step}/{output.name}") if output.asset_name else None
    known = {"name": job, "output_name": output.name, "default_datastore": DEFAULT}
    place = read_place(_EXPRESSION.sub(lambda found: known[found[1]], output.destination))
    thing = f'step "{step}", output "{output.name}"'
    if not isinstance(place, StorePath):
        mend = "write azureml://datastores/STORE/paths/PATH"
        raise SpecError(Fault(thing, f'goes to "{output.destination[:200]}", which is no path in a datastore', mend))
    if not place.path or place.path.split("/")[0] == UPLOADS:
        reason = f'"{place.path}" is where uploaded assets lie, which never change' if place.path else "has no path"
        raise SpecError(Fault(thing, reason, "give a folder of your own in the datastore"))
    return place


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
