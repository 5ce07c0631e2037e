"""Who has which role where, and who is denied what where."""

from dataclasses import dataclass

from cloister.access.azure.definitions import Operation, Plane, RoleDefinition, first_match
from cloister.access.azure.scopes import Scope
from cloister.origin import Origin

EVERYONE = "*"
"""In a deny assignment: all principals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleAssignment:
    """One assignment. `role` is the definition, or the name of a role whose actions are not known.

    `condition` is text in Azure's condition language; `eligible` ones (Privileged Identity Management) have to be
    activated before they count.
    """

    name: str
    principal: str
    role: RoleDefinition | str
    scope: Scope
    condition: str = ""
    eligible: bool = False
    origin: Origin | None = None

    @property
    def role_name(self) -> str:
        """The role's name, known or not."""
        return self.role if isinstance(self.role, str) else self.role.name


@dataclass(frozen=True, slots=True, kw_only=True)
class DenyAssignment:
    """What Azure made for a managed resource or a deployment stack: it wins over every role.

    `here_only`: it does not reach below its scope.
    """

    name: str
    principals: tuple[str, ...]
    excluded: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()
    scope: Scope
    here_only: bool = False
    origin: Origin | None = None

    def denies(self, holders: tuple[str, ...], operation: Operation, scope: Scope) -> str | None:
        """The pattern by which it denies the operation to somebody who is all of `holders`, if it does."""
        named = EVERYONE in self.principals or any(holder in self.principals for holder in holders)
        if not named or any(holder in self.excluded for holder in holders):
            return None
        if not (self.scope == scope if self.here_only else self.scope.holds(scope)):
            return None
        data = operation.plane is Plane.DATA
        if first_match(self.not_data_actions if data else self.not_actions, operation) is not None:
            return None
        return first_match(self.data_actions if data else self.actions, operation)
