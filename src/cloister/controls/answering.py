"""Which controls answer a row of a catalogue that others publish: those that have its id among their aliases."""

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from cloister.controls.catalogue import catalogue
from cloister.controls.control import Entry

_GUID = re.compile(r"([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def answering(published: str) -> tuple[Entry, ...]:
    """The controls that make the claim of the row of this id, in the order of their own; none where nobody does."""
    return _by_alias().get(published, ())


@cache
def _by_alias() -> Mapping[str, tuple[Entry, ...]]:
    found: dict[str, tuple[Entry, ...]] = {}
    for entry in catalogue():
        for name in dict.fromkeys(name for alias in entry.control.aliases for name in _names(alias)):
            found[name] = (*found.get(name, ()), entry)
    return MappingProxyType(found)


def _names(alias: str) -> tuple[str, ...]:
    """The ids in an alias: its words, and the first eight letters by which a definition of Azure Policy goes."""
    return tuple(name for word in alias.split() for name in (word, *_GUID.findall(word)))
