"""The right that matters at the end of a way: what people come to a door for."""

from dataclasses import replace

from cloister.ask.rights.needs import Deed
from cloister.ask.rights.permitted import Judge
from cloister.ask.rights.principals import Who
from cloister.ask.rights.saying import said
from cloister.fabric.fabric import Fabric
from cloister.inventory.azure import Inventory
from cloister.reach.way import Target
from cloister.verdict import Answer, Layer, Verdict

_DEEDS = {
    "workspace": ("read", "workspace"),
    "blob": ("read", "data"),
    "dfs": ("read", "data"),
    "file": ("read", "files"),
    "vault": ("read", "secret"),
    "registry": ("pull", "image"),
}
"""By the kind of service or its door: the least that somebody needs there to have something of it."""


def end_of(fabric: Fabric, target: Target) -> tuple[Target, str]:
    """The target with the service or machine that its name or bare address belongs to, and the service's door."""
    doors = (door for service in fabric.services.values() for door in service.doors)
    door = next((door.name for door in doors if target.host and door.host == target.host), "")
    if target.address is None or target.place:
        return target, door
    endpoint, place = fabric.endpoint_at(target.address), fabric.place_at(target.address)
    if endpoint:
        return replace(target, service=endpoint.service), endpoint.doors[0]
    return replace(target, place=place.name if place else ""), door


def right_at(judge: Judge, who: Who, target: Target, door: str) -> Verdict:
    """Whether the principal has a right to what stands at the end of the way; `door` is the service's door, if any."""
    if target.service:
        kind = _kind(judge.inventory, target.service) or door.rpartition("/")[2]
        if kind not in _DEEDS:
            return said(Answer.UNKNOWN, target.text, f"which right {target.text} asks for is not modelled", None)
        return judge.right(who, Deed(*_DEEDS[kind], target.service))
    if target.place and target.address and target.address.single:
        text = f"whoever holds a key or password of {target.place} comes in, and who does is not stated"
        return said(Answer.UNKNOWN, target.place, text, None, "", Layer.AUTHENTICATION)
    text = f"no role of this environment decides about {target.text}"
    return said(Answer.ALLOW, target.text, text, None)


def _kind(inventory: Inventory, service: str) -> str:
    """The kind of a service that has the same right at each of its doors, or nothing."""
    sections = (("workspace", "workspaces"), ("vault", "key_vaults"), ("registry", "container_registries"))
    found = (kind for kind, section in sections if service in {one.name for one in getattr(inventory, section)})
    return next(found, "")
