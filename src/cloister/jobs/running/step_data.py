"""A step's data from outside of its job, and what it makes for outside: fetched before, kept after, and on record."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cloister.access.principals import Principal
from cloister.errors import CloisterError
from cloister.jobs.assets.addresses import JobOutput, StorePath
from cloister.jobs.assets.destinations import asset_kind, destination, properties_of
from cloister.jobs.assets.following import Followed
from cloister.jobs.assets.library import Library
from cloister.jobs.assets.lineage import Edge, Thing
from cloister.jobs.assets.shelf import Shelf
from cloister.jobs.planning.plan import PlannedInput, PlannedOutput, PlannedStep
from cloister.jobs.running.registering import Registrar

# The input's text is the address itself, and nothing is fetched.
_DIRECT: Final = "direct"


class DataError(Exception):
    """What a step reads cannot be had, or what it made cannot be kept; the message is the reason."""


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

    def place(self, job: str, step: str, wanted: PlannedInput, uri: str) -> Placed:
        """Where the input's data is now, which goes on record. Raises DataError."""
        try:
            followed = self.library.following.follow(uri, wanted.type)
            if wanted.mode == _DIRECT:
                placed = Placed(str(followed.end), ())
            else:
                path = self.shelf.fetch(followed.end, wanted.type)
                placed = Placed(str(path), (path,))
        except CloisterError as error:
            message = f'input "{wanted.name}": {_told(error)}'
            raise DataError(message) from error
        self.library.lineage.note([Edge(job, step, "reads", wanted.name, _thing(followed))])
        return placed

    def keep(self, job: str, step: PlannedStep, outputs: Path, principal: Principal) -> None:
        """Put outputs where they are to go as well, and register them; twice is as once. Raises DataError."""
        for output in step.outputs:
            try:
                place = destination(job, step.name, output)
                if place is None:
                    continue
                self._put(outputs / output.name, place)
                edge = self._registered(job, step, output, place, principal)
            except CloisterError as error:
                message = f'output "{output.name}" was made, but could not be kept: {_told(error)}'
                raise DataError(message) from error
            self.library.lineage.note([edge])

    def _put(self, source: Path, place: StorePath) -> None:
        stored = self.library.datastores.open(place.store)
        for path in _files(source):
            stored.write(path, place.below(path.relative_to(source).as_posix() if path != source else "").path)

    def _registered(
        self, job: str, step: PlannedStep, output: PlannedOutput, place: StorePath, principal: Principal
    ) -> Edge:
        thing = Thing("paths", str(place), "")
        if output.asset_name:
            kind = asset_kind(output)
            properties = properties_of(output, place, job, step.name)
            version = self.registrar.register(principal, kind, output.asset_name, output.asset_version, properties)
            thing = Thing(kind, output.asset_name, version)
        return Edge(job, step.name, "makes", output.name, thing)


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


def _told(error: CloisterError) -> str:
    fault = error.faults[0]
    return f"{fault.thing}: {fault.reason}"
