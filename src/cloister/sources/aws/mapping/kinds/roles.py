"""Roles with their policies, written inside, apart, or shared by several roles; and user pools' groups."""

from collections.abc import Iterator

from cloister.sources.aws.mapping.estate import Part
from cloister.sources.aws.mapping.taking import listed, policy_text, taken
from cloister.sources.declared import Reference, Unknown, Value, at


def claim_role(part: Part) -> None:
    """A role goes by its own name, because policies name it so."""
    name = taken(part, "role_name")
    wanted = name if isinstance(name, str) else part.name
    part.estate.draft.claim(("iam_roles",), wanted, part.place(), (part.declared.address, *part.declared.identities))


def fill_role(part: Part) -> None:
    """The policies written inside, those of AWS's own, and the boundary."""
    draft, estate = part.estate.draft, part.estate
    if part.path is None:
        return
    for number, one in enumerate(listed(part.raw("policies")), start=1):
        name = at(one, "PolicyName") or at(one, "name")
        document = at(one, "PolicyDocument") or at(one, "policy")
        if document is not None:
            path = (*part.path, "policies", name if isinstance(name, str) else f"inline-{number}")
            draft.put(path, policy_text(estate, document), part.place("policies"))
    for value in listed(part.raw("managed")):
        _attach(part, value, part, "managed")
    boundary = estate.find(part.raw("permissions_boundary"), "managed-policy")
    if boundary is not None:
        place = part.place("permissions_boundary")
        draft.put((*part.path, "permissions_boundary"), taken(boundary, "policy"), place)
    elif part.raw("permissions_boundary") is not None:
        what = "is a policy that the input does not describe"
        draft.miss((*part.path, "permissions_boundary"), what, part.place("permissions_boundary"))


def _attach(role: Part, value: Value, stated_by: Part, attribute: str) -> None:
    """One more managed policy of a role: described here, or AWS's own by its name."""
    draft, path, place = role.estate.draft, role.path or (), stated_by.place(attribute)
    policy = role.estate.find(value, "managed-policy")
    if policy is not None:
        draft.put((*path, "policies", policy.name), taken(policy, "policy"), place)
        return
    name = _own_name(value)
    stated = draft.stated((*path, "managed_policies"))
    before: list[Value] = stated if isinstance(stated, list) else []
    unknown = Unknown("attaches a policy that the input does not describe")
    draft.put((*path, "managed_policies"), [*before, name or unknown], place)


def _own_name(value: Value) -> str | None:
    """The name of a policy of AWS's own, out of its ARN."""
    text = value.text if isinstance(value, Unknown) else value
    return text.rpartition("/")[2] if isinstance(text, str) and ":aws:policy/" in text else None


def _roles(part: Part, attribute: str) -> Iterator[Part]:
    """The roles that are meant, by references or by their names."""
    for value in listed(part.raw(attribute)):
        found = part.estate.find(value, "role")
        if found is None and isinstance(value, str):
            found = next((one for one in part.estate.of("role") if taken(one, "role_name") == value), None)
        if found is not None and found.path is not None:
            yield found


def fill_role_policy(part: Part) -> None:
    """A policy of one role, stated apart."""
    _give(part, "role")


def fill_shared_policy(part: Part) -> None:
    """A policy of several roles."""
    _give(part, "roles")


def _give(part: Part, attribute: str) -> None:
    for role in _roles(part, attribute):
        path = (*(role.path or ()), "policies", part.name)
        part.estate.draft.put(path, taken(part, "policy"), part.place("policy"))


def fill_attachment(part: Part) -> None:
    """A managed policy that is attached to a role apart."""
    for role in _roles(part, "role"):
        _attach(role, part.raw("policy"), part, "policy")


def fill_user_group(part: Part) -> None:
    """One more group of a user pool."""
    estate = part.estate
    pool, name = estate.find(part.raw("pool"), "user-pool"), taken(part, "name")
    if pool is not None and pool.path is not None and not isinstance(name, Reference):
        stated = estate.draft.stated((*pool.path, "groups"))
        before: list[Value] = stated if isinstance(stated, list) else []
        estate.draft.put((*pool.path, "groups"), [*before, name or part.name], part.place("name"))


CLAIMS = {"role": claim_role}
FILLS = {
    "role": fill_role,
    "role-policy": fill_role_policy,
    "shared-policy": fill_shared_policy,
    "managed-policy": fill_shared_policy,
    "role-attachment": fill_attachment,
    "user-group": fill_user_group,
}
