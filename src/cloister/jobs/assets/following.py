"""From what an author names to where the data lies, in a way that does not change afterwards: labels become versions.

The same walk is done when a job is submitted, to refuse early and to pin what is named, and when a step runs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cloister.errors import Fault, SpecError
from cloister.jobs.assets.addresses import Address, JobOutput, Labelled, Place, StorePath, read_place
from cloister.jobs.assets.datastores import DatastoreRecords
from cloister.jobs.assets.names import AssetId, Kind
from cloister.jobs.assets.records import AssetRecords, AssetVersion
from cloister.jobs.assets.shape import COMPONENT_SOURCE, Properties

_URI: Final[dict[str, str]] = {"data": "dataUri", "models": "modelUri", "codes": "codeUri"}
MODEL_TYPES: Final = ("mlflow_model", "custom_model", "triton_model")
# The folder of an output of a job that has completed. Raises MissingError.
OutputFolder = Callable[[str, str], Path]


@dataclass(frozen=True, slots=True)
class Followed:
    """Where data lies in the end, and the asset on the way there, if there was one."""

    end: StorePath | JobOutput
    asset: AssetVersion | None = None

    def pinned(self, of_type: str) -> str:
        """What names it from now on, at an input of that type: read there, it is the same thing again."""
        if self.asset is None:
            return str(self.end)
        found = self.asset.id
        return f"azureml:{found.name}:{found.version}" if found.kind == kind_for(of_type) else f"azureml:{found.arm}"


@dataclass(frozen=True, slots=True)
class Following:
    """What is needed to follow a name: assets and datastores."""

    assets: AssetRecords
    datastores: DatastoreRecords

    def follow(self, uri: str, of_type: str) -> Followed:
        """Where that lies. `of_type` is the input's: models are looked for among models.

        Raises SpecError with the mend: MissingError for what is not there, and on addresses that no datastore covers.
        """
        return self._follow(read_place(uri, kind_for(of_type)), of_type)

    def end_of(self, place: StorePath | JobOutput | Address) -> StorePath | JobOutput:
        """The place in a datastore, or the output. Raises SpecError on an address that no datastore covers."""
        if not isinstance(place, Address):
            if isinstance(place, StorePath):
                self.datastores.get(place.store)
            return place
        covered = self.covering(place)
        if covered is None:
            mend = "declare a datastore for it (cloister datastore create), or bring it inside (cloister data create)"
            raise SpecError(Fault(f'"{place}"', "lies outside of the closed network, in no datastore", mend))
        return covered

    def covering(self, place: Address) -> StorePath | None:
        """Where the address lies in a datastore; None where it lies in none."""
        covered = self.datastores.covering(place.scheme, place.host, place.container, place.path)
        return StorePath(covered[0].name, covered[1]) if covered else None

    def place_of(self, asset: AssetId | Labelled) -> StorePath | JobOutput | Address:
        """Where an asset says that its data lies. Raises MissingError, and SpecError on one without data."""
        return _place(self.assets.find(asset))

    def _follow(self, place: Place, of_type: str) -> Followed:
        if not isinstance(place, AssetId | Labelled):
            return Followed(self.end_of(place))
        found = self.assets.find(place)
        end = _place(found)
        if wrong := _misfit(found, of_type):
            raise SpecError(Fault(f'"{found.id}"', f"is {wrong}, but the input takes {of_type}", "correct its type"))
        return Followed(self.end_of(end), found)


def place_named(kind: Kind, properties: Properties) -> str:
    """Where the properties say that what is behind the asset lies; empty where there is nothing."""
    if kind == "components":
        held = properties.get("properties")
        return str(held.get(COMPONENT_SOURCE, "")) if isinstance(held, dict) else ""
    return str(properties.get(_URI.get(kind, ""), ""))


def kind_for(of_type: str) -> Kind:
    """Among what a bare name is looked for."""
    return "models" if of_type in MODEL_TYPES else "data"


def _place(found: AssetVersion) -> StorePath | JobOutput | Address:
    uri = place_named(found.id.kind, found.properties)
    if not uri:
        raise SpecError(Fault(f'"{found.id}"', "holds no data", "give data or a model as an input"))
    end = read_place(uri)
    if isinstance(end, AssetId | Labelled):
        raise SpecError(Fault(f'"{found.id}"', "is another asset's name", "register where the data lies"))
    return end


def _misfit(found: AssetVersion, of_type: str) -> str:
    """What the asset is, where the input takes something else; one file is no folder."""
    kind = str(found.properties.get("dataType", ""))
    return kind if kind and (kind == "uri_file") != (of_type == "uri_file") else ""
