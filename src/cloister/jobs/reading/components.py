"""Where a step's component comes from: its file, the step itself, or those that are registered.

A registered component is asked for by name from whoever has it: the platform, or a folder of files. Where nobody here
has it, the step is planned as unresolved: it can be looked at, and not submitted.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from cloister.errors import CloisterError
from cloister.jobs.reading.findings import Findings
from cloister.jobs.reading.paths import found_at
from cloister.jobs.reading.positions import Document, Part, read_document
from cloister.origin import Origin

_LONG = re.compile(
    r"azureml://registries/(?P<registry>[^/]+)/components/(?P<name>[^/]+)"
    r"(/versions/(?P<version>[^/]+)|/labels/(?P<label>[^/]+))?"
)
_ARM = re.compile(r"azureml:/.*/components/(?P<name>[^/]+)(/versions/(?P<version>[^/]+)|/labels/(?P<label>[^/]+))?")
_SHORT = re.compile(r"azureml:(?P<name>[^:@/]+)(:(?P<version>[^:@/]+)|@(?P<label>[^:@/]+))?")


@dataclass(frozen=True, slots=True)
class ComponentReference:
    """A registered component, as a job names it: by version, by label, or neither, which means the newest."""

    name: str
    version: str = ""
    label: str = ""
    registry: str = ""


@dataclass(frozen=True, slots=True)
class ComponentFile:
    """A registered component on this machine: its YAML file, and the folder that holds all that it may name."""

    path: Path
    folder: Path


class Components(Protocol):
    """Whoever has registered components."""

    def file_of(self, reference: ComponentReference) -> ComponentFile | None:
        """The component's file on this machine, with its code beside it; None where there is none."""


class NoComponents:
    """Nobody is asked: every registered component is unresolved."""

    def file_of(self, reference: ComponentReference) -> ComponentFile | None:  # noqa: ARG002 - nobody is asked
        """None."""
        return None


class ComponentFolder:
    """The components whose files lie in a folder, at any depth; the newest version is the one that sorts last."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def file_of(self, reference: ComponentReference) -> ComponentFile | None:
        """The file that says so of itself."""
        versions = self._files.get(reference.name, {})
        path = versions.get(reference.version or max(versions, key=_version_order, default=""))
        return None if path is None else ComponentFile(path, self._folder)

    @cached_property
    def _files(self) -> Mapping[str, Mapping[str, Path]]:
        found: dict[str, dict[str, Path]] = {}
        for path in sorted(self._folder.rglob("*.y*ml")):
            try:
                root = read_document(path).root
            except CloisterError:
                # A folder of components holds other files as well.
                continue
            if "name" in root and ("command" in root or "jobs" in root or "task" in root or "entry" in root):
                found.setdefault(str(root["name"]), {})[str(root.get("version", ""))] = path
        return found


def _version_order(version: str) -> tuple[tuple[int, str], ...]:
    """Numbers by their size, words by their letters."""
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in version.split("."))


@dataclass(frozen=True, slots=True)
class Found:
    """A component's document. `registered` is `NAME:VERSION` where it came from those that are registered."""

    part: Part
    registered: str = ""

    @property
    def kind(self) -> str:
        """The type of it: `command` where none is written."""
        return component_kind(self.part)


def component_kind(component: Part) -> str:
    """The type of a component: `command` where none is written, `flow` for what prompt flow reads."""
    if "promptflow" in component.text("$schema") or "nodes" in component.values:
        return "flow"
    return component.text("type").lower() or "command"


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A registered component that nobody here has, as the job names it."""

    reference: str


class ComponentFinder:
    """Finds the components of one job; each file is read once."""

    def __init__(self, components: Components, findings: Findings) -> None:
        self._components = components
        self._findings = findings
        self._read: dict[Path, Document | None] = {}
        self.registered: dict[Path, Document] = {}

    def find(self, step: Part, key: str, thing: str) -> Found | Unresolved | None:
        """The component that the step names under the key; None where it was refused."""
        written, origin = step.get(key), step.origin(key)
        if isinstance(written, dict):
            return Found(step.part(key))
        text = str(written or "")
        if not text.startswith("azureml:"):
            within = step.document.within
            document = self._file(found_at(step.document, text), within, text, thing, origin)
            return None if document is None else Found(document.whole)
        reference = component_reference(text)
        if reference is None:
            mend = (
                "write azureml:NAME:VERSION, azureml:NAME@latest, or azureml://registries/R/components/NAME/versions/V"
            )
            self._findings.refuse(thing, f'"{text}" names no component', mend, origin)
            return None
        file = self._components.file_of(reference)
        if file is None:
            return Unresolved(text)
        document = self._file(file.path, file.folder, text, thing, origin)
        if document is None:
            return None
        self.registered[file.path] = document
        version = str(document.root.get("version", "")) or reference.version
        return Found(document.whole, f"{reference.name}:{version}")

    def _file(
        self, path: Path | None, within: Path | None, written: str, thing: str, origin: Origin
    ) -> Document | None:
        if path is None or not path.is_file():
            reason, mend = f'its component file "{written}" does not exist', "correct the path"
            self._findings.refuse(thing, reason, mend, origin)
            return None
        if path not in self._read:
            try:
                self._read[path] = read_document(path, within)
            except CloisterError as error:
                self._findings.add(error.faults)
                self._read[path] = None
        return self._read[path]


def component_reference(text: str) -> ComponentReference | None:
    """The registered component that `azureml:NAME:VERSION`, `@LABEL`, or an `azureml://registries/` address names."""
    for form in (_LONG, _ARM, _SHORT):
        if found := form.fullmatch(text):
            return ComponentReference(**{key: value or "" for key, value in found.groupdict().items()})
    return None
