"""The roles that come with Cloister, as policy documents; a principal's role follows from its kind and groups."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from cloister.access.policies import Policy, read_policy
from cloister.access.principals import Principal
from cloister.errors import Fault, SpecError

ROLES = ("admin", "reader", "member", "approver", "job", "service")


@cache
def role_policy(role: str) -> Policy:
    """The policy of a role. Raises SpecError on a role that does not exist."""
    if role not in ROLES:
        raise SpecError(Fault(f'role "{role}"', "does not exist", f"use one of {', '.join(ROLES)}"))
    return read_policy(files(__package__).joinpath(f"{role}.json").read_text(encoding="utf-8"), role)


def roles_of(principal: Principal, role_of_group: Mapping[str, str]) -> tuple[str, ...]:
    """The roles of a principal: by kind for jobs and services, by group for people and workloads."""
    if principal.kind in ("job", "service"):
        return (principal.kind,)
    return tuple(sorted({role_of_group[group] for group in principal.groups if group in role_of_group}))


def policies_of(
    principal: Principal, role_of_group: Mapping[str, str], own: Mapping[str, Policy] | None = None
) -> tuple[Policy, ...]:
    """The policies of a principal's roles.

    `own` holds roles that a site adds; the roles that come with Cloister cannot be replaced.
    """
    added = own or {}
    return tuple(
        added[role] if role in added and role not in ROLES else role_policy(role)
        for role in roles_of(principal, role_of_group)
    )
