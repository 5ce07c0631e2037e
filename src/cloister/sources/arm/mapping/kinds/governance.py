"""Resource groups, their locks, and policies that refuse types in them."""

from cloister.sources.arm.mapping.estate import Estate
from cloister.sources.arm.mapping.groups import group_in
from cloister.sources.arm.mapping.resource import Resource, inner, items
from cloister.sources.declared import Unknown, Value
from cloister.sources.draft import identity_of, key_of
from cloister.sources.written import Path

GROUP = "microsoft.resources/resourcegroups"
LOCK = "microsoft.authorization/locks"
POLICY = "microsoft.authorization/policyassignments"
_NOT_ALLOWED = "6c112d4e-5bc7-47ae-a041-ea2d9dccd749"
"""The built-in policy "Not allowed resource types":
https://www.azadvertizer.net/azpolicyadvertizer/6c112d4e-5bc7-47ae-a041-ea2d9dccd749.html, read 2026-11-25."""


def claim_group(estate: Estate, one: Resource) -> None:
    """A resource group goes by its name, which locks may have claimed before."""
    _group(estate, one.name, one)


def _group(estate: Estate, name: str, one: Resource) -> Path:
    identity = f"resource-group:{key_of(name)}"
    path = estate.draft.path_of(identity)
    if path is None:
        path = estate.draft.claim(("resource_groups",), name, one.place(), (identity,))
    return path


def claim_lock(estate: Estate, one: Resource) -> None:
    """A lock on a whole resource group; on anything else it is told."""
    group = _whole_group(one)
    if group is None:
        what = "locks a single resource, or a subscription"
        estate.tell(one, "", what, "who could remove or change it in spite of the lock is not judged")
        return
    path = _group(estate, group, one)
    level: Value = Unknown(one.declared.doubt) if one.declared.doubt else one.get("properties.level")
    words = {"cannotdelete": "CanNotDelete", "readonly": "ReadOnly"}
    known = words.get(level.lower(), level) if isinstance(level, str) else level
    estate.write((*path, "lock"), known, one.place("properties.level"))


def claim_policy(estate: Estate, one: Resource) -> None:
    """An assignment of its own, and where it is the built-in policy that refuses types, its resource group's, too."""
    estate.draft.claim(("policy_assignments",), one.name, one.place(), one.declared.identities)
    definition = (identity_of(one.get("properties.policyDefinitionId")) or "").rpartition("/")[2].lower()
    group = _whole_group(one)
    if definition != _NOT_ALLOWED or group is None:
        return
    path, prop = _group(estate, group, one), "properties.parameters.listOfResourceTypesNotAllowed.value"
    types = [inner(entry, "value") if isinstance(entry, dict) else entry for entry in items(one.get(prop))]
    if one.declared.doubt:
        types = [Unknown(one.declared.doubt)]
    estate.write((*path, "denied_types"), types, one.place(prop))


def _whole_group(one: Resource) -> str | None:
    return group_in(one.parent) if "/providers/" not in one.parent else None
