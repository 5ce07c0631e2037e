"""Managed identities: the `identity` block of a resource, and the identity that a resource is given of its own."""

from collections.abc import Mapping

from cloister.inventory.azure import Inventory
from cloister.origin import Origin
from cloister.render.terraform.blocks import Block, reference

USER_ASSIGNED = "UserAssigned"


def identity(inventory: Inventory, kind: str, owner: str) -> Mapping[str, object] | None:
    """The block that gives the resource called `owner` its identity, and those that it carries with others."""
    if kind == "None":
        return None
    shared = [one.name for one in inventory.principals if owner in one.used_by]
    names = [owner, *shared] if kind == USER_ASSIGNED else shared
    types = kind if kind == USER_ASSIGNED or not shared else f"{kind}, {USER_ASSIGNED}"
    return {"type": types, "identity_ids": [reference("user_assigned_identity", name) for name in names] or None}


def own_identity(name: str, placing: Mapping[str, object], origin: Origin) -> Block:
    """A user-assigned identity."""
    return Block("user_assigned_identity", name, {"name": f"id-{name}", **placing}, origin)
