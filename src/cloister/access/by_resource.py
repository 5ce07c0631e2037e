"""Statements found by the resource of a request: those that may speak of it, and no others.

A pattern is filed under its text before the first wildcard or variable, NotResource under none. For one resource only
its own beginnings are looked up, one for each length of beginning that any pattern has, so that what speaks of other
resources costs nothing.
"""

from collections.abc import Iterable
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
        return all(condition.holds(context) for condition in self.statement.conditions)


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
        self._whole = {text: _needed(filed) for text, filed in whole.items()}
        self._beginnings = {text: _needed(filed) for text, filed in beginnings.items()}
        self._lengths = tuple(sorted({len(text) for text in beginnings}))

    def first(self, resource: str, context: Context) -> Entry | None:
        """The first statement, in the order of the policies, that speaks of the request."""
        found = self._whole.get(resource, ())
        for length in self._lengths:
            if length > len(resource):
                break
            found += self._beginnings.get(resource[:length], ())
        if len(found) > 1:
            found = tuple(sorted(found, key=attrgetter("order")))
        return next((entry for entry in found if entry.speaks_of(resource, context)), None)


def _needed(filed: list[Entry]) -> tuple[Entry, ...]:
    """The entries up to the first that always speaks: whatever stands behind it is never the first to do so."""
    for position, entry in enumerate(filed):
        if entry.sure and not entry.statement.conditions:
            return tuple(filed[: position + 1])
    return tuple(filed)
