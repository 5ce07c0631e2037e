"""The roles that every subscription has, as far as the table of facts holds them."""

from collections.abc import Mapping
from functools import cache

from cloister.access.azure.definitions import Allows, Operation, RoleDefinition
from cloister.facts.azure_roles import azure_roles

_SWEEPING = ("*", "*/read")
_WILD = 4


@cache
def built_in_roles() -> Mapping[str, RoleDefinition]:
    """The built-in roles by name."""
    return {
        row.name: RoleDefinition(
            name=row.name,
            actions=tuple(row.actions.split()),
            not_actions=tuple(row.not_actions.split()),
            data_actions=tuple(row.data_actions.split()),
            not_data_actions=tuple(row.not_data_actions.split()),
        )
        for row in azure_roles()
    }


@cache
def smallest_role(operation: Operation) -> str:
    """The built-in role that allows the operation and little else, in quotes, or nothing where there is none."""
    allowing = [role for role in built_in_roles().values() if isinstance(role.says(operation), Allows)]
    return f'"{min(allowing, key=_breadth).name}"' if allowing else ""


def _breadth(role: RoleDefinition) -> tuple[bool, int, str]:
    """What makes a role large: that it speaks of everything, then its patterns, those with wildcards four times."""
    patterns = (*role.actions, *role.data_actions)
    sweeping = any(pattern in _SWEEPING for pattern in patterns)
    return sweeping, sum(_WILD if "*" in pattern else 1 for pattern in patterns), role.name
