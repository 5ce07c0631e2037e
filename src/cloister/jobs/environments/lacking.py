"""What requirements need that the index does not serve, all at once, as far as metadata that is here tells. Pure."""

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from cloister.errors import Fault
from cloister.jobs.packages.catalogue import Catalogue
from cloister.jobs.packages.distributions import requirements_of
from cloister.jobs.packages.names import Entry
from cloister.jobs.packages.shelf import ShelfFile


@dataclass(frozen=True, slots=True)
class Lack:
    """One requirement that nothing fits, and what needs it: the author (empty) or a package."""

    requirement: str
    needed_by: str
    reason: str
    # Then it is a file that is lacking; the reason says what is known of that, if anything is.
    is_allowed: bool

    @property
    def project(self) -> str:
        """What it is a requirement of."""
        return canonicalize_name(Requirement(self.requirement).name)

    def __str__(self) -> str:
        by = f" (needed by {self.needed_by})" if self.needed_by else ""
        return f"{self.requirement}{by} {self.reason}".rstrip()


def lacks(lines: Iterable[str], catalogue: Catalogue, python: str) -> tuple[Lack, ...]:
    """What is lacking, in the order in which it is met; nothing where every package has some file."""
    return tuple(_lacks([(Requirement(line), "") for line in lines], catalogue, python))


def _lacks(open_: list[tuple[Requirement, str]], catalogue: Catalogue, python: str) -> Iterator[Lack]:
    seen: set[tuple[str, frozenset[str]]] = set()
    environment = {str(key): str(value) for key, value in default_environment().items()} | {
        "python_version": ".".join(python.split(".")[:2]),
        "python_full_version": python,
    }
    while open_:
        wanted, by = open_.pop(0)
        project = canonicalize_name(wanted.name)
        if (project, frozenset(wanted.extras)) in seen or not _applies(wanted, environment, ()):
            continue
        seen.add((project, frozenset(wanted.extras)))
        fitting = [f for f in catalogue.of(project) if f.kind == "wheel" and _fits(wanted, f)]
        if not fitting:
            yield _lack(wanted, project, by, catalogue)
            continue
        best = max(fitting, key=lambda file: Version(file.version))
        open_ += [(need, f"{project} {best.version}") for need in _needs(best, wanted.extras, environment)]


def _fits(wanted: Requirement, file: ShelfFile) -> bool:
    return wanted.specifier.contains(file.version, prereleases=True)


def _needs(file: ShelfFile, extras: Iterable[str], environment: dict[str, str]) -> Iterator[Requirement]:
    for need in requirements_of(file.metadata):
        if _applies(need, environment, extras):
            need.marker = None
            yield need


def _applies(need: Requirement, environment: dict[str, str], extras: Iterable[str]) -> bool:
    if need.marker is None:
        return True
    return any(need.marker.evaluate(environment | {"extra": extra}) for extra in ("", *extras))


def _lack(wanted: Requirement, project: str, by: str, catalogue: Catalogue) -> Lack:
    entries = [one for one in catalogue.allowed if one.entry.project == project]
    versions = sorted({file.version for file in catalogue.of(project)}, key=Version)
    if not entries:
        return Lack(str(wanted), by, "is not on the allow-list", is_allowed=False)
    if not any(_may_fit(wanted, one.entry) for one in entries):
        reason = f"is on the allow-list as {', '.join(str(one.entry) for one in entries)} alone"
        return Lack(str(wanted), by, reason, is_allowed=False)
    if versions:
        reason = f"is not served in a version that fits: there is {', '.join(versions)}"
        return Lack(str(wanted), by, reason, is_allowed=False)
    return Lack(str(wanted), by, "; ".join(catalogue.faults(project)), is_allowed=True)


def _may_fit(wanted: Requirement, entry: Entry) -> bool:
    """Whether some version may be one of the entry's that meets the requirement: at a bound of either, or beyond it."""
    named = [one.version.removesuffix(".*") for one in (*entry.versions, *wanted.specifier) if one.operator != "==="]
    tried = ["0", *named, *(f"{Version(one).base_version}.0.0.1" for one in named)]
    return any(entry.covers(entry.project, one) and wanted.specifier.contains(one, prereleases=True) for one in tried)


def told(found: Iterable[Lack]) -> tuple[Fault, ...]:
    """The faults to tell: one for all that must be allowed, with the command that asks for it; one for all files."""
    refused = [one for one in found if not one.is_allowed]
    absent = [one for one in found if one.is_allowed]
    faults = []
    if refused:
        names = shlex.join(dict.fromkeys(one.requirement.partition(";")[0].strip() for one in refused))
        mend = f"ask for them: cloister environment allow {names} --with-dependencies"
        faults.append(Fault("environment", "; ".join(str(one) for one in refused), mend))
    if absent:
        mend = "bring the wheels in: cloister environment import FOLDER; with an upstream, they come by themselves"
        listed = ", ".join(str(one) for one in absent)
        faults.append(Fault("environment", f"of these, which are allowed, no file is here: {listed}", mend))
    return tuple(faults)
