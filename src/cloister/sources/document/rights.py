"""Principals, Azure's roles and who has which where: the part of the document that decides who may."""

from typing import Literal

from pydantic import Field

from cloister.sources.document.words import Block, Name, Text, Yes

_SCOPE = "subscription, management-group:NAME, resource-group:NAME, a resource's name, or RESOURCE/PART."


class PrincipalBlock(Block):
    """Somebody or something that can have a role. Users of a platform group need no entry of their own."""

    kind: Literal["user", "group", "service-principal", "managed-identity"] = Field(
        description="A managed-identity here is a user-assigned one; a resource's own is `identity:` and its name."
    )
    members: tuple[Text, ...] = Field((), description="Of a group: user:NAME, group:NAME, sp:NAME or identity:NAME.")
    used_by: tuple[Name, ...] = Field(
        (),
        description="Of a managed identity: the workspaces, computes, machines, endpoints and services that carry it.",
    )
    credential: Literal["secret", "certificate", "federated"] | None = Field(
        None, description="Of a service principal: what it proves itself with; federated needs no secret at all."
    )


class RoleDefinitionBlock(Block):
    """A custom role, in the words of Azure's role definitions."""

    actions: tuple[Text, ...] = Field((), description="Operations of the control plane that it allows; * is any text.")
    not_actions: tuple[Text, ...] = Field((), description="What it takes away from its own actions.")
    data_actions: tuple[Text, ...] = Field((), description="Operations on data that it allows.")
    not_data_actions: tuple[Text, ...] = Field((), description="What it takes away from its own data_actions.")
    assignable_scopes: tuple[Text, ...] = Field(("subscription",), description=f"Where it may be assigned: {_SCOPE}")


class RoleAssignmentBlock(Block):
    """A principal with a role at a scope; it counts there and below."""

    principal: Text = Field(description="user:NAME, group:NAME, sp:NAME or identity:NAME.")
    role: Text = Field(description="The name of a built-in role, or of one under role_definitions.")
    scope: Text = Field(description=_SCOPE[0].upper() + _SCOPE[1:])
    condition: Text | None = Field(None, description="Its condition, in Azure's language; the answer is UNKNOWN then.")
    eligible: Yes = Field(default=False, description="Whether it has to be activated before it counts.")


class DenyAssignmentBlock(Block):
    """What Azure denies in spite of every role, for a managed resource or a deployment stack."""

    principals: tuple[Text, ...] = Field(min_length=1, description="As in a role assignment, or * for everyone.")
    excluded: tuple[Text, ...] = Field((), description="Whom it spares.")
    actions: tuple[Text, ...] = Field((), description="Operations of the control plane that it denies.")
    not_actions: tuple[Text, ...] = Field((), description="What it spares of these.")
    data_actions: tuple[Text, ...] = Field((), description="Operations on data that it denies.")
    not_data_actions: tuple[Text, ...] = Field((), description="What it spares of these.")
    scope: Text = Field(description=_SCOPE[0].upper() + _SCOPE[1:])
    here_only: Yes = Field(default=False, description="Whether it spares what lies below its scope.")
