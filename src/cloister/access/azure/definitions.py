"""Role definitions: which actions a role allows, and which of its own NotActions take one away again.

A pattern is an operation such as `Microsoft.Storage/storageAccounts/listKeys/action` in which each `*` stands for any
text, slashes too; letter case does not matter (https://learn.microsoft.com/azure/role-based-access-control/
role-definitions, read 2026-11-25). Control plane and data plane are apart: `Actions: *` allows no data action.

`computes/*/write` speaks of `computes/write` as well. No page says so, but the roles that Microsoft publishes for Azure
Machine Learning except `computes/*/write` so that nobody creates a compute, and `workspaces/write` from
`workspaces/*/write`; both mean something only so. Decisions that hang on it say it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from cloister.access.azure.scopes import ENVIRONMENT, Scope


class Plane(StrEnum):
    """Which half of a role speaks of an operation."""

    CONTROL = "action"
    DATA = "data action"


@dataclass(frozen=True, slots=True)
class Operation:
    """What somebody wants to do: one operation of a resource provider, without wildcards."""

    name: str
    plane: Plane = Plane.CONTROL

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Allows:
    """The role allows the operation, by this pattern."""

    pattern: str


@dataclass(frozen=True, slots=True)
class TakesAway:
    """One pattern of the role would allow the operation; one of its NotActions (NotDataActions) takes it away."""

    pattern: str
    by: str


@dataclass(frozen=True, slots=True)
class Silent:
    """No pattern of the role speaks of the operation."""


Speech = Allows | TakesAway | Silent


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleDefinition:
    """A role, built in or custom, and the scopes at which it may be assigned."""

    name: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()
    assignable_scopes: tuple[Scope, ...] = (ENVIRONMENT,)

    def says(self, operation: Operation) -> Speech:
        """What the role says of an operation."""
        data = operation.plane is Plane.DATA
        pattern = first_match(self.data_actions if data else self.actions, operation)
        if pattern is None:
            return Silent()
        by = first_match(self.not_data_actions if data else self.not_actions, operation)
        return Allows(pattern) if by is None else TakesAway(pattern, by)

    def may_be_assigned_at(self, scope: Scope) -> bool:
        """Whether one of its assignable scopes holds the scope."""
        return any(assignable.holds(scope) for assignable in self.assignable_scopes)


def first_match(patterns: Iterable[str], operation: Operation) -> str | None:
    """The first pattern that matches the operation, if one does."""
    name = operation.name.casefold()
    likely = (pattern for pattern in patterns if name.startswith(_start(pattern)))
    return next((pattern for pattern in likely if _compiled(pattern).fullmatch(operation.name)), None)


def needs_wide_reading(pattern: str, operation: Operation) -> bool:
    """Whether the pattern speaks of the operation only if its `/*/` may stand for a single slash."""
    return _expression(pattern).fullmatch(operation.name) is None


@cache
def _start(pattern: str) -> str:
    """What every operation that the pattern matches begins with: most patterns are of other providers."""
    return pattern.partition("*")[0].casefold()


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return _expression(pattern, slash="/(?:.*/)?")


@cache
def _expression(pattern: str, slash: str = "/.*/") -> re.Pattern[str]:
    parts = (".*".join(re.escape(text) for text in part.split("*")) for part in pattern.split("/*/"))
    return re.compile(slash.join(parts), re.IGNORECASE | re.DOTALL)
