"""Where each key of a YAML document was written, so that a fault about a value can name its line."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from cloister.errors import Fault, SourceError, SpecError
from cloister.origin import Origin

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML document as plain values, with the place of every key. Places count from 1."""

    file: str
    root: dict[str, object]
    places: dict[Keys, tuple[int, int]]

    def origin(self, *path: str) -> Origin:
        """The place of a key, or of the nearest one above it that was written; with the places of the keys below."""
        for length in range(len(path), -1, -1):
            if place := self.places.get(path[:length]):
                return Origin(self.file, *place, fields=self._fields(path[:length]))
        return Origin(self.file, 1, fields=self._fields(()))

    def _fields(self, path: Keys) -> tuple[tuple[str, int, int], ...]:
        """The places of the keys one and two levels below, named `a` and `a.b`."""
        depth = len(path)
        return tuple(
            (".".join(other[depth:]), *place)
            for other, place in self.places.items()
            if other[:depth] == path and depth < len(other) <= depth + 2
        )

    def with_values(self, values: Mapping[str, object]) -> "Document":
        """The document with values replaced, each named by its keys joined with dots."""
        root = deepcopy(self.root)
        for name, value in values.items():
            *parents, last = name.split(".")
            inner = root
            for parent in parents:
                below = inner.setdefault(parent, {})
                inner = below if isinstance(below, dict) else {}
            inner[last] = value
        return replace(self, root=root)

    def mapping(self, *path: str) -> dict[str, object]:
        """The mapping at a path; empty where there is none."""
        value: object = self.root
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value if isinstance(value, dict) else {}


def read_document(path: Path) -> Document:
    """The document in a file. Raises SourceError where it cannot be read, SpecError where it is no YAML mapping."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise SourceError(Fault(str(path), "there is no such file", "give the path of a job's YAML file")) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(Fault(str(path), f"cannot be read: {error}", "make it a readable UTF-8 file")) from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        root = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        origin = Origin(str(path), mark.line + 1, mark.column + 1) if mark else None
        raise SpecError(Fault(str(path), f"is no YAML: {error.problem}", "mend the syntax", origin)) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise SpecError(Fault(str(path), f"is no YAML: {error}", "mend the syntax")) from error
    if not isinstance(node, yaml.MappingNode) or not isinstance(root, dict):
        reason = "holds no mapping of keys to values" if text.strip() else "is empty"
        raise SpecError(Fault(str(path), reason, "start from an Azure ML v2 job: type: pipeline, jobs: ..."))
    places: dict[Keys, tuple[int, int]] = {}
    _collect(node, (), places)
    return Document(str(path), root, places)


def _collect(node: yaml.Node, path: Keys, places: dict[Keys, tuple[int, int]]) -> None:
    if not isinstance(node, yaml.MappingNode) or len(path) > 16:  # noqa: PLR2004 - deeper than any job; ends aliases' loops
        return
    for key, value in node.value:
        below = (*path, str(key.value))
        places[below] = (key.start_mark.line + 1, key.start_mark.column + 1)
        _collect(value, below, places)
