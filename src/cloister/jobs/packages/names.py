"""What names a package: an entry of the allow-list, and the name of a file. Pure.

Names are compared as PyPA's specification says (https://packaging.python.org/specifications/name-normalization, read
2026-11): letters of any case are the same, and so are `-`, `_` and `.`. A name in other letters than ASCII's is none.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from cloister.errors import Fault, SpecError

_LONGEST: Final = 200
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", re.ASCII)
_FILE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]*", re.ASCII)

FileKind = Literal["wheel", "sdist"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A package, at the versions that a specifier names: `torch==2.9.0`, or `numpy>=2,<3`."""

    project: str
    specifier: str

    @property
    def versions(self) -> SpecifierSet:
        """The versions."""
        return SpecifierSet(self.specifier)

    def covers(self, project: str, version: str) -> bool:
        """Whether this version of the project is one of them. Pre-releases are those that the specifier names."""
        return project == self.project and self.versions.contains(version)

    def __str__(self) -> str:
        return f"{self.project}{self.specifier}"


@dataclass(frozen=True, slots=True)
class FileName:
    """What a file's name says. `key` is the same for all spellings of one name."""

    text: str
    project: str
    version: str
    kind: FileKind
    key: str


def project_name(text: str) -> str | None:
    """The name in the form in which names are compared, or None where it can be the name of no package."""
    return canonicalize_name(text) if len(text) <= _LONGEST and _NAME.fullmatch(text) else None


def read_entry(text: str, *, bare: bool = False) -> Entry:
    """The entry that a text names; with `bare` it may name no version, which stands for the one chosen when it is
    approved. Raises SpecError on a text that names all versions, a place or a condition.
    """
    mend = "write NAME==VERSION, or NAME with the versions: 'numpy>=2,<3'"
    found = read_requirement(text) if len(text) <= _LONGEST else None
    if found is None:
        raise SpecError(Fault(f'package "{text[:_LONGEST]}"', "cannot be read", mend))
    project = project_name(found.name)
    if project is None or not text.isascii():
        raise SpecError(Fault(f'package "{text[:_LONGEST]}"', "is the name of no package", mend))
    if found.url or found.marker:
        reason = "names a place or a condition; an entry holds everywhere, for what the index has"
        raise SpecError(Fault(f'package "{text}"', reason, mend))
    if not str(found.specifier) and not bare:
        raise SpecError(Fault(f'package "{text}"', "names every version there is or will be", mend))
    return Entry(project, ",".join(sorted(str(one) for one in found.specifier)))


def read_requirement(text: str) -> Requirement | None:
    """What a line asks for; None where it is none, is more than a line, or has a condition that nobody can decide."""
    try:
        found = Requirement(text)
        if found.marker is not None:
            found.marker.evaluate({"extra": ""})
    except (InvalidRequirement, UndefinedComparison, UndefinedEnvironmentName, RecursionError):
        return None
    # Both: what stands in quotes may hold the end of a line in another spelling.
    return found if text.isprintable() and str(found).isprintable() else None


def read_file_name(text: str) -> FileName:
    """What the name of a wheel or source archive says. Raises SpecError on any other name."""
    if len(text) > _LONGEST or not _FILE.fullmatch(text):
        raise _no_name(text)
    try:
        if text.endswith(".whl"):
            name, version, build, tags = parse_wheel_filename(text)
            told = ".".join(sorted(str(tag) for tag in tags))
            return FileName(text, name, str(version), "wheel", f"{name}-{version}-{build}-{told}")
        if text.endswith(".tar.gz"):
            name, version = parse_sdist_filename(text)
            return FileName(text, name, str(version), "sdist", f"{name}-{version}")
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion) as error:
        raise _no_name(text) from error
    raise _no_name(text)


def is_version(text: str, version: str) -> bool:
    """Whether both texts say the same version."""
    try:
        return Version(text) == Version(version)
    except InvalidVersion:
        return False


def _no_name(text: str) -> SpecError:
    mend = "give wheels (.whl) or source archives (.tar.gz) under the names that they were built with"
    return SpecError(Fault(f'file "{text[:_LONGEST]}"', "has the name of no wheel or source archive", mend))
