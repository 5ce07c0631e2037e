"""Identities that several resources carry, custom roles, who has which where, and locks."""

from collections import Counter
from collections.abc import Iterator

from cloister.facts.azurerm import azurerm_types
from cloister.sources.declared import Reference, Unknown, Value
from cloister.sources.draft import key_of
from cloister.sources.terraform.azurerm.attributes import at, blocks, put_attributes
from cloister.sources.terraform.azurerm.desk import Desk
from cloister.sources.terraform.values import Declared
from cloister.sources.written import Path

_IDENTITY = "azurerm_user_assigned_identity"
_GROUP = "azurerm_resource_group"
_ROLE = "azurerm_role_definition"
_WITH_IDENTITY = ("workspaces", "computes", "machines", "services")
_SUBSCRIPTION = "subscription"
_MANAGEMENT = "/providers/microsoft.management/managementgroups/"
_WORDS = {"User": ("user", "user"), "Group": ("group", "group"), "ServicePrincipal": ("sp", "service-principal")}
"""What a document calls a type of principal, before a name and as a kind."""


_DIRECTORY = {
    "azuread_user": ("User", "user_principal_name"),
    "azuread_group": ("Group", "display_name"),
    "azuread_service_principal": ("ServicePrincipal", "display_name"),
}
"""Objects of Entra ID in the provider azuread, looked up or made: their type, and what they are called by."""


def own_identities(desk: Desk) -> dict[str, Path]:
    """The identities that are one resource's own: the first of a resource without another, carried by no other."""
    carriers: Counter[str] = Counter()
    first: dict[str, Path] = {}
    for one, path in _carriers(desk):
        listed = _listed(desk, one)
        carriers.update(listed)
        if at(one.values, "identity.type") == "UserAssigned" and listed:
            first.setdefault(listed[0], path)
    return {address: path for address, path in first.items() if carriers[address] == 1}


def _carriers(desk: Desk) -> Iterator[tuple[Declared, Path]]:
    for kind, row in azurerm_types().items():
        if row.section.partition(":")[0] in _WITH_IDENTITY and row.reads == "resource":
            for one in desk.resources(kind):
                if blocks(one.values, "identity") and (path := desk.path(one)) is not None:
                    yield one, path


def _listed(desk: Desk, one: Declared) -> list[str]:
    """The addresses of the identities that a resource carries, of which it is told."""
    found = desk.resolved(at(one.values, "identity.identity_ids"))
    values = found if isinstance(found, list) else list(found.among) if isinstance(found, Unknown) else [found]
    owners = [desk.referred(value, _IDENTITY) for value in values]
    return [owner.address for owner in owners if owner]


def identities(desk: Desk) -> None:
    """The identities that are nobody's own, with who carries them."""
    own = own_identities(desk)
    users: dict[str, list[Value]] = {}
    for one, path in _carriers(desk):
        for address in _listed(desk, one):
            users.setdefault(address, []).append(str(path[1]))
    for one in desk.resources(_IDENTITY):
        if one.address in own:
            desk.draft.know(own[one.address], [one.address])
            continue
        name = one.values.get("name")
        path = desk.draft.claim(("principals",), name if isinstance(name, str) else one.name, one.origin, [one.address])
        desk.draft.put((*path, "kind"), "managed-identity", one.origin)
        desk.draft.put((*path, "used_by"), users.get(one.address) or None, one.origin)


def role(desk: Desk, one: Declared) -> None:
    """A custom role."""
    path = desk.path(one)
    if path is None:
        return
    permissions = next(iter(blocks(one.values, "permissions")), {})
    desk.draft.put(path, {}, one.origin)
    for key in ("actions", "not_actions", "data_actions", "not_data_actions"):
        desk.put(one, (*path, key), f"permissions.{key}", permissions.get(key) or None)
    listed = desk.resolved(one.values.get("assignable_scopes") or [one.values.get("scope")])
    scopes = listed if isinstance(listed, list) else [listed]
    desk.put(one, (*path, "assignable_scopes"), "assignable_scopes", [scope_of(desk, value) for value in scopes])


def assignment(desk: Desk, one: Declared, path: Path) -> None:
    """Who has which role where."""
    put_attributes(desk, one, path)
    desk.put(one, (*path, "principal"), "principal_id", principal(desk, one, "principal_id"))
    desk.put(one, (*path, "role"), "role_definition_name", _role_name(desk, one))
    desk.put(one, (*path, "scope"), "scope", scope_of(desk, desk.resolved(one.values.get("scope"))))


def principal(desk: Desk, one: Declared, attribute: str) -> Value:
    """Somebody in the words of a document: the identity of a resource, or an object of Entra ID by its id."""
    value = desk.resolved(one.values.get(attribute))
    if isinstance(value, str):
        return _somebody(desk, one, value, attribute)
    known = desk.referred(value, *_DIRECTORY)
    if known is not None:
        return _named(desk, known)
    references = [value] if isinstance(value, Reference) else list(value.among) if isinstance(value, Unknown) else []
    paths = {path for reference in references if (path := desk.draft.path_of(reference)) is not None}
    return f"identity:{paths.pop()[1]}" if len(paths) == 1 else value


