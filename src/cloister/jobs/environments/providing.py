"""A step's environment, ready to use: the platform's own Python, or one that is locked, built and kept.

What an author asks for is resolved against what the index serves at that moment; the same requirements and the same
allow-list give the same lock. As long as neither changes, nothing is asked of the index again.
"""

import hashlib
import json
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from cloister.errors import Fault, SourceError, SpecError
from cloister.jobs.environments.arriving import wait_for_files
from cloister.jobs.environments.built import EnvironmentFolders, Say
from cloister.jobs.environments.curated import CURATED, DEFAULT, curated_name, instead_of, is_built, stands_for
from cloister.jobs.environments.interpreters import Chosen, Interpreter, choose_interpreter, own_interpreter
from cloister.jobs.environments.kept import KeptEnvironments
from cloister.jobs.environments.lacking import Lack, lacks, told
from cloister.jobs.environments.own_wheels import OwnWheels
from cloister.jobs.environments.requirements import TRACKING, Wanted, read_requirements
from cloister.jobs.environments.solver import Solver, UnsolvableError
from cloister.jobs.packages.allowing import allow_list, curated_lock
from cloister.jobs.packages.catalogue import Catalogue, catalogue
from cloister.jobs.packages.locks import lock_sha256, read_lock
from cloister.jobs.packages.requests import PackageRequests
from cloister.jobs.packages.shelf import files_of
from cloister.jobs.planning.plan import PlannedEnvironment

# Below the home of a step: what it installs for itself.
OWN_PACKAGES: Final = "packages"
_ATTEMPTS: Final = 5
_INDEX_SECONDS: Final = 0.4


@dataclass(frozen=True, slots=True)
class Provided:
    """Where a step finds its packages. `readable` are folders that it must see; no lock: the platform's own Python."""

    python: Path
    readable: tuple[Path, ...]
    index_url: str
    lock_sha256: str
    note: str

    def variables(self, home: Path) -> Mapping[str, str]:
        """What a step needs for `pip install`: the index's address, and a folder below its home that is its own."""
        if not self.index_url:
            return {}
        own = str(home / OWN_PACKAGES)
        return {
            "PIP_INDEX_URL": self.index_url,
            "UV_DEFAULT_INDEX": self.index_url,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_TARGET": own,
            "PYTHONPATH": own,
        }


