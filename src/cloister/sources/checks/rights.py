"""Faults of rights: principals, scopes and operations that are nothing, and roles that Azure would refuse."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from cloister.errors import Fault
from cloister.facts.azure_roles import azure_roles
from cloister.inventory.azure import PRINCIPAL_WORDS, DenyAssignment, Inventory, Principal, RoleDefinition
from cloister.inventory.azure.identities import NONE, identities
from cloister.inventory.azure.placement import SUBSCRIPTION, resource_paths, scope_path
from cloister.origin import Origin
from cloister.sources.checks.names import Names
from cloister.sources.wording import near_miss, one_of, printable

_EVERYONE = "*"
_OPERATION = re.compile(r"\*|[A-Za-z*][A-Za-z0-9.*]*(/[A-Za-z0-9.*_-]+)+")
_CARRIERS = ("workspaces", "computes", "machines", "online_endpoints", "services")
_PATTERNS = ("actions", "not_actions", "data_actions", "not_data_actions")


@dataclass(frozen=True, slots=True)
class _Scopes:
    """The scopes of an environment. What has a fault of its own still counts as declared."""

    inventory: Inventory
    declared: frozenset[str]
    paths: Mapping[str, tuple[str, ...]]

    def path(self, scope: str) -> tuple[str, ...] | None:
        """The path of a scope, None where there is no such one."""
        return scope_path(self.inventory, scope, self.paths)

    def faults(self, thing: str, attribute: str, scope: str, place: Origin) -> Iterator[Fault]:
        """The fault of a scope that is nothing, if it is one."""
        if self.path(scope) is not None or scope.partition("/")[0] in self.declared:
            return
        groups = {f"resource-group:{path[0]}" for path in self.paths.values()}
        near = near_miss(scope, [SUBSCRIPTION, *groups, *self.paths])
        reason = f'{attribute} "{printable(scope)}" is no scope of this environment'
        mend = "write subscription, resource-group:NAME, or the name of a resource"
        yield Fault(thing, reason, f"write {near}" if near else mend, place)


def rights_faults(inventory: Inventory, names: Names) -> Iterator[Fault]:
    """Every fault of principals, of roles, and of what is assigned to whom where."""
    known = _known_principals(inventory, names)
    declared = frozenset(name for section in names.sections for name in names.among(section))
    scopes = _Scopes(inventory, declared, resource_paths(inventory))
    for one in inventory.principals:
        yield from _principal_faults(one, inventory, known)
    for vault in inventory.key_vaults:
        words = [holder for holder, _ in vault.access_policies]
        thing = f'key vault "{vault.name}"'
        yield from _holder_faults(thing, "access_policies", words, known, vault.origin.of("access_policies"))
    for role in inventory.role_definitions:
        yield from _role_faults(role, scopes)
    yield from _assignment_faults(inventory, known, scopes)
    for denial in inventory.deny_assignments:
        thing, place = f'deny assignment "{denial.name}"', denial.origin
        named = [words for words in denial.principals if words != _EVERYONE]
        yield from _holder_faults(thing, "principals", named, known, place.of("principals"))
        yield from _holder_faults(thing, "excluded", denial.excluded, known, place.of("excluded"))
        yield from scopes.faults(thing, "scope", denial.scope, place.of("scope"))
        yield from _pattern_faults(thing, denial)
    for policy in inventory.policy_assignments:
        yield from scopes.faults(f'policy assignment "{policy.name}"', "scope", policy.scope, policy.origin.of("scope"))


def _known_principals(inventory: Inventory, names: Names) -> set[str]:
    """Every principal in the words of a question. What has a fault of its own still counts as declared."""
    known = {one.words for one in inventory.principals}
    sound = {one.name for one in inventory.principals}
    faulty = [name for name in names.among("principals") if name not in sound]
    known |= {f"{word}:{name}" for name in faulty for word in PRINCIPAL_WORDS.values()}
    known |= {f"user:{member}" for group in inventory.groups for member in group.members}
    known |= {f"group:{name}" for name in names.among("groups")}
    found = identities(inventory)
    declared = (name for section in _CARRIERS for name in names.among(section))
    clusters = {one.name for one in inventory.online_endpoints if one.kind == "kubernetes"}
    return known | {f"identity:{name}" for name in (*found, *declared) if found.get(name) != NONE} - {
        f"identity:{name}" for name in clusters
    }


def _principal_faults(one: Principal, inventory: Inventory, known: set[str]) -> Iterator[Fault]:
    thing = f'principal "{one.name}"'
    if one.members and one.kind != "group":
        reason = f"has members, and a {one.kind} has none"
        yield Fault(thing, reason, "write kind: group, or take the members out", one.origin.of("members"))
    yield from _holder_faults(thing, "members", one.members, known, one.origin.of("members"))
    carriers = identities(inventory)
    if one.used_by and one.kind != "managed-identity":
        reason = f"has used_by, and a {one.kind} is carried by nothing"
        yield Fault(thing, reason, "write kind: managed-identity, or take used_by out", one.origin.of("used_by"))
    for name in one.used_by:
        if name not in carriers:
            near = near_miss(name, carriers)
            reason = f'used_by "{printable(name)}" names nothing that carries an identity'
            yield Fault(thing, reason, f"write {near}" if near else "declare it", one.origin.of("used_by"))
        elif carriers[name] == NONE:
            reason = f'used_by names "{name}", whose identity is None'
            yield Fault(thing, reason, f"give {name} identity: UserAssigned", one.origin.of("used_by"))


def _holder_faults(
    thing: str, attribute: str, holders: Iterable[str], known: set[str], place: Origin
) -> Iterator[Fault]:
    for words in holders:
        if words in known:
            continue
        kind, colon, name = words.partition(":")
        if not colon or kind not in PRINCIPAL_WORDS.values():
            likely = sorted(one for one in known if one.partition(":")[2] == words)
            mend = f"write {one_of(likely)}" if likely else "write user:NAME, group:NAME, sp:NAME or identity:NAME"
            yield Fault(
                thing, f'{attribute} "{printable(words)}" does not say what kind of principal it is', mend, place
            )
            continue
        near = near_miss(name, sorted(one.removeprefix(f"{kind}:") for one in known if one.startswith(f"{kind}:")))
        reason = f'{attribute} "{printable(words)}" is no principal of this document'
        yield Fault(thing, reason, f"write {kind}:{near}" if near else _declare(kind, name), place)


def _declare(kind: str, name: str) -> str:
    if kind == "identity":
        return f"give the resource {printable(name)} an identity, or declare it under principals"
    return f"declare {printable(name)} under principals"


def _role_faults(role: RoleDefinition, scopes: _Scopes) -> Iterator[Fault]:
    thing = f'role definition "{role.name}"'
    if role.name in {row.name for row in azure_roles()}:
        yield Fault(thing, "has the name of a built-in role", "give it a name of its own", role.origin)
    if not role.actions and not role.data_actions:
        yield Fault(thing, "allows nothing", "write actions, or data_actions", role.origin)
    yield from _pattern_faults(thing, role)
    for scope in role.assignable_scopes:
        yield from scopes.faults(thing, "assignable_scopes", scope, role.origin.of("assignable_scopes"))


def _pattern_faults(thing: str, of: RoleDefinition | DenyAssignment) -> Iterator[Fault]:
    for attribute in _PATTERNS:
        for pattern in getattr(of, attribute):
            if not _OPERATION.fullmatch(pattern):
                reason = f'{attribute} "{printable(pattern)}" is no operation'
                mend = "write it as Microsoft.Storage/storageAccounts/read, with * for any text"
                yield Fault(thing, reason, mend, of.origin.of(attribute))


def _assignment_faults(inventory: Inventory, known: set[str], scopes: _Scopes) -> Iterator[Fault]:
    custom = {role.name: role for role in inventory.role_definitions}
    for assignment in inventory.role_assignments:
        thing, place = f'role assignment "{assignment.name}"', assignment.origin
        yield from _holder_faults(thing, "principal", [assignment.principal], known, place.of("principal"))
        yield from scopes.faults(thing, "scope", assignment.scope, place.of("scope"))
        scope, role = scopes.path(assignment.scope), custom.get(assignment.role)
        if role is None or scope is None:
            continue
        allowed = [scopes.path(words) for words in role.assignable_scopes]
        if None not in allowed and not any(scope[: len(path or ())] == path for path in allowed):
            reason = f'role "{role.name}" may not be assigned at {assignment.scope}'
            mend = f"widen its assignable_scopes ({', '.join(role.assignable_scopes)}), or assign it there"
            yield Fault(thing, reason, mend, place.of("scope"))
