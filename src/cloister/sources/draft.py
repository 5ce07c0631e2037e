"""The document in the making: what a reader of another language fills, resource by resource.

A reader goes over its resources twice. First every resource claims its place in the document, with the texts by which
others refer to it (its id, its address); then each puts its attributes there. So a reference is found whatever the
order in which the resources stand. What is not told is missing, never empty; what has no counterpart is told.
"""

import re
from collections.abc import Iterable

from cloister.inventory.azure import NotUnderstood
from cloister.origin import Origin
from cloister.sources.declared import Reference, Unknown, Value, hidden
from cloister.sources.given import Wanted, give
from cloister.sources.translated import Missing, Translated
from cloister.sources.written import Path, Written

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_.-]+")
_LONGEST_NAME = 80
_TOP = 2
"""How long the path of a resource is that stands in no other."""
_SERVICES = (
    "workspaces",
    "storage_accounts",
    "key_vaults",
    "container_registries",
    "services",
    "online_endpoints",
    "batch_endpoints",
    "computes",
    "machines",
)
"""Sections whose names a target, a scope or an identity uses without saying which section: no two may be equal."""


class Draft:
    """A document in the making."""

    def __init__(self, file: str) -> None:
        self._root = Origin(file, 1)
        self._tree: dict[str, Written] = {}
        self._claimed: dict[str, Path] = {}
        self._keys: set[tuple[Path, str]] = set()
        self._missing: dict[Path, Missing] = {}
        self._told: dict[tuple[str, str], NotUnderstood] = {}
        self._wanted: list[Wanted] = []
        self._doubts: dict[Path, Missing] = {}

    def claim(self, section: Path, wanted: str, place: Origin, identities: Iterable[str] = ()) -> Path:
        """The path of a new resource in a section, its key as near to `wanted` as names and other keys allow."""
        path = (*section, self._free(section, key_of(wanted)))
        self._keys.add((_space(section), str(path[-1]).lower()))
        self._branch(path, place)
        self.know(path, identities)
        return path

    def know(self, path: Path, identities: Iterable[str]) -> None:
        """Remember more texts by which others refer to what stands at `path`; the first that claimed one keeps it."""
        for identity in identities:
            self._claimed.setdefault(identity.lower(), path)

    def path_of(self, value: Value) -> Path | None:
        """The place of the resource that a value refers to, if it is one of the document."""
        identity = identity_of(value)
        return self._claimed.get(identity.lower()) if identity else None

    def put(self, path: Path, value: Value, place: Origin) -> None:
        """Write a value; what is hidden in it makes it missing, and None is nothing to write."""
        untold = hidden(value)
        if untold is not None:
            self._branch(path[:-1], place).pop(str(path[-1]), None)  # what was written before does not hold any more
            self.miss(path, why(untold), place)
        elif value is not None:
            self._branch(path[:-1], place)[str(path[-1])] = _written(value, place)
            self._missing.pop(path, None)

    def refer(self, path: Path, value: Value, sections: Iterable[str], place: Origin) -> None:
        """Write the name of the resource that a value refers to, if it is one of those sections."""
        word = self.word(value, sections)
        if isinstance(word, Unknown):
            self.miss(path, word.why, place)
        elif word is not None:
            self.put(path, word, place)

    def word(self, value: Value, sections: Iterable[str]) -> str | Unknown | None:
        """What the document calls the resource that a value refers to: its key, `network/subnet` for an inner one."""
        if value is None:
            return None
        path, among = self.path_of(value), set(sections)
        if isinstance(value, Unknown) and value.among:
            path = self._only(value.among, among)
        doubt = self._doubt_of(path) if path is not None else None
        if doubt is not None:
            return Unknown(doubt.what)
        if path is not None and _kind(path) in among:
            return "/".join(str(part) for part in path[1::2])
        if path is None and isinstance(value, Unknown) and value.text is None:
            return value
        return Unknown(f"refers to {identity_of(value) or 'something'}, which the input does not describe")

    def _only(self, references: Iterable[Reference], sections: set[str]) -> Path | None:
        """The place of the one resource of those sections to which any of the references leads."""
        paths = {path for one in references if (path := self.path_of(one)) is not None and _kind(path) in sections}
        return paths.pop() if len(paths) == 1 else None

    def miss(self, path: Path, what: str, place: Origin) -> None:
        """Remember that the input does not tell a value."""
        self._missing.setdefault(path, Missing(path, what, place))

    def doubt(self, path: Path, what: str, place: Origin) -> None:
        """Remember that it is not told whether a resource stands: it is left out, and what hangs on it is open."""
        self._doubts.setdefault(path, Missing(path, what, place))

    def tell(self, thing: str, what: str, consequence: str, place: Origin) -> None:
        """Remember that something has no counterpart in the document; the same thing is told once."""
        told = NotUnderstood(thing=thing, what=what, consequence=consequence, origin=place)
        self._told.setdefault((thing, what), told)

    def give(self, wanted: Wanted) -> None:
        """Have addresses given by rule, once all that are stated are known."""
        self._wanted.append(wanted)

    def stated(self, path: Path) -> Value:
        """What was put at a path so far, None if nothing was."""
        here = Written(self._tree, self._root, self._root)
        for part in path:
            if str(part) not in here.children():
                return None
            here = here.children()[str(part)]
        plain: Value = here.plain()
        return plain

    def holds(self, section: Path, key: str) -> bool:
        """Whether a key of a section is claimed."""
        return (_space(section), key_of(key).lower()) in self._keys

    def settle(self) -> None:
        """Give the addresses that are wanted so far, so that others can be told them."""
        for path, value, place in give(self._wanted, Written(self._tree, self._root, self._root).plain()):
            self.put(path, value, place)
        self._wanted.clear()

    def translated(self) -> Translated:
        """The document, and what could not be put into it."""
        self.settle()
        for path in self._doubts:
            self._branch(path[:-1], self._root).pop(str(path[-1]), None)
        self._missing = {path: one for path, one in self._missing.items() if self._doubt_of(path) is None}
        self._missing |= self._doubts
        tree = Written(self._tree, self._root, self._root)
        return Translated(tree, tuple(self._missing.values()), tuple(self._told.values()))

    def _doubt_of(self, path: Path) -> Missing | None:
        lengths = range(1, len(path) + 1) if self._doubts else ()
        return next((self._doubts[path[:length]] for length in lengths if path[:length] in self._doubts), None)

    def _free(self, section: Path, key: str) -> str:
        taken, number, free = _space(section), 2, key
        while (taken, free.lower()) in self._keys:
            free, number = f"{key[: _LONGEST_NAME - 5]}-{number}", number + 1
        return free

    def _branch(self, path: Path, place: Origin) -> dict[str, Written]:
        branch = self._tree
        for part in path:
            inner = branch.setdefault(str(part), Written({}, place, place)).value
            if not isinstance(inner, dict):
                inner = {}
                branch[str(part)] = Written(inner, place, place)
            branch = inner
        return branch


