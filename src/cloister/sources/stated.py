"""Resources of an inventory as mappings again: what their author stated, or what differs from its default."""

from dataclasses import MISSING, fields
from datetime import date
from enum import Enum
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from cloister.inventory import azure
from cloister.origin import Origin

Members = dict[str, Any]
_SINGLE = ("source", "source_ports", "destination", "destination_ports", "ports")
"""Lists that may be written as their only item."""


def named(resources: Any) -> Members:  # noqa: ANN401 - any tuple of resources with names
    """Resources by their names."""
    return {resource.name: stated(resource) for resource in resources}


def stated(resource: Any, *without: str) -> Members:  # noqa: ANN401 - any resource
    """The attributes of a resource that say something, nested resources left to their own functions."""
    found: Members = {}
    for field in fields(resource):
        value = getattr(resource, field.name)
        if field.name in ("name", "origin", *without) or _nested(value):
            continue
        default = field.default if field.default is not MISSING else MISSING
        if value is not None and (value != default or resource.origin.states(field.name)):
            found[field.name] = (
                short(plain(value)) if field.name in _SINGLE and isinstance(value, tuple) else plain(value)
            )
    return found


def _nested(value: object) -> bool:
    return isinstance(value, tuple) and bool(value) and isinstance(getattr(value[0], "origin", None), Origin)


def plain(value: Any) -> Any:  # noqa: ANN401 - any attribute
    """The value of an attribute as JSON has it."""
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, IPv4Address | IPv4Network | azure.ProxyAddress | date) else value


def short(items: list[str]) -> Any:  # noqa: ANN401 - what an author would write
    """A list as an author writes it: ports as numbers, an only item without its list."""
    written = [int(item) if item.isdecimal() else item for item in items]
    return written[0] if len(written) == 1 else written
