"""What the index serves: the files that are here and that an entry allows. Pure."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from cloister.jobs.packages.names import Entry
from cloister.jobs.packages.requests import Allowed
from cloister.jobs.packages.shelf import ShelfFile


@dataclass(frozen=True, slots=True)
class Missing:
    """Why the index has nothing of a project, and the mend."""

    kind: Literal["not allowed", "no file"]
    reason: str
    mend: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The allow-list and the files, as they stood at one moment."""

    allowed: tuple[Allowed, ...]
    files: tuple[ShelfFile, ...]

    def of(self, project: str) -> tuple[ShelfFile, ...]:
        """The files of a project that are served, in the order of their names."""
        entries = [one for one in self.allowed if one.entry.project == project]
        return tuple(
            file for file in self.files if file.project == project and any(_lets(one, file) for one in entries)
        )

    @property
    def projects(self) -> tuple[str, ...]:
        """The projects that have a file to serve, in order."""
        return tuple(sorted({one.entry.project for one in self.allowed if self.of(one.entry.project)}))

    @property
    def revision(self) -> str:
        """A hash that is another one as soon as something else is served."""
        entries = [[str(one.entry), one.with_source, sorted(one.hashes)] for one in self.allowed]
        files = [[one.filename, one.sha256, one.refused] for one in self.files]
        return hashlib.sha256(json.dumps([entries, files]).encode()).hexdigest()

    def file(self, filename: str, sha256: str) -> ShelfFile | None:
        """The served file of that name and hash."""
        found = next((one for one in self.files if one.filename == filename and one.sha256 == sha256), None)
        return found if found is not None and found in self.of(found.project) else None

    def brought_by(self, project: str, entry: Entry | None = None) -> tuple[str, ...]:
        """Who brought what is here of a project, or those files of it that an entry names."""
        files = (one for one in self.files if one.project == project and not one.refused)
        return tuple(sorted({f.taken_from for f in files if entry is None or entry.covers(f.project, f.version)}))

    def why_not(self, project: str) -> Missing:
        """Why nothing of a project is served."""
        entries = [one for one in self.allowed if one.entry.project == project]
        if not entries:
            mend = f"ask for it: cloister environment allow {project}==VERSION --with-dependencies"
            return Missing("not allowed", "is not on the allow-list", mend)
        told = ", ".join(str(one.entry) for one in entries)
        reason = f"is allowed ({told}), but no such file is here"
        mend = f"bring the file in: cloister environment import {project.replace('-', '_')}-VERSION-….whl"
        return Missing("no file", "; ".join((reason, *self.faults(project))), mend)

    def faults(self, project: str) -> tuple[str, ...]:
        """What went wrong with files of a project: they could not be fetched, or were changed."""
        not_fetched = [one.fault for one in self.allowed if one.entry.project == project and one.fault]
        refused = [f"{one.filename} {one.refused}" for one in self.files if one.project == project and one.refused]
        return (*not_fetched, *refused)


def catalogue(allowed: Iterable[Allowed], files: Iterable[ShelfFile]) -> Catalogue:
    """The catalogue of these entries and files."""
    return Catalogue(tuple(allowed), tuple(files))


def _lets(allowed: Allowed, file: ShelfFile) -> bool:
    if file.refused or (file.kind == "sdist" and not allowed.with_source):
        return False
    return allowed.entry.covers(file.project, file.version) and (not allowed.hashes or file.sha256 in allowed.hashes)
