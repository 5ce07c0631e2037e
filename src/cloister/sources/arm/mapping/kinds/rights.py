"""Roles, who has them where, and what is denied."""

import re

from cloister.facts.azure_roles import azure_roles
from cloister.sources.arm.ids import parts_of
from cloister.sources.arm.mapping.estate import Estate
from cloister.sources.arm.mapping.groups import group_in, group_of
from cloister.sources.arm.mapping.kinds.networks import NETWORK
from cloister.sources.arm.mapping.kinds.principals import principal
from cloister.sources.arm.mapping.resource import Resource, inner, items
from cloister.sources.declared import Unknown, Value
from cloister.sources.draft import identity_of

DEFINITION = "microsoft.authorization/roledefinitions"
ASSIGNMENT = "microsoft.authorization/roleassignments"
DENIAL = "microsoft.authorization/denyassignments"
_MANAGEMENT_GROUP = re.compile(r"/providers/microsoft\.management/managementgroups/([^/]+)$", re.IGNORECASE)
_SUBSCRIPTION = re.compile(r"/subscriptions/[^/]+", re.IGNORECASE)
_GROUP = re.compile(r"(/subscriptions/[^/]+)?/resourceGroups/([^/]+)", re.IGNORECASE)
_NOBODY = "00000000-0000-0000-0000-000000000000"
_LISTS = {
    "actions": "actions",
    "notActions": "not_actions",
    "dataActions": "data_actions",
    "notDataActions": "not_data_actions",
}
_SCOPES = (
    "workspaces",
    "storage_accounts",
    "key_vaults",
    "container_registries",
    "services",
    "networks",
    "network_security_groups",
    "route_tables",
    "private_dns_zones",
    "private_endpoints",
    "firewalls",
    "gateways",
    "bastions",
    "machines",
    "computes",
    "online_endpoints",
    "batch_endpoints",
)


def claim_definition(estate: Estate, one: Resource) -> None:
    """A custom role goes by its name; one that is built in is known already."""
    if str(one.get("properties.type")).lower() == "builtinrole":
        return
    name = one.get("properties.roleName")
    text = name if isinstance(name, str) else one.name
    estate.draft.claim(("role_definitions",), text, one.place(), one.declared.identities)


def definition(estate: Estate, one: Resource) -> None:
    """What it allows, and where it may be assigned."""
    if estate.path(one) is None:
        return
    permissions = items(one.get("properties.permissions"))
    _patterns(estate, one, permissions)
    scopes = [scope(estate, value) for value in items(one.get("properties.assignableScopes"))]
    known: list[Value] = [word for word in scopes if isinstance(word, str)]
    if known:
        estate.put(one, "assignable_scopes", known, "properties.assignableScopes")


def _patterns(estate: Estate, one: Resource, permissions: list[Value]) -> None:
    for key, attribute in _LISTS.items():
        found = [pattern for permission in permissions for pattern in items(inner(permission, key))]
        if found:
            estate.put(one, attribute, found, f"properties.permissions.{key}")


def assignment(estate: Estate, one: Resource) -> None:
    """Who has which role where."""
    who = principal(estate, one.get("properties.principalId"), one.get("properties.principalType"), one)
    estate.put(one, "principal", who, "properties.principalId")
    estate.put(one, "role", _role(estate, one.get("properties.roleDefinitionId")), "properties.roleDefinitionId")
    estate.put(one, "scope", scope(estate, one.get("properties.scope") or one.declared.parent), "scope")


def _role(estate: Estate, value: Value) -> Value:
    """The name of a role: a custom one's of the input, or a built-in one's by its id."""
    own = estate.find(value)
    path = estate.path(own) if own else None
    if path is not None:
        return str(path[-1])
    guid = (identity_of(value) or "").rpartition("/")[2].lower()
    known = {role.id.lower(): role.name for role in azure_roles()}
    if guid in known:
        return known[guid]
    return value if isinstance(value, Unknown) else Unknown(f"is the role {guid or 'of no id'}, which is not known")


def scope(estate: Estate, value: Value) -> str | Unknown:
    """Where an assignment counts, in the words of a document."""
    identity = (identity_of(value) or "").rstrip("/")
    if _SUBSCRIPTION.fullmatch(identity):
        return "subscription"
    found = _MANAGEMENT_GROUP.search(identity)
    if found:
        return f"management-group:{found[1]}"
    if _GROUP.fullmatch(identity):
        return _of_group(estate, identity)
    return _of_resource(estate, identity) if identity else Unknown("is a scope that is not told")


def _of_group(estate: Estate, identity: str) -> str | Unknown:
    """A resource group: of those, only the ones of networks are told apart."""
    group = group_in(identity)
    networks = {group_of(one) for one in estate.of(NETWORK)}
    if group in networks:
        return f"resource-group:{group}"
    return Unknown(f"is the resource group {group}, in which no network stands, so that it is not told what it holds")


def _of_resource(estate: Estate, identity: str) -> str | Unknown:
    """A resource, or a part of one: the nearest that stands in the document."""
    part, here = "", identity
    while here:
        word = estate.draft.word(here, _SCOPES)
        if isinstance(word, str):
            return f"{word}/{part}" if part else word
        parts = parts_of(here)
        if parts is None:
            break
        part, here = part or parts.name, parts.parent
    return Unknown(f"is {identity}, which the input does not describe")


def denial(estate: Estate, one: Resource) -> None:
    """What is denied to whom where."""
    _patterns(estate, one, items(one.get("properties.permissions")))
    for attribute, prop in (("principals", "principals"), ("excluded", "excludePrincipals")):
        found: list[Value] = [_denied(estate, entry, one) for entry in items(one.get(f"properties.{prop}"))]
        if found:
            estate.put(one, attribute, found, f"properties.{prop}")
    estate.put(one, "scope", scope(estate, one.get("properties.scope") or one.declared.parent), "properties.scope")


def _denied(estate: Estate, entry: Value, one: Resource) -> Value:
    identity = inner(entry, "id")
    return "*" if identity == _NOBODY else principal(estate, identity, inner(entry, "type"), one)
