"""A step's data from outside of its job, and what it makes for outside: fetched before, kept after, and on record."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from cloister.access.principals import Principal
from cloister.errors import CloisterError
from cloister.jobs.assets.addresses import JobOutput, StorePath
from cloister.jobs.assets.destinations import asset_kind, destination, properties_of
from cloister.jobs.assets.following import Followed
from cloister.jobs.assets.library import Library
from cloister.jobs.assets.lineage import Edge, Thing
from cloister.jobs.assets.names import AssetId
from cloister.jobs.assets.shelf import Shelf
from cloister.jobs.planning.plan import PlannedInput, PlannedOutput, PlannedStep
from cloister.jobs.running.model_registry import Made, ModelRegistry
from cloister.jobs.running.registering import Registrar
from cloister.jobs.running.tracking import ElsewhereError, ForbiddenError, TrackingError

# The input's text is the address itself, and nothing is fetched.
_DIRECT: Final = "direct"
_MEND_OF_NAME: Final = "give the output the name of a model of your own, or ask its owner or an administrator"


class DataError(Exception):
    """What a step reads cannot be had, or what it made cannot be kept; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Maker:
    """As whom a step registers what it made, and its run in MLflow, if it has one."""

    principal: Principal
    run_id: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """What stands for an input in the command line, and what of the disk the step may read for it."""

    text: str
    reads: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class StepData:
    """Data for the steps of one agent."""

    library: Library
    shelf: Shelf
    registrar: Registrar
    models: ModelRegistry | None = None

    def place(self, job: str, step: str, wanted: PlannedInput, uri: str, held: ExitStack) -> Placed:
        """Where the input's data is now, and stays until `held` is closed; it goes on record. Raises DataError."""
        try:
            followed = self.library.following.follow(uri, wanted.type)
            if wanted.mode == _DIRECT:
                placed = Placed(str(followed.end), ())
            else:
                path = self.shelf.fetch(followed.end, wanted.type, held)
                placed = Placed(str(path), (path,))
        except CloisterError as error:
            message = f'input "{wanted.name}": {_told(error)}'
            raise DataError(message) from error
        self.library.lineage.note([Edge(job, step, "reads", wanted.name, _thing(followed))])
        return placed

    def keep(self, job: str, step: PlannedStep, outputs: Path, maker: Maker) -> tuple[str, ...]:
        """Put outputs where they are to go as well, and register them; twice is as once.

        Returns what there is to tell of that. Raises DataError.
        """
        notes: list[str] = []
        for output in step.outputs:
            try:
                place = destination(job, step.name, output)
                if place is None:
                    continue
                self._put(outputs / output.name, place)
                thing, note = self._registered(job, step, output, place, outputs / output.name, maker)
            except (CloisterError, TrackingError, httpx.TransportError) as error:
                message = f'output "{output.name}" was made, but could not be kept: {_told(error)}'
                raise DataError(message) from error
            self.library.lineage.note([Edge(job, step.name, "makes", output.name, thing)])
            notes += [note] if note else []
        return tuple(notes)

    def _put(self, source: Path, place: StorePath) -> None:
        stored = self.library.datastores.open(place.store)
        for path in _files(source):
            stored.write(path, place.below(path.relative_to(source).as_posix() if path != source else "").path)

    def _registered(
        self, job: str, step: PlannedStep, output: PlannedOutput, place: StorePath, files: Path, maker: Maker
    ) -> tuple[Thing, str]:
        """What it is from now on, and what there is to tell of that."""
        if not output.asset_name:
            return Thing("paths", str(place), ""), ""
        kind, name = asset_kind(output), output.asset_name
        wanted, note = output.asset_version, ""
        if kind == "models" and self.models is not None and maker.run_id:
            made = Made(name, output.type, output.name, str(place), files)
            wanted, note = self._in_registry(self.models, made, wanted, maker)
        properties = properties_of(output, place, job, step.name)
        version = self.registrar.register(maker.principal, kind, name, wanted, properties)
        return Thing(kind, name, version), note

    def _in_registry(self, models: ModelRegistry, made: Made, wanted: str, maker: Maker) -> tuple[str, str]:
        """The version that the asset is to have, and what there is to tell, once the model is in MLflow's registry.

        The registry comes first: that the asset could not be made then, the next attempt finds out and puts right.
        """
        if number := models.number_of(maker.principal, maker.run_id, made):
            return number, ""
        number = models.next_number(maker.principal, made.name)
        alone = f'model "{made.name}" is an asset alone, for inputs of jobs, and not in MLflow\'s registry'
        if wanted and wanted != number:
            return wanted, f"{alone}: version {wanted} was asked for, and {number} comes next there"
        if self.library.assets.has(AssetId("models", made.name, number)):
            return wanted, f"{alone}: {number} comes next there, and is another asset"
        try:
            return models.register(maker.principal, maker.run_id, made), ""
        except ElsewhereError as error:
            return wanted, f"{alone}: {error}"


def _files(source: Path) -> Iterator[Path]:
    """The file itself, or the files below the folder in their order."""
    if source.is_file():
        yield source
        return
    yield from (path for path in sorted(source.rglob("*")) if path.is_file())


def _thing(followed: Followed) -> Thing:
    if followed.asset is not None:
        return Thing(followed.asset.id.kind, followed.asset.id.name, followed.asset.id.version)
    match followed.end:
        case JobOutput(job, output, _):
            return Thing("outputs", job, output)
        case StorePath():
            return Thing("paths", str(followed.end), "")


def _told(error: Exception) -> str:
    if isinstance(error, ForbiddenError):
        return f"MLflow's registry: {error}\n  mend: {_MEND_OF_NAME}"
    if not isinstance(error, CloisterError):
        return f"MLflow's registry: {error}"
    fault = error.faults[0]
    return f"{fault.thing}: {fault.reason}"
