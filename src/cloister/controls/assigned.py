"""Roles that are assigned: which are broad, and what lies below the scope at which somebody has them."""

from collections.abc import Iterable

from cloister.inventory.azure import Inventory, RoleAssignment
from cloister.inventory.azure.placement import (
    MANAGEMENT_GROUP,
    RESOURCE_GROUP,
    SUBSCRIPTION,
    resource_paths,
    scope_path,
)

_BROAD = ("Owner", "Contributor", "User Access Administrator", "Role Based Access Control Administrator")
_EVERYTHING = ("*", "Microsoft.Authorization/*")


def is_broad(inventory: Inventory, role: str) -> bool:
    """Whether a role changes whatever it is assigned on, or gives others roles there."""
    custom = (one for one in inventory.role_definitions if one.name == role)
    return role in _BROAD or any(pattern in _EVERYTHING for one in custom for pattern in one.actions)


def is_wide(assignment: RoleAssignment) -> bool:
    """Whether a role is assigned on a whole resource group or on more."""
    return assignment.scope == SUBSCRIPTION or assignment.scope.startswith((MANAGEMENT_GROUP, RESOURCE_GROUP))


def covered(inventory: Inventory, assignment: RoleAssignment, resources: Iterable[str]) -> tuple[str, ...]:
    """Those of the resources that lie at the scope of an assignment, or below it."""
    scope, paths = scope_path(inventory, assignment.scope), resource_paths(inventory)
    if scope is None:
        return ()
    return tuple(name for name in resources if name in paths and paths[name][: len(scope)] == scope)
