"""Principals beside the platform's own groups, Azure's roles, and who has which where.

A principal is named as in a question: `user:ada`, `group:readers`, `sp:pipelines`, `identity:training`. A scope is
`subscription`, `management-group:NAME`, `resource-group:NAME`, the name of a resource, or RESOURCE/PART.
"""

from dataclasses import dataclass
from typing import Literal

from cloister.origin import Origin

PrincipalKind = Literal["user", "group", "service-principal", "managed-identity"]
PRINCIPAL_WORDS: dict[PrincipalKind, str] = {
    "user": "user",
    "group": "group",
    "service-principal": "sp",
    "managed-identity": "identity",
}
"""By which word each kind of principal is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A user, a group with its members, a service principal, or a user-assigned managed identity.

    `used_by` are the workspaces, computes, machines, online endpoints and services that carry the identity. One that a
    resource has of its own needs no declaration: it is `identity:` with the resource's name. `credential` is what a
    service principal proves itself with; `federated` is a token of another identity provider, which nobody keeps.
    """

    name: str
    kind: PrincipalKind
    members: tuple[str, ...] = ()
    used_by: tuple[str, ...] = ()
    credential: Literal["secret", "certificate", "federated"] | None = None
    origin: Origin

    @property
    def words(self) -> str:
        """Its name in a question."""
        return f"{PRINCIPAL_WORDS[self.kind]}:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleDefinition:
    """A custom role, in the words of Azure's role definitions."""

    name: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()
    assignable_scopes: tuple[str, ...] = ("subscription",)
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleAssignment:
    """A principal with a role at a scope; `eligible` ones have to be activated first."""

    name: str
    principal: str
    role: str
    scope: str
    condition: str | None = None
    eligible: bool = False
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class DenyAssignment:
    """What Azure denies in spite of every role. `*` as a principal is everyone; `here_only`: not below the scope."""

    name: str
    principals: tuple[str, ...]
    excluded: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()
    scope: str
    here_only: bool = False
    origin: Origin