def _somebody(desk: Desk, one: Declared, identity: str, attribute: str) -> Value:
    """An object of Entra ID by its id, declared as a principal: what it is, an assignment may tell."""
    kind = one.values.get("principal_type")
    word, section = _WORDS.get(kind, ("", "")) if isinstance(kind, str) else ("", "")
    if not word:
        return Unknown(f"is {identity}, and nothing tells whether that is a user, a group or a program")
    desk.draft.put(("principals", identity, "kind"), section, one.at(attribute))
    return f"{word}:{identity}"


def _named(desk: Desk, known: Declared) -> Value:
    """An object of Entra ID that the configuration names, by its name."""
    kind, attribute = _DIRECTORY[known.type]
    word, section = _WORDS[kind]
    name = known.values.get(attribute)
    called = key_of(name) if isinstance(name, str) else known.name
    desk.draft.put(("principals", called, "kind"), section, known.origin)
    return f"{word}:{called}"


def _role_name(desk: Desk, one: Declared) -> Value:
    name = one.values.get("role_definition_name")
    if isinstance(name, str) and name:
        return name
    owner = desk.referred(one.values.get("role_definition_id"), _ROLE)
    path = desk.path(owner) if owner else None
    return str(path[1]) if path else Unknown("is a role that is told by its id only")


def scope_of(desk: Desk, value: Value) -> Value:
    """A scope in the words of a document."""
    if isinstance(value, str) and value.startswith("/"):
        return _scope_of_id(value)
    owner = desk.referred(value, *_SCOPES)
    if owner is None:
        return Unknown(f"is {value}, which is no id") if isinstance(value, str) else value
    return _scope_of(desk, owner)


def _scope_of(desk: Desk, owner: Declared) -> Value:
    name = owner.values.get("name")
    if owner.type == "azurerm_subscription":
        return _SUBSCRIPTION
    if owner.type == _GROUP:
        return f"resource-group:{name}" if isinstance(name, str) else name
    if owner.type == "azurerm_storage_container":
        account = desk.word(owner.values.get("storage_account_id"), "storage_accounts")
        return f"{account}/{name}" if isinstance(account, str) else account
    path = desk.path(owner)
    return (
        "/".join(str(part) for part in path[1::2]) if path else Unknown(f"is {owner.address}, which is no scope here")
    )


def _scope_of_id(identity: str) -> Value:
    parts = identity.strip("/").split("/")
    if _MANAGEMENT in identity.lower():
        return f"management-group:{parts[-1]}"
    if len(parts) == 2:  # noqa: PLR2004 - /subscriptions/ID
        return _SUBSCRIPTION
    if len(parts) == 4 and parts[2].lower() == "resourcegroups":  # noqa: PLR2004 - and its resource group
        return f"resource-group:{parts[3]}"
    return Unknown(f"is {identity}, which the input does not describe")


_SCOPES = ("azurerm_subscription", "azurerm_storage_container", "azapi_resource", *azurerm_types())


def access_policy(desk: Desk, one: Declared) -> None:
    """What somebody may do with the secrets of a vault, stated apart."""
    vault = desk.referred(one.values.get("key_vault_id"), "azurerm_key_vault")
    path = desk.path(vault) if vault else None
    if path is None:
        desk.homeless(one, "key_vault_id", "azurerm_key_vault")
        return
    _policy(desk, one, path, principal(desk, one, "object_id"), one.values.get("secret_permissions"))


def vault(desk: Desk, one: Declared, path: Path) -> None:
    """A vault with the policies that stand inside it."""
    put_attributes(desk, one, path)
    for number, block in enumerate(blocks(one.values, "access_policy")):
        whose = Declared(one.address, one.type, one.name, block, one.at(f"access_policy[{number}]"))
        _policy(desk, whose, path, principal(desk, whose, "object_id"), block.get("secret_permissions"))


def _policy(desk: Desk, one: Declared, path: Path, who: Value, permissions: Value) -> None:
    if not isinstance(who, str):
        desk.draft.miss((*path, "access_policies"), "holds a policy for somebody who is not told", one.origin)
    elif permissions:
        lower = (
            [text.lower() if isinstance(text, str) else text for text in permissions]
            if isinstance(permissions, list)
            else permissions
        )
        desk.put(one, (*path, "access_policies", who), "secret_permissions", lower)


def lock(desk: Desk, one: Declared) -> None:
    """A lock on a resource group; one on a single resource is told."""
    value = desk.resolved(one.values.get("scope"))
    scope = scope_of(desk, value)
    if not isinstance(scope, str) or not scope.startswith("resource-group:"):
        desk.not_judged(one, "scope", "a lock on a single resource, or on a whole subscription, is not judged")
        return
    path = ("resource_groups", scope.removeprefix("resource-group:"))
    desk.put(one, (*path, "lock"), "lock_level", one.values.get("lock_level"))
