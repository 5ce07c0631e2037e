"""Exports of resources that stand: what `az resource list`, `az graph query` and `az NOUN show` print."""

from collections.abc import Iterator
from typing import Any

from cloister.sources.arm.ids import parts_of
from cloister.sources.declared import Declared, Unknown, Value

_LISTS = ("value", "data", "resources")
"""Under which key a list of resources stands: what the API gives, Resource Graph's, and the portal's."""
_PROPERTIES = "properties"
_NAMES_ALONE = "is not in the export, which has the resource's name and type alone"
_OF_A_LIST = frozenset({"properties", "createdtime", "changedtime", "provisioningstate"})
"""What `az resource list` prints in the place of properties."""
_OF_THE_FRAME = frozenset({"id", "name", "type", "resourcegroup", "subscriptionid", "tenantid", "managedby"})
_TOP = frozenset(
    {
        "id",
        "name",
        "type",
        "location",
        "tags",
        "sku",
        "kind",
        "identity",
        "properties",
        "zones",
        "plan",
        "etag",
        "resourcegroup",
        "subscriptionid",
        "tenantid",
        "managedby",
        "extendedlocation",
        "systemdata",
        "apiversion",
        "scale",
    }
)
"""What stands beside the properties of a resource; `az NOUN show` prints the properties among them."""


def is_export(tree: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Whether a JSON value is an export: resources with ids, one or several."""
    found = _resources(tree) or []
    return bool(found) and all(isinstance(one, dict) and _identity(one) is not None for one in found)


def exported(tree: Any, file: str) -> Iterator[Declared]:  # noqa: ANN401 - as above
    """Every resource of an export."""
    for one in _resources(tree) or ():
        identity = _identity(one) or ""
        parts = parts_of(identity)
        if parts is not None:
            yield Declared(
                address=identity.rpartition("/providers/")[2],
                type=parts.type,
                name=parts.name,
                values=_nested(one),
                file=file,
                parent=parts.parent,
                identities=(identity,),
            )


def _resources(tree: Any) -> list[Any] | None:  # noqa: ANN401 - as above
    if isinstance(tree, list):
        return tree
    if not isinstance(tree, dict):
        return None
    if _identity(tree) is not None:
        return [tree]
    return next((tree[key] for key in _LISTS if isinstance(tree.get(key), list)), None)


def _identity(one: dict[str, Any]) -> str | None:
    identity = one.get("id")
    return identity if isinstance(identity, str) and parts_of(identity) is not None else None


def _nested(one: dict[str, Any]) -> dict[str, Value]:
    """A resource with its properties under `properties`, where `az NOUN show` prints them beside its name."""
    if isinstance(one.get(_PROPERTIES), dict):
        return {key: value for key, value in one.items() if key.lower() not in _OF_THE_FRAME}
    top = {key: value for key, value in one.items() if key.lower() in _TOP and key.lower() not in _OF_THE_FRAME}
    beside: dict[str, Value] = {key: value for key, value in one.items() if key.lower() not in (*_TOP, *_OF_A_LIST)}
    return {**top, _PROPERTIES: beside or Unknown(_NAMES_ALONE)}
