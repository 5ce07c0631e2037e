"""Where each key of a YAML document was written, so that a fault about a value can name its line.

A document is read with suspicion: it may be a bomb (aliases of aliases), nested without end, or say a key twice.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from cloister.errors import Fault, SourceError, SpecError
from cloister.origin import Origin

Keys = tuple[str, ...]

# A pipeline of the thousand steps that a plan may hold has about forty thousand values.
_MOST_VALUES = 200_000
_DEEPEST = 60
_LONGEST_BYTES = 8 * 1024 * 1024
_TEXT = "tag:yaml.org,2002:str"
_MERGE = "tag:yaml.org,2002:merge"


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML document as plain values, with the place of every key. Places count from 1.

    `within` is a folder that no path in it may leave: the document, and what it names, came from somebody else.
    """

    file: str
    root: dict[str, object]
    places: Mapping[Keys, tuple[int, int]]
    within: Path | None = None

    @property
    def whole(self) -> "Part":
        """The outermost mapping."""
        return Part(self)

    @property
    def folder(self) -> Path:
        """Where the paths in the document start."""
        return Path(self.file).parent

    def origin(self, *path: str) -> Origin:
        """The place of a key, or of the nearest one above it that was written."""
        for length in range(len(path), -1, -1):
            if place := self.places.get(path[:length]):
                return Origin(self.file, *place)
        return Origin(self.file, 1)

    def with_values(self, values: Mapping[str, object]) -> "Document":
        """The document with values set, each named by its keys joined with dots; what is not there is made."""
        root = deepcopy(self.root)
        for name, value in values.items():
            *parents, last = name.split(".")
            inner = root
            for parent in parents:
                below = inner.get(parent)
                inner[parent] = inner = below if isinstance(below, dict) else {}
            inner[last] = value
        return replace(self, root=root)

    def value(self, *path: str) -> object:
        """The value at a path; None where there is none."""
        value: object = self.root
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def mapping(self, *path: str) -> dict[str, object]:
        """The mapping at a path; empty where there is none."""
        value = self.value(*path)
        return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class Part:
    """A mapping in a document, by the path that leads to it."""

    document: Document
    path: Keys = ()

    @property
    def values(self) -> dict[str, object]:
        """The keys with their values; empty where something else, or nothing, was written."""
        return self.document.mapping(*self.path)

    def get(self, key: str) -> object:
        """The value of a key; None where it was not written."""
        return self.values.get(key)

    def text(self, key: str) -> str:
        """The value of a key as text; empty where it was not written."""
        value = self.values.get(key)
        return "" if value is None else str(value)

    def part(self, *keys: str) -> "Part":
        """The mapping below."""
        return Part(self.document, (*self.path, *keys))

    def name_of(self, key: str) -> str:
        """The key with those above it, joined with dots."""
        return ".".join((*self.path, key))

    def origin(self, *keys: str) -> Origin:
        """The place of a key of this mapping, or of the mapping itself."""
        return self.document.origin(*self.path, *keys)


def read_document(path: Path, within: Path | None = None) -> Document:
    """The document in a file. Raises SourceError where it cannot be read, SpecError where it is no YAML mapping."""
    try:
        held = path.read_bytes()
        text = held.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise SourceError(Fault(str(path), "there is no such file", "give the path of a YAML file")) from error
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise SourceError(Fault(str(path), f"cannot be read: {error}", "make it a readable UTF-8 file")) from error
    if len(held) > _LONGEST_BYTES:
        raise SpecError(Fault(str(path), f"is longer than {_LONGEST_BYTES} bytes", "split the document"))
    return replace(parsed(str(path), text), within=within)


def parsed(file: str, text: str) -> Document:
    """The document that the text is; `file` names it in faults. Raises SpecError where it is no YAML mapping."""
    places: dict[Keys, tuple[int, int]] = {}
    try:
        # Not the loader in C: it ends the process on what nests deep enough.
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if not isinstance(node, yaml.MappingNode):
            reason = "holds no mapping of keys to values" if text.strip() else "is empty"
            raise SpecError(Fault(file, reason, "start from an Azure ML v2 job: type: pipeline, jobs: ..."))
        _check_nodes(file, node)
        # Before the values are made, which moves the keys of `<<` into the mappings.
        if twice := _collect(file, node, (), places):
            raise SpecError(twice)
        root = yaml.SafeLoader("").construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        origin = Origin(file, mark.line + 1, mark.column + 1) if mark else None
        raise SpecError(Fault(file, f"is no YAML: {error.problem}", "mend the syntax", origin)) from error
    except RecursionError as error:
        raise _too_deep(file) from error
    except (yaml.YAMLError, ValueError) as error:
        raise SpecError(Fault(file, f"is no YAML: {error}", "mend the syntax")) from error
    return Document(file, root, places)


def _check_nodes(file: str, node: yaml.Node) -> None:
    """Refuse a document whose aliases unfold to more than a job can mean, or lead back to themselves.

    Its keys become text on the way: YAML takes `on` and `1` for the same key, and one of the two would be lost.
    """
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(of: yaml.Node, depth: int) -> int:
        if id(of) in sizes:
            return sizes[id(of)]
        if id(of) in open_nodes:
            line = of.start_mark.line + 1
            raise SpecError(
                Fault(file, "an alias leads back to what holds it", "write the value out", Origin(file, line))
            )
        if depth > _DEEPEST:
            raise _too_deep(file)
        open_nodes.add(id(of))
        for key, _ in of.value if isinstance(of, yaml.MappingNode) else ():
            if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE:
                key.tag = _TEXT
        inner = [n for pair in of.value for n in pair] if isinstance(of, yaml.MappingNode) else of.value
        total = 1 if isinstance(of, yaml.ScalarNode) else 1 + sum(size(n, depth + 1) for n in inner)
        open_nodes.discard(id(of))
        if total > _MOST_VALUES:
            reason = f"unfolds to more than {_MOST_VALUES} values"
            raise SpecError(Fault(file, reason, "write fewer steps, and no aliases of aliases"))
        sizes[id(of)] = total
        return total

    size(node, 0)


def _too_deep(file: str) -> SpecError:
    return SpecError(Fault(file, f"is nested more than {_DEEPEST} levels deep", "no job nests that deep; flatten it"))


def _collect(file: str, node: yaml.Node, path: Keys, places: dict[Keys, tuple[int, int]]) -> list[Fault]:
    """Note the place of every key; returns the keys that are written twice, of which YAML would keep the last."""
    if not isinstance(node, yaml.MappingNode):
        return []
    twice: list[Fault] = []
    seen: set[str] = set()
    for key, value in node.value:
        name = str(key.value)
        below, place = (*path, name), (key.start_mark.line + 1, key.start_mark.column + 1)
        if name in seen and name != "<<":
            where = ".".join(below)
            twice.append(Fault(f'key "{where}"', "is written twice", "keep one of the two", Origin(file, *place)))
        seen.add(name)
        places[below] = place
        twice += _collect(file, value, below, places)
    return twice
