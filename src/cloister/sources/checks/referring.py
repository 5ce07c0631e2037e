"""Faults of reference: a name that nothing bears.

A table says where a document refers to what. It is read against the written tree, not the inventory, so that a
resource with another fault still has its references checked, and so that every fault names the line of the name itself.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cloister.errors import Fault
from cloister.sources.checks.names import Names
from cloister.sources.things import called
from cloister.sources.wording import near_miss, one_of, printable
from cloister.sources.written import Path, Written

EACH = "*"
"""In a pattern: each key of a mapping, or each item of a list. At its end, the keys themselves refer."""
_FEW = 6
"""A mend lists the names that are known up to this many; more would bury the reason."""


@dataclass(frozen=True, slots=True)
class References:
    """Where the documents for one cloud refer to what: patterns of places with the sections that may have the name.

    `kinds` are the sections in words, `declared_under` says where else than in a section of their own names are
    declared, and `built_in` holds what Cloister brings along and no document declares.
    """

    patterns: tuple[tuple[Path, tuple[str, ...]], ...]
    kinds: Mapping[str, str]
    declared_under: Mapping[str, str]
    built_in: Mapping[str, tuple[str, ...]]

    def faults(self, tree: Written, names: Names) -> Iterator[Fault]:
        """Every reference to nothing, with the near miss."""
        for path, word, sections in self.to_nothing(tree.plain(), names):
            thing, attribute = called(_referring(path))
            kind = " or ".join(self.kinds[section] for section in sections)
            reason = f'{attribute or "its name"} "{printable(word)}" names no {kind}'
            written = tree.at(path)
            place = written.key_place if path[-1] == word else written.place
            known = [name for section in sections for name in self._known(section, names)]
            yield Fault(thing, reason, self._mend(word, sections[0], known), place)

    def to_nothing(self, plain: Any, names: Names) -> Iterator[tuple[Path, str, tuple[str, ...]]]:  # noqa: ANN401 - any JSON value
        """Where a document refers to what does not stand in it: path, word, and the sections that could have it."""
        for pattern, sections in self.patterns:
            known = {name for section in sections for name in self._known(section, names)}
            for path, value in _matches(plain, pattern):
                word = path[-1] if pattern[-1] == EACH and isinstance(path[-1], str) else value
                if isinstance(word, str) and word not in known:
                    yield path, word, sections

    def _known(self, section: str, names: Names) -> tuple[str, ...]:
        return self.built_in[section] if section in self.built_in else names.among(section)

    def _mend(self, word: str, section: str, known: list[str]) -> str:
        near = near_miss(word, known)
        if near:
            return f"write {near}"
        if section in self.built_in:
            return f"write {one_of(known)}"
        where = self.declared_under.get(section, section)
        listed = f", or write {one_of(sorted(known))}" if 0 < len(known) <= _FEW else ""
        return f"declare it under {where}{listed}"


def _referring(path: Path) -> Path:
    """The path of the attribute that refers: without the item of a list, or the key of a mapping."""
    return path[:-1] if isinstance(path[-1], int) or path[-2] in ("peerings", "links") else path


def _matches(plain: Any, pattern: Path, path: Path = ()) -> Iterator[tuple[Path, Any]]:  # noqa: ANN401 - as above
    """What stands at the places that `pattern` describes."""
    if not pattern:
        yield path, plain
    elif pattern[0] != EACH:
        if isinstance(plain, dict) and pattern[0] in plain:
            yield from _matches(plain[pattern[0]], pattern[1:], (*path, pattern[0]))
    else:
        members = enumerate(plain) if isinstance(plain, list) else plain.items() if isinstance(plain, dict) else ()
        for key, child in members:
            yield from _matches(child, pattern[1:], (*path, key))