class Environments:
    """The environments of an agent's machine. Without an index's address only the platform's own Python is there.

    `own`: the client of MLflow that the platform has itself, for environments of which the index has none. `fetches`:
    whether the index brings what ships with Cloister from an upstream, once it was asked for it.
    """

    def __init__(
        self,
        engine: sa.Engine,
        folder: Path,
        index_url: str,
        *,
        own: OwnWheels | None = None,
        link: str = "hardlink",
        fetches: bool = False,
    ) -> None:
        self._requests = PackageRequests(engine, time.time)
        self._engine = engine
        self._folder = folder
        self._index_url = index_url
        self._fetches = fetches
        self._own_wheels = own
        self._solver = Solver(index_url, folder / "store", link)
        self._folders = EnvironmentFolders(folder / "built")
        self.kept = KeptEnvironments(engine, time.time)

    def provide(self, environment: PlannedEnvironment, say: Say) -> Provided:
        """The environment, built where it is not there; `say` hears how it goes.

        Raises SpecError where what it needs is not allowed or does not fit together, SourceError where it is not to be
        had; each says what to do.
        """
        if environment.requirements:
            return self._of_requirements(environment, say)
        name = environment.name or _stand_in(environment.reference)
        if is_built(name):
            return self._curated(name, environment.python, say)
        if name not in CURATED:
            mend = f"use one of {', '.join(CURATED)}, or give conda_file or requirements"
            raise SpecError(Fault(f'environment "{name}"', "there is none of that name", mend))
        own = own_interpreter()
        other = environment.python and choose_interpreter(environment.python).interpreter != own
        said = f"Python {environment.python} is asked for; {name} is Python {own.minor}" if other else ""
        return self._own(said or choose_interpreter(environment.python).note)

    def _curated(self, name: str, python: str, say: Say) -> Provided:
        lock, chosen = curated_lock(name), choose_interpreter(python)
        try:
            return self._built(lock, chosen.interpreter, (chosen.note,), say)
        except (SourceError, SpecError) as error:
            missing = partial(self._missing, lock, chosen.interpreter)
            if self._fetches and wait_for_files(missing, self._index_url, say):
                return self._built(lock, chosen.interpreter, (chosen.note,), say)
            if not instead_of(name):
                raise
            count = len(missing())
            why = f"{count} of its packages have no file here" if count else error.faults[0].reason
            return self._own(f"{instead_of(name)} is taken in place of {name}: {why}")

    def _missing(self, lock: str, interpreter: Interpreter) -> tuple[str, ...]:
        """The projects in the lock of which no file is here."""
        return tuple(one.project for one in lacks(_pins(lock), self._now(), interpreter.version))

    def _of_requirements(self, environment: PlannedEnvironment, say: Say) -> Provided:
        wanted, chosen = read_requirements(environment.requirements), choose_interpreter(environment.python)
        if chosen.interpreter == own_interpreter() and _are_here(wanted):
            told_ = "the platform's own Python has all that is asked for; nothing is built"
            return self._own("; ".join((*wanted.notes, told_)))
        if not self._index_url:
            mend = "start the platform with cloister up, which starts the index"
            raise SourceError(Fault("environment", "this agent knows of no package index", mend))
        lock, note = self._lock(wanted, chosen, say)
        return self._built(lock, chosen.interpreter, (*wanted.notes, chosen.note, note), say)

    def _own(self, note: str) -> Provided:
        return Provided(Path(sys.executable), (), self._index_url, "", note)

    def _built(self, lock: str, interpreter: Interpreter, notes: tuple[str, ...], say: Say) -> Provided:
        try:
            built = self._folders.provide(lock, interpreter, self._with_own(self._own_in(lock)), say)
        except SourceError as error:
            raise self._why(_pins(lock), interpreter) or error from error
        if built.is_new:
            self.kept.keep(lock, built.python, built.tree)
        note = "; ".join(note for note in (*notes, built.note) if note)
        readable = (built.folder, interpreter.installation)
        return Provided(built.interpreter, readable, self._index_url, lock_sha256(lock), note)

    def _lock(self, wanted: Wanted, chosen: Chosen, say: Say) -> tuple[str, str]:
        """The lock, and what to say about it: the one that was found for the same before, or a new one."""
        interpreter = chosen.interpreter
        for _ in range(_ATTEMPTS):
            now = self._now()
            own = self._own_wheels.key if self._own_wheels else ""
            parts = json.dumps([wanted.lines, interpreter.version, interpreter.platform, now.revision, own])
            kept = self._folder / "locks" / f"{hashlib.sha256(parts.encode()).hexdigest()}.json"
            if kept.exists():
                lock, note = json.loads(kept.read_bytes())
                return lock, note
            say(f"locking {len(wanted.lines)} requirements")
            try:
                lock, note = self._solve(wanted, interpreter, now)
            except SpecError:
                if not self._comes(wanted, interpreter, say):
                    raise
                continue
            if _is_of(lock, now, self._own_in(lock)):
                _keep(kept, lock, note)
                return lock, note
            # The index sees a change of the list a moment later than we do.
            time.sleep(_INDEX_SECONDS)
        reason = "the index serves other files than those on record"
        raise SourceError(
            Fault("environment", reason, "look whether it runs on this platform's database: cloister status")
        )

    def _solve(self, wanted: Wanted, interpreter: Interpreter, now: Catalogue) -> tuple[str, str]:
        """The lock, from the first way that leads to one, and what to say about it."""
        for solver, lines, note in self._ways(wanted, interpreter, now):
            try:
                return solver.lock(lines, interpreter), note
            except UnsolvableError as error:
                failed = error
        lacking = [one for one in lacks(wanted.lines, now, interpreter.version) if not self._is_own(one.requirement)]
        if found := told(lacking):
            raise SpecError(found) from failed
        reason = f"the index has no files that fit together: {failed}"
        mend = "change the versions, or have others allowed: cloister environment allow NAME==VERSION"
        raise SpecError(Fault("environment", reason, mend)) from failed

    def _comes(self, wanted: Wanted, interpreter: Interpreter, say: Say) -> bool:
        """Whether files are all that was lacking, and have come from upstream by now."""

        def absent() -> list[Lack]:
            lacking = lacks(wanted.lines, self._now(), interpreter.version)
            return [one for one in lacking if not self._is_own(one.requirement)]

        left = absent()
        if not self._fetches or not left or not all(map(_may_come, left)):
            return False
        return wait_for_files(lambda: {one.project for one in absent() if _may_come(one)}, self._index_url, say)

    def _ways(
        self, wanted: Wanted, interpreter: Interpreter, now: Catalogue
    ) -> Iterator[tuple[Solver, tuple[str, ...], str]]:
        """Tracking comes along: on Azure it is in every environment of theirs. What the author wants comes first."""
        own = {name for name in (self._own_wheels.found if self._own_wheels else ()) if not now.of(name)}
        unserved = {name for name in wanted.tracking if lacks((name,), now, interpreter.version)}
        for also in dict.fromkeys((wanted.tracking, wanted.tracking[:1])):
            if also and not unserved.intersection(also) - own:
                where = " as the platform itself has it" if unserved.intersection(also) else ""
                note = "; ".join(f"{one} is added{where}, for tracking" for one in also)
                yield self._with_own(own), (*wanted.lines, *also), note
        without = "" if wanted.has_tracking else f"without {TRACKING}, which the index does not serve beside the rest"
        yield self._with_own(own), wanted.lines, without

    def _is_own(self, requirement: str) -> bool:
        """Whether a wheel of the platform's own meets it."""
        wanted = Requirement(requirement)
        found = self._own_wheels.found.get(canonicalize_name(wanted.name)) if self._own_wheels else None
        return found is not None and wanted.specifier.contains(found.version, prereleases=True)

    def _with_own(self, projects: Collection[str]) -> Solver:
        """With wheels of the platform's own for these projects, if any."""
        return (
            replace(self._solver, first=self._own_wheels.index(projects))
            if self._own_wheels and projects
            else self._solver
        )

    def _own_in(self, lock: str) -> Mapping[str, str]:
        """The hashes of the platform's own wheels that the lock names, by project."""
        own = self._own_wheels
        if own is None or not any(self._is_own(str(pin)) for pin in read_lock(lock)):
            return {}
        return {
            pin.project: own.hashes[pin.project] for pin in read_lock(lock) if own.hashes.get(pin.project) in pin.hashes
        }

    def _why(self, lines: tuple[str, ...], interpreter: Interpreter) -> SpecError | None:
        found = told(lacks(lines, self._now(), interpreter.version))
        return SpecError(found) if found else None

    def _now(self) -> Catalogue:
        return catalogue(allow_list(self._requests.allowed()), files_of(self._engine))


