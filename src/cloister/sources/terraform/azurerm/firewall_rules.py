"""Rules of firewalls: on addresses, on names, and those that lead in."""

from collections.abc import Callable
from typing import TypeAlias

from cloister.sources.declared import Unknown, Value
from cloister.sources.terraform.azurerm.addresses import address, addresses
from cloister.sources.terraform.azurerm.attributes import blocks, references
from cloister.sources.terraform.azurerm.desk import Desk
from cloister.sources.terraform.values import Declared
from cloister.sources.written import Path

Writer: TypeAlias = Callable[[Desk, Declared, Path, dict[str, Value], str], None]
_GROUPS = "ip_groups"
_UNREAD = ("destination_addresses", "destination_urls", "http_headers")
"""What narrows a rule on names further: not in the document, so that such a rule is not taken for the wider one."""


def network_rule(desk: Desk, one: Declared, path: Path, block: dict[str, Value], inside: str) -> None:
    """A rule on addresses, tags or names."""
    _sources(desk, one, path, block, inside)
    for key, attribute in (("destinations", "destination_addresses"), ("ports", "destination_ports")):
        _list(desk, one, path, key, block.get(attribute), f"{inside}.{attribute}")
    for key, attribute in (("protocols", "protocols"), ("destination_fqdns", "destination_fqdns")):
        _list(desk, one, path, key, block.get(attribute), f"{inside}.{attribute}")
    _refer(desk, one, path, "destination_ip_groups", block, inside)


def application_rule(desk: Desk, one: Declared, path: Path, block: dict[str, Value], inside: str) -> None:
    """A rule on names; those of a firewall without a policy spell some attributes in another way."""
    _sources(desk, one, path, block, inside)
    for key, attributes in (
        ("fqdns", ("destination_fqdns", "target_fqdns")),
        ("fqdn_tags", ("destination_fqdn_tags", "fqdn_tags")),
        ("web_categories", ("web_categories",)),
    ):
        for attribute in attributes:
            _list(desk, one, path, key, block.get(attribute), f"{inside}.{attribute}")
    if block.get("terminate_tls"):
        desk.put(one, (*path, "tls_inspection"), f"{inside}.terminate_tls", block["terminate_tls"])
    pairs: list[Value] = [
        f"{pair.get('type')}:{pair.get('port')}" for kind in ("protocols", "protocol") for pair in blocks(block, kind)
    ]
    desk.put(one, (*path, "protocols"), f"{inside}.protocols", pairs or None)
    for attribute in _UNREAD:
        if block.get(attribute):
            why = f"narrows the rule by {attribute}, which is not understood"
            desk.draft.miss(path, why, one.at(f"{inside}.{attribute}"))


def nat_rule(desk: Desk, one: Declared, path: Path, block: dict[str, Value], inside: str) -> None:
    """A rule that leads from an address of the firewall to a machine."""
    _sources(desk, one, path, block, inside)
    _list(desk, one, path, "protocols", block.get("protocols"), f"{inside}.protocols")
    _list(desk, one, path, "ports", block.get("destination_ports"), f"{inside}.destination_ports")
    several = block.get("destination_addresses")
    single = several[0] if isinstance(several, list) and len(several) == 1 else block.get("destination_address")
    told = address(desk, single)
    if isinstance(told, str) and told:
        desk.put(one, (*path, "destination"), f"{inside}.destination_address", told)
    for key in ("translated_address", "translated_fqdn", "translated_port"):
        value = address(desk, block.get(key)) if key == "translated_address" else block.get(key)
        desk.put(one, (*path, key), f"{inside}.{key}", value or None)


def _sources(desk: Desk, one: Declared, path: Path, block: dict[str, Value], inside: str) -> None:
    _list(desk, one, path, "sources", block.get("source_addresses"), f"{inside}.source_addresses")
    _refer(desk, one, path, "source_ip_groups", block, inside)


def _list(desk: Desk, one: Declared, path: Path, key: str, value: Value, attribute: str) -> None:
    if isinstance(value, Unknown) and not value.stated:
        return
    desk.put(one, (*path, key), attribute, addresses(desk, value) or None)


def _refer(desk: Desk, one: Declared, path: Path, key: str, block: dict[str, Value], inside: str) -> None:
    value = desk.resolved(block.get(key))
    if isinstance(value, Unknown) and not value.stated:
        return
    desk.put(one, (*path, key), f"{inside}.{key}", references(desk, value, _GROUPS))