def key_of(text: str) -> str:
    """A text as a key of the document: what no name may hold becomes a dash."""
    return (
        _NOT_IN_A_NAME.sub("-", text.replace("{", "").replace("}", "")).strip("-.")[:_LONGEST_NAME].rstrip("-.")
        or "unnamed"
    )


def identity_of(value: Value) -> str | None:
    """The text by which a value refers to a resource: an id, the address of a resource, or a stand-in for an id."""
    if isinstance(value, Reference):
        return value.address
    if isinstance(value, Unknown):
        return value.text
    return value if isinstance(value, str) else None


def why(untold: Unknown | Reference) -> str:
    """Why a value is not told."""
    return (
        untold.why if isinstance(untold, Unknown) else f"is {untold.attribute} of {untold.address}, which is not told"
    )


def _kind(path: Path) -> str:
    return str(path[0]) if len(path) == _TOP else str(path[-2])


def _space(section: Path) -> Path:
    return ("services",) if section[0] in _SERVICES and len(section) == 1 else section


def _written(value: Value, place: Origin) -> Written:
    if isinstance(value, dict):
        return Written({key: _written(inner, place) for key, inner in value.items()}, place, place)
    if isinstance(value, list):
        return Written([_written(inner, place) for inner in value], place, place)
    assert not isinstance(value, Unknown | Reference)  # noqa: S101 - `put` lets none through
    return Written(value, place, place)
