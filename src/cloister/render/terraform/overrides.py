"""Changes of resources that a Terraform configuration declares, as files to put beside it.

Terraform merges what a file named `*_override.tf.json` says of a resource into the block that declares it, so that an
argument is set without touching anybody's file (developer.hashicorp.com/terraform/language/files/override, read
2026-11-25). That is so in one module and for a whole block: what stands in another module, or is one of several that a
block makes, has to be written by hand, and is said.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cloister.facts.azurerm import AzurermAttribute, azurerm_attributes
from cloister.render.seal import FIXED, sealed

OVERRIDE_FILE = "cloister_fixes_override.tf.json"
ADDITION_FILE = "cloister_fixes.tf.json"
_ADDRESS = re.compile(r"(?P<type>azurerm_\w+)\.(?P<name>[\w-]+)")
_SAME, _NOT = "same", "not"
_ALSO = {("azurerm_application_insights", "internet_ingestion_enabled"): ("internet_query_enabled",)}
"""Arguments that have to follow another: the document has one attribute for both, read from the first."""
_LINK = "azurerm_private_dns_zone_virtual_network_link"
_ZONE, _NETWORK = "azurerm_private_dns_zone", "azurerm_virtual_network"


@dataclass(frozen=True, slots=True)
class Setting:
    """An attribute of the document that a declared resource should have, with the address of the resource.

    `of` is the address of another resource that the attribute is about: the network of a zone's link.
    """

    address: str
    attribute: str
    value: Any
    of: str = ""


@dataclass(frozen=True, slots=True)
class Overrides:
    """The files by name, and what has to be written by hand."""

    files: dict[str, str] = field(default_factory=dict)
    by_hand: tuple[str, ...] = ()


def overrides(settings: Iterable[Setting]) -> Overrides:
    """The files that make the settings, each sealed; a setting that no file can make is said."""
    override: dict[str, dict[str, dict[str, Any]]] = {}
    additions: dict[str, dict[str, dict[str, Any]]] = {}
    by_hand: list[str] = []
    for one in settings:
        if (link := _link(one)) is not None:
            additions.setdefault(_LINK, {}).update(link)
        elif (argument := _argument(one)) is not None:
            kind, name = one.address.split(".")
            override.setdefault(kind, {}).setdefault(name, {}).update(argument)
        else:
            by_hand.append(_by_hand(one))
    named = ((OVERRIDE_FILE, override), (ADDITION_FILE, additions))
    files = {name: sealed({"resource": resources}, FIXED) for name, resources in named if resources}
    return Overrides(files, tuple(by_hand))


def _argument(one: Setting) -> dict[str, Any] | None:
    """The argument of the provider with its value, where the resource stands in the root module, once."""
    match = _ADDRESS.fullmatch(one.address)
    row = _row(match["type"], one.attribute) if match else None
    if match is None or row is None:
        return None
    return {name: _meant(row, one.value) for name in (row.attribute, *_ALSO.get((match["type"], row.attribute), ()))}


def _row(kind: str, attribute: str) -> AzurermAttribute | None:
    """The one argument that is the attribute, if there is just one, and no block around it."""
    rows = [row for row in azurerm_attributes().get(kind, ()) if row.document == attribute and "." not in row.attribute]
    return rows[0] if len(rows) == 1 and rows[0].how in (_SAME, _NOT) else None


def _meant(row: AzurermAttribute, value: Any) -> Any:  # noqa: ANN401 - any JSON value
    return not value if row.how == _NOT else value


def _link(one: Setting) -> dict[str, dict[str, Any]] | None:
    """A link of a private zone to a network, as a resource of its own."""
    zone, network = _ADDRESS.fullmatch(one.address), _ADDRESS.fullmatch(one.of)
    if not zone or not network or (zone["type"], network["type"]) != (_ZONE, _NETWORK):
        return None
    name = f"{zone['name']}-{network['name']}"
    return {
        f"cloister-{name}": {
            "name": name,
            "resource_group_name": f"${{{one.address}.resource_group_name}}",
            "private_dns_zone_name": f"${{{one.address}.name}}",
            "virtual_network_id": f"${{{one.of}.id}}",
        }
    }


def _by_hand(one: Setting) -> str:
    """The setting for a person, by the name that the argument has where it is known."""
    if one.of:
        return f"{one.address}: {one.attribute} with {one.of}"
    match = _ADDRESS.search(one.address)
    row = _row(match["type"], one.attribute) if match else None
    name, value = (row.attribute, _meant(row, one.value)) if row else (one.attribute, one.value)
    return f"{one.address}: {name} = {json.dumps(value)}"
