"""Roles: custom definitions, assignments to whom the environment names, and identities that several resources carry.

People, groups and applications are kept in Entra ID. Their object ids become input variables, and so the members of a
group stay where they are kept.
"""

import re
from collections.abc import Iterator, Mapping

from cloister.errors import Fault
from cloister.inventory.azure import Inventory, Principal, RoleAssignment, RoleDefinition
from cloister.inventory.azure.identities import identities
from cloister.inventory.azure.placement import MANAGEMENT_GROUP, RESOURCE_GROUP, SUBSCRIPTION, home_group
from cloister.render.terraform.blocks import Block, Expression, label, reference, variable
from cloister.render.terraform.factories import data_factories
from cloister.render.terraform.identities import USER_ASSIGNED, own_identity
from cloister.render.terraform.placement import placed

_IDENTITY = "identity"
_SUBSCRIPTION = Expression("${data.azurerm_subscription.current.id}")
_CONDITIONS = "2.0"
_PART = re.compile(r"[a-z0-9-]+")
_PARTS = {"storage_account": "blobServices/default/containers", "key_vault": "secrets"}
_TYPES = {"user": "User", "group": "Group", "sp": "ServicePrincipal", _IDENTITY: "ServicePrincipal"}
_IN_WORDS = {"user": "user", "group": "group", "sp": "service principal"}


def role_blocks(inventory: Inventory) -> Iterator[Block]:
    """Shared identities first, then the custom roles, then who has which where."""
    for principal in _shared(inventory):
        yield own_identity(principal.name, placed(home_group(inventory)), principal.origin)
    for role in inventory.role_definitions:
        yield _definition(inventory, role)
    for assignment in inventory.role_assignments:
        yield _assignment(inventory, assignment)


def role_variables(inventory: Inventory) -> dict[str, Mapping[str, object]]:
    """The object ids that only Entra ID knows, of everybody who has a role."""
    found: dict[str, Mapping[str, object]] = {}
    for assignment in inventory.role_assignments:
        kind, _, name = assignment.principal.partition(":")
        if kind != _IDENTITY:
            text = f"Object id in Entra ID of the {_IN_WORDS[kind]} {name}."
            members = next((one.members for one in inventory.principals if one.words == assignment.principal), ())
            text += f" It is to have the members {', '.join(members)}." if members else ""
            found[_input(assignment.principal)] = {"type": "string", "description": text}
    return found


def needs_subscription(inventory: Inventory) -> bool:
    """Whether a role counts for all of the subscription, whose id the configuration reads."""
    scopes = {one.scope for one in inventory.role_assignments}
    return SUBSCRIPTION in scopes.union(*(role.assignable_scopes for role in inventory.role_definitions))


def role_limits(inventory: Inventory) -> Iterator[Fault]:
    """Every scope that has no id in Terraform."""
    stated = [(f'role assignment "{one.name}"', one.scope, one.origin) for one in inventory.role_assignments]
    for role in inventory.role_definitions:
        stated += [(f'role definition "{role.name}"', scope, role.origin) for scope in role.assignable_scopes]
    for thing, scope, origin in stated:
        if _scope(inventory, scope) is None:
            reason = f'scope "{scope}" is a part that is not written as Terraform yet'
            mend = "assign the role at the whole resource, or at a container of a storage account"
            yield Fault(thing, reason, mend, origin)


def _shared(inventory: Inventory) -> tuple[Principal, ...]:
    return tuple(one for one in inventory.principals if one.kind == "managed-identity")


def _definition(inventory: Inventory, role: RoleDefinition) -> Block:
    scopes = [_scope(inventory, scope) for scope in role.assignable_scopes]
    permissions = {
        "actions": role.actions,
        "not_actions": role.not_actions,
        "data_actions": role.data_actions,
        "not_data_actions": role.not_data_actions,
    }
    arguments = {"name": role.name, "scope": scopes[0], "permissions": permissions, "assignable_scopes": scopes}
    return Block("role_definition", role.name, arguments, role.origin)


def _assignment(inventory: Inventory, assignment: RoleAssignment) -> Block:
    custom = {role.name for role in inventory.role_definitions}
    own = reference("role_definition", assignment.role, "role_definition_resource_id")
    arguments = {
        "scope": _scope(inventory, assignment.scope),
        "role_definition_id": own if assignment.role in custom else None,
        "role_definition_name": None if assignment.role in custom else assignment.role,
        "principal_id": _principal(inventory, assignment.principal),
        "principal_type": _TYPES[assignment.principal.partition(":")[0]],
        "condition": assignment.condition,
        "condition_version": _CONDITIONS if assignment.condition else None,
    }
    return Block("role_assignment", assignment.name, arguments, assignment.origin)


def _principal(inventory: Inventory, words: str) -> Expression:
    kind, _, name = words.partition(":")
    if kind != _IDENTITY:
        return variable(_input(words))
    own = identities(inventory).get(name)
    if own is None or own == USER_ASSIGNED:
        return reference("user_assigned_identity", name, "principal_id")
    return reference(_kinds(inventory)[name], name, "identity[0].principal_id")


def _input(words: str) -> str:
    return f"{label(words)}_object_id"


def _scope(inventory: Inventory, scope: str) -> Expression | str | None:
    """The id of a scope, or None where it is a part that has no place in Terraform."""
    if scope == SUBSCRIPTION:
        return _SUBSCRIPTION
    if scope.startswith(MANAGEMENT_GROUP):
        return f"/providers/Microsoft.Management/managementGroups/{scope.removeprefix(MANAGEMENT_GROUP)}"
    if scope.startswith(RESOURCE_GROUP):
        return reference("resource_group", scope.removeprefix(RESOURCE_GROUP))
    kinds = _kinds(inventory)
    if scope in kinds:
        return reference(kinds[scope], scope)
    name, _, part = scope.partition("/")
    below = _PARTS.get(kinds.get(name, ""))
    return Expression(f"{reference(kinds[name], name)}/{below}/{part}") if below and _PART.fullmatch(part) else None


def _kinds(inventory: Inventory) -> dict[str, str]:
    """The Terraform kind of each resource that can be a scope, by name; the first section wins, as for scopes."""
    found: dict[str, str] = {}
    for kind, resources in (
        ("virtual_network", inventory.networks),
        ("machine_learning_workspace", inventory.workspaces),
        ("storage_account", inventory.storage_accounts),
        ("key_vault", inventory.key_vaults),
        ("container_registry", inventory.container_registries),
        ("data_factory", data_factories(inventory)),
        ("firewall", inventory.firewalls),
        ("virtual_network_gateway", inventory.gateways),
        ("bastion_host", inventory.bastions),
        ("linux_virtual_machine", inventory.machines),
        ("network_security_group", inventory.network_security_groups),
        ("route_table", inventory.route_tables),
        ("private_dns_zone", inventory.private_dns_zones),
        ("private_endpoint", inventory.private_endpoints),
    ):
        for resource in resources:
            found.setdefault(resource.name, kind)
    for compute in inventory.computes:
        found.setdefault(compute.name, f"machine_learning_compute_{compute.kind}")
    return found