def _stand_in(reference: str) -> str:
    """The curated environment that a reference names. Raises SpecError where it names another one."""
    if not reference:
        return DEFAULT
    if name := curated_name(reference):
        return name
    if found := stands_for(reference):
        return found[0]
    mend = "register it: cloister environment create; or give conda_file or requirements"
    raise SpecError(Fault(f'environment "{reference}"', "is none that is known here", mend))


def _may_come(lack: Lack) -> bool:
    """Whether it is allowed, and nobody tried to get it in vain."""
    return lack.is_allowed and not lack.reason


def _keep(path: Path, lock: str, note: str) -> None:
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    draft = path.with_suffix(f".{time.monotonic_ns()}")
    draft.write_text(json.dumps([lock, note]), encoding="utf-8")
    draft.replace(path)


def _is_of(lock: str, now: Catalogue, own: Mapping[str, str]) -> bool:
    """Whether each file that the lock names is one that is served now, or one of the platform's own."""
    served = {(file.project, file.version): set[str]() for file in now.files}
    pins = [pin for pin in read_lock(lock) if pin.hashes != (own.get(pin.project),)]
    for project in {pin.project for pin in pins}:
        for file in now.of(project):
            served[(file.project, file.version)].add(file.sha256)
    return all(set(pin.hashes) <= served.get((pin.project, pin.version), set()) for pin in pins)


def _pins(lock: str) -> tuple[str, ...]:
    """The lines of a lock without their hashes."""
    joined = lock.replace("\\\n", " ")
    lines = (line.partition(" --hash")[0].strip() for line in joined.splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def _are_here(wanted: Wanted) -> bool:
    """Whether the platform's own Python meets every requirement."""
    return all(_is_here(Requirement(line)) for line in wanted.lines)


def _is_here(wanted: Requirement) -> bool:
    if wanted.marker is not None and not wanted.marker.evaluate():
        return True
    try:
        return not wanted.extras and wanted.specifier.contains(version(wanted.name))
    except PackageNotFoundError:
        return False
