"""References to services by their keys in the document, turned into the names that the services have in Azure."""

from collections.abc import Mapping
from dataclasses import replace

from cloister.inventory import azure

_IDENTITY = "identity:"
Names = Mapping[str, str]
"""From the key of a service to its name in Azure, where that is another."""


def principal(words: str, names: Names) -> str:
    """A principal: only an identity is named after a resource."""
    if not words.startswith(_IDENTITY):
        return words
    name = words.removeprefix(_IDENTITY)
    return f"{_IDENTITY}{names.get(name, name)}"


def scope(words: str, names: Names) -> str:
    """A scope: the name of a resource, with or without a part of it."""
    name, slash, part = words.partition("/")
    return f"{names.get(name, name)}{slash}{part}"


def renamed_principal(one: azure.Principal, names: Names) -> azure.Principal:
    """A declared principal."""
    members = tuple(principal(member, names) for member in one.members)
    return replace(one, members=members, used_by=tuple(names.get(name, name) for name in one.used_by))


def renamed_definition(role: azure.RoleDefinition, names: Names) -> azure.RoleDefinition:
    """A custom role."""
    return replace(role, assignable_scopes=tuple(scope(words, names) for words in role.assignable_scopes))


def renamed_assignment(assignment: azure.RoleAssignment, names: Names) -> azure.RoleAssignment:
    """A role assignment."""
    return replace(assignment, principal=principal(assignment.principal, names), scope=scope(assignment.scope, names))


def renamed_policy(assignment: azure.PolicyAssignment, names: Names) -> azure.PolicyAssignment:
    """A policy that is assigned."""
    return replace(assignment, scope=scope(assignment.scope, names))


def renamed_denial(denial: azure.DenyAssignment, names: Names) -> azure.DenyAssignment:
    """A deny assignment."""
    return replace(
        denial,
        principals=tuple(principal(words, names) for words in denial.principals),
        excluded=tuple(principal(words, names) for words in denial.excluded),
        scope=scope(denial.scope, names),
    )
