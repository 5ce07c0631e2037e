"""Data put where a step can read it: the datastore's own folder where that is possible, else a copy in the cache.

The cache is keyed by what the datastore says of the content (its ETags), so that what has not changed is fetched once.
"""

import hashlib
import json
import os
import stat
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cloister.errors import Fault
from cloister.jobs.assets.addresses import JobOutput, StorePath
from cloister.jobs.assets.cache import Cache
from cloister.jobs.assets.datastores import BUILT_IN
from cloister.jobs.assets.following import MODEL_TYPES, OutputFolder
from cloister.jobs.assets.opening import Datastores
from cloister.jobs.assets.store_errors import DatastoreError
from cloister.jobs.assets.stored import Found, Stored

_READ_AND_PASS: Final = stat.S_IROTH | stat.S_IXOTH


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where steps find data. `others` says that steps run as other users, who must be able to read it."""

    datastores: Datastores
    cache: Cache
    output_folder: OutputFolder
    others: bool

    def fetch(self, place: StorePath | JobOutput, of_type: str, held: ExitStack) -> Path:
        """Where it lies, to be read and not written, until `held` is closed. Raises DatastoreError, MissingError."""
        if isinstance(place, JobOutput):
            path = self.output_folder(place.job, place.output)
            path = path / place.path if place.path else path
            if not path.exists():
                raise DatastoreError(Fault(str(place), "there is nothing at that path", "look at the job's outputs"))
            return _fitting(path, str(place), is_file=path.is_file(), of_type=of_type)
        stored = self.datastores.open(place.store)
        found = stored.find(place.path)
        where = stored.local(place.path)
        if where is None or (self.others and place.store not in BUILT_IN and not _is_open(where)):
            where = self._copied(stored, place, found, held)
        return _fitting(where, str(place), is_file=found.is_file, of_type=of_type)

    def _copied(self, stored: Stored, place: StorePath, found: Found, held: ExitStack) -> Path:
        """A copy of all of it in the cache; it appears whole, and once."""
        marks = [[entry.path, entry.size, entry.mark] for entry in found.entries]
        key = hashlib.sha256(json.dumps([place.store, place.path, marks]).encode()).hexdigest()
        name = place.path.rpartition("/")[2] or place.store
        kept = self.cache.hold(key, held)
        if not kept.is_dir():
            self._check_room(str(place), sum(entry.size for entry in found.entries))
            with self.cache.draft(key) as draft:
                try:
                    self._copy(stored, place, found, draft / name)
                    _give_to_readers(draft)
                    draft.rename(kept)
                except OSError as error:
                    # Another step was quicker; its copy is as good.
                    if not kept.is_dir():
                        raise DatastoreError(_unkept(str(place), error)) from error
        return kept / name

    def _copy(self, stored: Stored, place: StorePath, found: Found, target: Path) -> None:
        if not found.is_file:
            target.mkdir(parents=True)
        for entry in found.entries:
            into = target / entry.path if entry.path else target
            into.parent.mkdir(parents=True, exist_ok=True)
            with into.open("xb") as file:
                file.writelines(stored.pieces(place.below(entry.path).path))

    def _check_room(self, where: str, size: int) -> None:
        if size > (left := self.cache.give_way(size)):
            reason = f"takes {size} bytes, and the platform's disk has room for {left}"
            raise DatastoreError(Fault(where, reason, "make room, or name less of it"))


def _fitting(path: Path, told: str, *, is_file: bool, of_type: str) -> Path:
    # A model may be either.
    if of_type not in MODEL_TYPES and is_file != (of_type == "uri_file"):
        found = "one file" if is_file else "a folder"
        raise DatastoreError(Fault(told, f"is {found}, but the input takes {of_type}", "correct the input's type"))
    return path


def _is_open(path: Path) -> bool:
    """Whether every user of the machine may read it and all below it."""
    if not all(above.stat().st_mode & stat.S_IXOTH for above in path.parents):
        return False
    if path.is_file():
        return bool(path.stat().st_mode & stat.S_IROTH)
    for folder, _, files in os.walk(path):
        if Path(folder).stat().st_mode & _READ_AND_PASS != _READ_AND_PASS:
            return False
        if not all(os.lstat(f"{folder}/{name}").st_mode & stat.S_IROTH for name in files):
            return False
    return True


def _give_to_readers(folder: Path) -> None:
    for root, _, files in os.walk(folder):
        Path(root).chmod(0o755)
        for name in files:
            (Path(root) / name).chmod(0o444)


def _unkept(where: str, error: OSError) -> Fault:
    return Fault(where, f"cannot be kept: {error.strerror}", "look at the platform's disk")
