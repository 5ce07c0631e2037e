"""Resources of the azapi provider: bodies of Azure's own interface, which the mapping of ARM templates reads."""

import json
from collections.abc import Iterator

from cloister.facts.azurerm import azurerm_types
from cloister.sources import declared as arm
from cloister.sources.declared import Reference, Unknown, Value
from cloister.sources.terraform.azurerm.attributes import at, blocks
from cloister.sources.terraform.azurerm.desk import Desk
from cloister.sources.terraform.values import Declared

_RESOURCE = "azapi_resource"
_UPDATE = "azapi_update_resource"
API_TYPES = frozenset({_RESOURCE, _UPDATE})
"""The types that are read here."""
_GROUP = "azurerm_resource_group"
_NOWHERE = "/subscriptions/-/resourceGroups"
"""How ids begin where a plan does not tell the subscription; nothing compares it."""


def api_resources(desk: Desk) -> Iterator[arm.Declared]:
    """The resources that are made, with the bodies that others lay over them."""
    for one in desk.resources(_RESOURCE):
        if one.mode == "managed":
            yield _declared(desk, one, one.values.get("name"), _parent(desk, one), (one.address, *_ids(desk, one)))


def api_updates(desk: Desk) -> Iterator[arm.Declared]:
    """What is laid over resources that stand: each under the identity of the resource that it changes."""
    for one in desk.resources(_UPDATE):
        target = desk.resolved(one.values.get("resource_id"))
        if isinstance(target, Unknown) and len(target.among) == 1:
            target = target.among[0]
        if isinstance(target, Unknown):
            desk.homeless(one, "resource_id", *_azurerm_types(_type(one)[0]), _RESOURCE)
            continue
        if target is None:
            target = next(
                (Reference(found) for identity in _ids(desk, one) if (found := desk.address_of(identity))), None
            )
        identity = target.address if isinstance(target, Reference) else str(target)
        yield _declared(desk, one, one.values.get("name"), None, (identity,))


def _azurerm_types(kind: str) -> list[str]:
    """The types of the other provider that make resources of one of Azure's kinds."""
    return [name for name, row in azurerm_types().items() if row.arm.lower() == kind.lower()]


def _declared(desk: Desk, one: Declared, name: Value, parent: Value, identities: tuple[str, ...]) -> arm.Declared:
    kind, _, version = _type(one)
    return arm.Declared(
        address=one.address,
        type=kind,
        name=name if isinstance(name, str) else Unknown("is known only after apply", text=one.name),
        values=_body(desk, one) | {"apiVersion": version} | _beside(desk, one),
        file=desk.declarations.file,
        parent=parent,
        identities=identities,
    )


def _type(one: Declared) -> tuple[str, str, str]:
    stated = one.values.get("type")
    return stated.partition("@") if isinstance(stated, str) else ("unknown", "", "")


def _body(desk: Desk, one: Declared) -> dict[str, Value]:
    """The body: an object, or JSON text in the provider's first version; all of it unknown where it is not told."""
    body = one.values.get("body")
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except (ValueError, RecursionError):
            body = Unknown("is no JSON")
    if isinstance(body, dict):
        return {key: _resolved(desk, value) for key, value in body.items()}
    return {"properties": body} if isinstance(body, Unknown | Reference) else {}


def _resolved(desk: Desk, value: Value) -> Value:
    if isinstance(value, dict):
        return {key: _resolved(desk, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_resolved(desk, inner) for inner in value]
    return desk.resolved(value)


def _beside(desk: Desk, one: Declared) -> dict[str, Value]:
    """What the provider takes beside the body: the place, and the identity in the words of Azure."""
    found: dict[str, Value] = {}
    if one.values.get("location"):
        found["location"] = one.values["location"]
    if blocks(one.values, "identity"):
        ids = desk.resolved(at(one.values, "identity.identity_ids"))
        carried = ids if isinstance(ids, list) else []
        keys = [item.address if isinstance(item, Reference) else str(item) for item in carried]
        kinds = at(one.values, "identity.type")
        found["identity"] = {"type": kinds} | ({"userAssignedIdentities": {key: {} for key in keys}} if keys else {})
    return found


def _parent(desk: Desk, one: Declared) -> Value:
    """What a resource stands in, by its id: a group by the id that it has or will have."""
    value = desk.resolved(one.values.get("parent_id"))
    owner = desk.referred(value, _GROUP)
    name = owner.values.get("name") if owner else None
    return f"{_NOWHERE}/{name}" if isinstance(name, str) else value


def _ids(desk: Desk, one: Declared) -> Iterator[str]:
    """The id that a resource will have, as far as its names tell."""
    kind, _, _ = _type(one)
    parent, name = _parent(desk, one), one.values.get("name")
    if isinstance(parent, str) and isinstance(name, str) and parent.startswith("/"):
        provider, _, rest = kind.partition("/")
        inner = f"{provider}/{rest}" if "/providers/" not in parent else rest.rpartition("/")[2]
        middle = "providers/" if "/providers/" not in parent else ""
        yield f"{parent}/{middle}{inner}/{name}"
