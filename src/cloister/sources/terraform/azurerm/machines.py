"""Machines with their interfaces, and the extensions on them."""

import json
import re

from cloister.sources.declared import Unknown, Value
from cloister.sources.terraform.azurerm.addresses import addresses, want
from cloister.sources.terraform.azurerm.attributes import blocks, put_attributes
from cloister.sources.terraform.azurerm.desk import Desk
from cloister.sources.terraform.azurerm.networks import subnet_path
from cloister.sources.terraform.values import Declared
from cloister.sources.written import Path

_INTERFACE = "azurerm_network_interface"
_WINDOWS = "azurerm_windows_virtual_machine"
_MACHINES = ("azurerm_linux_virtual_machine", _WINDOWS)
_SECRET = re.compile(
    r"password|passwd|secret|token|accountkey|account_key|accesskey|sas|connectionstring", re.IGNORECASE
)
"""What the settings of an extension call a secret that stands in them openly."""


def place_machine(desk: Desk, one: Declared, path: Path) -> None:
    """A machine in the subnet of its first interface, with an address by rule where none is stated."""
    put_attributes(desk, one, path)
    desk.draft.put((*path, "purpose"), "other", one.origin)
    if one.type == _WINDOWS:
        desk.put(one, (*path, "password_authentication"), "admin_password", value=True)
    listed = one.values.get("network_interface_ids")
    values = listed if isinstance(listed, list) else [listed]
    interface = desk.referred(values[0], _INTERFACE) if values else None
    if interface is None:
        why = "has an interface that the input does not describe"
        for key in ("subnet", "private_ip"):
            desk.draft.miss((*path, key), why, one.at("network_interface_ids"))
        return
    if len(values) > 1:
        desk.not_judged(one, "network_interface_ids[1]", "what it reaches over its second interface is not judged")
    _stand(desk, interface, path)


def _stand(desk: Desk, one: Declared, path: Path) -> None:
    configurations = blocks(one.values, "ip_configuration")
    first = next(
        (block for block in configurations if block.get("primary")), configurations[0] if configurations else {}
    )
    subnet = desk.resolved(first.get("subnet_id"))
    desk.draft.refer((*path, "subnet"), subnet, ("subnets",), one.at("ip_configuration.subnet_id"))
    told = first.get("private_ip_address")
    if isinstance(told, str) and told:
        desk.put(one, (*path, "private_ip"), "ip_configuration.private_ip_address", told)
    else:
        want(desk, (*path, "private_ip"), subnet_path(desk, subnet), one)
    _shown(desk, one, configurations, path)
    if one.values.get("ip_forwarding_enabled"):
        desk.put(one, (*path, "ip_forwarding"), "ip_forwarding_enabled", one.values["ip_forwarding_enabled"])


def _shown(desk: Desk, one: Declared, configurations: list[dict[str, Value]], path: Path) -> None:
    """The public address of a machine, in whichever of its interface's configurations that stands."""
    public = [value for block in configurations if (value := block.get("public_ip_address_id"))]
    place = one.at("ip_configuration.public_ip_address_id")
    if len(public) > 1:
        desk.draft.miss((*path, "public_ip"), "is several addresses, and the document takes one", place)
    elif public:
        desk.draft.refer((*path, "public_ip"), desk.resolved(public[0]), ("public_ips",), place)


def interface_servers(desk: Desk, one: Declared) -> None:
    """The name servers that an interface states for its machine."""
    path = desk.path(one)
    servers = one.values.get("dns_servers")
    if path is not None and servers:
        desk.put(one, (*path, "dns_servers"), "dns_servers", addresses(desk, servers))


def interface_filter(desk: Desk, one: Declared) -> None:
    """A filter at an interface."""
    path = _machine(desk, one)
    if path is not None:
        desk.refer(one, (*path, "network_security_group"), "network_security_group_id", "network_security_groups")


def interface_set(desk: Desk, one: Declared) -> None:
    """A set that an interface joins."""
    path = _machine(desk, one)
    if path is not None:
        join(desk, one, path, "application_security_group_id")


def join(desk: Desk, one: Declared, path: Path, attribute: str) -> None:
    """Add a set to those that a resource belongs to."""
    already = desk.draft.stated((*path, "application_security_groups"))
    word: Value = desk.word(one.values.get(attribute), "application_security_groups")
    sets = [*(already if isinstance(already, list) else []), word]
    desk.put(one, (*path, "application_security_groups"), attribute, sets)


def _machine(desk: Desk, one: Declared) -> Path | None:
    interface = desk.referred(one.values.get("network_interface_id"), _INTERFACE)
    path = desk.path(interface) if interface else None
    if path is None:
        desk.homeless(one, "network_interface_id", _INTERFACE)
    return path


def extension(desk: Desk, one: Declared) -> None:
    """Secrets that stand openly in the settings of an extension, by their keys; never what they are."""
    owner = desk.referred(one.values.get("virtual_machine_id"), *_MACHINES)
    path = desk.path(owner) if owner else None
    if path is None:
        desk.homeless(one, "virtual_machine_id", *_MACHINES)
        return
    settings = one.values.get("settings")
    if isinstance(settings, Unknown) and settings.stated:
        desk.draft.miss((*path, "secrets_in_extension_settings"), settings.why, one.at("settings"))
        return
    already = desk.draft.stated((*path, "secrets_in_extension_settings"))
    found = [*(already if isinstance(already, list) else []), *_secrets(settings)]
    desk.put(one, (*path, "secrets_in_extension_settings"), "settings", list(dict.fromkeys(found)) or None)


def _secrets(settings: Value) -> list[str]:
    try:
        document = json.loads(settings) if isinstance(settings, str) and settings else {}
    except (ValueError, RecursionError):
        return []
    return (
        [key for key, value in document.items() if _SECRET.search(key) and value] if isinstance(document, dict) else []
    )
