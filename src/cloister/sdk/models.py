"""Models as one thing: the assets that jobs take as inputs, and the versions of MLflow's registry.

A version of the registry that a job made says by a tag where the asset's files lie. Where that is the asset of the same
number, the two are one version; else each stands for itself.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from cloister.errors import Fault, RefusedError, SpecError
from cloister.jobs.assets.names import ASSET_TAG
from cloister.sdk.assets import Assets
from cloister.sdk.control import ControlClient

_MLFLOW: Final = "/api/2.0/mlflow"
_MOST: Final = 1000
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One version: as MLflow's registry has it, as the asset is, or both."""

    name: str
    version: str
    registry: Document | None = None
    asset: Document | None = None

    @property
    def archived(self) -> bool:
        """Whether lists leave it out: what is archived is the asset."""
        return self.asset is not None and bool(self.asset["properties"].get("isArchived"))

    def document(self) -> Document:
        """The version for programs to read."""
        return {"name": self.name, "version": self.version, "registry": self.registry, "asset": self.asset}


class Models:
    """The models of a platform, as far as whoever is logged in may see them; `say` is told what is left out."""

    def __init__(self, control: ControlClient, say: Callable[[str], None]) -> None:
        self._control = control
        self._say = say
        self._assets = Assets(control)

    def names(self, *, archived: str = "no") -> list[Document]:
        """What there is of each name: in MLflow's registry, and as an asset; `archived` is no, only or too."""
        found = self._mlflow("registered-models/search", {"max_results": _MOST}).get("registered_models", [])
        registry = {one["name"]: one for one in found}
        every = {one["name"]: one for one in self._listed("", archived="too")}
        documents = [
            {"name": name, "registry": registry.get(name), "asset": every.get(name)}
            for name in sorted(registry.keys() | every.keys())
        ]
        return [one for one in documents if _is_wanted(archived, archived=_is_archived(one["asset"]))]

    def versions(self, name: str, *, archived: str = "no") -> list[ModelVersion]:
        """The versions of one name, the newest first."""
        if "'" in name:
            raise SpecError(Fault(f'model "{name}"', "a model's name holds no quote", "give it as it is registered"))
        params: dict[str, str | int] = {"filter": f"name = '{name}'", "max_results": _MOST}
        found = self._mlflow("model-versions/search", params).get("model_versions", [])
        joined = _joined(name, found, self._listed(name, archived="too"))
        return [one for one in joined if _is_wanted(archived, archived=one.archived)]

    def show(self, name: str, version: str = "") -> tuple[ModelVersion, ...]:
        """That version, or the newest; two where an asset and a version of the registry only share their number.

        Raises SpecError where there is none.
        """
        found = self.versions(name, archived="too")
        wanted = version or next((one.version for one in found if not one.archived), "")
        shown = tuple(one for one in found if one.version == wanted)
        if not shown:
            what = f'has no version "{version}"' if found and version else "there is none of that name"
            raise SpecError(Fault(f'model "{name}"', what, "see what there is: cloister model list"))
        return shown

    def lineage(self, name: str, version: str) -> Document:
        """What a version was made from, and what came of it."""
        found = self.show(name, version)[0]
        if found.registry is None:
            return self._assets.lineage("models", name, found.version)
        return self._assets.lineage_of_model(name, found.version)

    def _listed(self, name: str, *, archived: str) -> list[Document]:
        """The assets, or the versions of one; none where they may not be read: MLflow's registry is there without."""
        try:
            return self._assets.list("models", name, archived=archived)
        except RefusedError as error:
            self._say(f"assets are left out: {error.faults[0].reason}")
            return []

    def _mlflow(self, path: str, params: dict[str, str | int]) -> Document:
        found: Document = self._control.request("GET", f"{_MLFLOW}/{path}", params=params).json()
        return found


def _joined(name: str, registry: list[Document], assets: list[Document]) -> list[ModelVersion]:
    """The versions, the newest first; those whose version is no number come after the others."""
    by_version = {one["name"]: one for one in assets}
    found = list(_versions(name, registry, by_version))
    joined = {id(one.asset) for one in found}
    found += [ModelVersion(name, one["name"], asset=one) for one in assets if id(one) not in joined]
    return sorted(found, key=lambda one: int(one.version) if one.version.isdecimal() else -1, reverse=True)


def _versions(name: str, registry: list[Document], assets: dict[str, Document]) -> Iterator[ModelVersion]:
    for one in registry:
        asset = assets.get(str(one["version"]))
        tags = {tag["key"]: tag["value"] for tag in one.get("tags", [])}
        is_one = asset is not None and asset["properties"]["modelUri"] == tags.get(ASSET_TAG)
        yield ModelVersion(name, str(one["version"]), registry=one, asset=asset if is_one else None)


def _is_archived(asset: Document | None) -> bool:
    return asset is not None and bool(asset["properties"]["isArchived"])


def _is_wanted(which: str, *, archived: bool) -> bool:
    return which == "too" or archived is (which == "only")
