"""Statements found by what a request says: those that may speak of its resource, and no others.

A pattern is filed under its text before the first wildcard or variable, NotResource under none. For one resource only
its own beginnings are looked up, one for each length of beginning that any pattern has. Within a place, a statement
that asks for one text of a key (`StringEquals`) is filed under that text. So what speaks of other resources, or asks
for other texts, costs nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter

from cloister.access.conditions import Context
from cloister.access.globs import resources
from cloister.access.policies import Policy, Statement

_ANYTHING = resources(["*"]).globs


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement in its order among all; `sure` where its place in the index alone says that the resource fits."""

    order: int
    policy: Policy
    statement: Statement
    sure: bool = False

    def speaks_of(self, resource: str, context: Context) -> bool:
        """Whether the statement matches a request whose action it matches."""
        if not self.sure and not self.statement.resources.matches(resource, context):
            return False
        for condition in self.statement.conditions:  # noqa: SIM110 - a loop costs half as much, a thousand times
            if not condition.holds(context):
                return False
        return True


class ByResource:
    """An immutable index over statements of one effect."""

    __slots__ = ("_beginnings", "_lengths", "_whole")

    def __init__(self, entries: Iterable[Entry]) -> None:
        whole: dict[str, list[Entry]] = {}
        beginnings: dict[str, list[Entry]] = {}
        for entry in entries:
            inverted = entry.statement.resources.inverted
            for glob in _ANYTHING if inverted else entry.statement.resources.globs:
                sure = not inverted and (glob.is_whole or glob.is_beginning)
                filed = Entry(entry.order, entry.policy, entry.statement, sure)
                (whole if glob.is_whole else beginnings).setdefault(glob.beginning, []).append(filed)
        self._whole = {text: _Place.of(filed) for text, filed in whole.items()}
        self._beginnings = {text: _Place.of(filed) for text, filed in beginnings.items()}
        self._lengths = tuple(sorted({len(text) for text in beginnings}))

    def first(self, resource: str, context: Context) -> Entry | None:
        """The first statement, in the order of the policies, that speaks of the request."""
        found: tuple[Entry, ...] = ()
        if place := self._whole.get(resource):
            found = place.asking(context)
        for length in self._lengths:
            if length > len(resource):
                break
            if place := self._beginnings.get(resource[:length]):
                found += place.asking(context)
        if len(found) > 1:
            found = tuple(sorted(found, key=attrgetter("order")))
        return next((entry for entry in found if entry.speaks_of(resource, context)), None)


@dataclass(frozen=True, slots=True)
class _Place:
    """Statements under one text: those that ask for no text of a key, and the others by key and text."""

    free: tuple[Entry, ...]
    by_text: Mapping[str, Mapping[str, tuple[Entry, ...]]]

    @classmethod
    def of(cls, filed: Iterable[Entry]) -> "_Place":
        free: list[Entry] = []
        by_text: dict[str, dict[str, tuple[Entry, ...]]] = {}
        for entry in filed:
            asking = next((one for one in entry.statement.conditions if one.one_of), None)
            if asking is None:
                free.append(entry)
                continue
            texts = by_text.setdefault(asking.key, {})
            for text in dict.fromkeys(asking.one_of):
                texts[text] = (*texts.get(text, ()), entry)
        return cls(_needed(free), by_text)

    def asking(self, context: Context) -> tuple[Entry, ...]:
        """The statements that may speak of a request with this context."""
        found = self.free
        for key, texts in self.by_text.items():
            for text in context.get(key, ()):
                found += texts.get(text, ())
        return found


def _needed(filed: list[Entry]) -> tuple[Entry, ...]:
    """The entries up to the first that always speaks: whatever stands behind it is never the first to do so."""
    for position, entry in enumerate(filed):
        if entry.sure and not entry.statement.conditions:
            return tuple(filed[: position + 1])
    return tuple(filed)
