"""Managed identities: the `identity` block of a resource, and the identity that a resource is given of its own."""

from collections.abc import Mapping

from cloister.origin import Origin
from cloister.render.terraform.blocks import Block, reference

USER_ASSIGNED = "UserAssigned"


def identity(kind: str, owner: str) -> Mapping[str, object] | None:
    """The block that gives the resource called `owner` its identity."""
    if kind == "None":
        return None
    identities = [reference("user_assigned_identity", owner)] if kind == USER_ASSIGNED else None
    return {"type": kind, "identity_ids": identities}


def own_identity(name: str, placing: Mapping[str, object], origin: Origin) -> Block:
    """A user-assigned identity for one resource."""
    return Block("user_assigned_identity", name, {"name": f"id-{name}", **placing}, origin)
