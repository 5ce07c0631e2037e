"""The attributes that the table maps, put into the document; and those that it does not know, told."""

import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import cache
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError

from cloister.facts.azurerm import ANY, AzurermAttribute, azurerm_attributes
from cloister.sources.declared import Reference, Unknown, Value
from cloister.sources.terraform.azurerm.desk import Desk
from cloister.sources.terraform.values import Declared
from cloister.sources.written import Path

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_UNITS = (86400, 3600, 60, 1)
_ELSEWHERE = frozenset({"code", "ignored", "told"})
_NOT_JUDGED = "what it says is not judged"


def put_attributes(desk: Desk, one: Declared, path: Path, prefix: str = "") -> None:
    """Write every attribute of a resource that the table maps; only those below a block where one is named."""
    for row in azurerm_attributes().get(one.type, ()):
        if row.how not in _ELSEWHERE and row.attribute.startswith(prefix):
            put_attribute(desk, one, path, row)


def put_attribute(desk: Desk, one: Declared, path: Path, row: AzurermAttribute) -> None:
    """Write one attribute, by the way that its row names."""
    value = desk.resolved(at(one.values, row.attribute))
    if isinstance(value, Unknown) and not value.stated:
        return
    spot, place = (*path, *row.document.split(".")), one.at(row.attribute)
    way, _, section = row.how.partition(":")
    if way == "ref":
        desk.draft.refer(spot, value, (section,), place)
    elif way == "refs":
        desk.draft.put(spot, references(desk, value, section), place)
    elif value is not None or way == "identity":
        desk.draft.put(spot, _WAYS[way](value), place)


def references(desk: Desk, value: Value, *sections: str) -> Value:
    """The names of all resources that a list refers to; None for an empty one."""
    if isinstance(value, Unknown):
        parts: list[Value] = list(value.among) or [value]
        value = parts
    if not isinstance(value, list):
        return value if isinstance(value, Reference) else None
    words: list[Value] = [desk.word(item, *sections) for item in value]
    return words or None


def at(values: Value, attribute: str) -> Value:
    """What an attribute says; of a block that is written once, the attribute behind the dot."""
    here = values
    for part in attribute.split("."):
        if isinstance(here, list):
            here = here[0] if here else None
        if isinstance(here, Unknown | Reference) or not isinstance(here, dict):
            return here if isinstance(here, Unknown | Reference) else None
        here = here.get(part)
    return here


def blocks(values: Value, name: str) -> list[dict[str, Value]]:
    """The blocks of a name; those of which it is not known how many there are, are none here."""
    found = values.get(name) if isinstance(values, dict) else None
    return [block for block in found if isinstance(block, dict)] if isinstance(found, list) else []


def stated(value: Value) -> bool:
    """Whether anything is stated: neither nothing nor an empty list, nor what the provider is left to fill in."""
    if isinstance(value, Unknown):
        return value.stated
    return value not in (None, "", [], {})


def tell_unmapped(desk: Desk, one: Declared) -> None:
    """Tell of every stated attribute that the table says is not judged, or does not know."""
    for attribute, value in _leaves(one):
        row = _row(one.type, attribute)
        if row is None:
            desk.not_judged(one, attribute, _NOT_JUDGED)
        elif row.how == "told" and value is not False:
            desk.not_judged(one, attribute, row.because)


def _leaves(one: Declared) -> Iterator[tuple[str, Value]]:
    """The stated attributes of a resource; of a block whose attributes have rows of their own, these."""
    for name, value in one.values.items():
        if not stated(value):
            continue
        if not _has_inner_rows(one.type, name):
            yield name, value
            continue
        for block in value if isinstance(value, list) else [value]:
            for inner, below in block.items() if isinstance(block, dict) else ():
                if stated(below):
                    yield f"{name}.{inner}", below


@cache
def _has_inner_rows(kind: str, name: str) -> bool:
    return any(row.attribute.startswith(f"{name}.") for row in azurerm_attributes().get(kind, ()))


@cache
def _row(kind: str, attribute: str) -> AzurermAttribute | None:
    rows = (*azurerm_attributes().get(kind, ()), *azurerm_attributes()[ANY])
    matches = (
        row for row in rows if fnmatchcase(attribute, row.attribute) or row.attribute.startswith(f"{attribute}.")
    )
    return next(matches, None)


def prefix_of(text: Value) -> Value:
    """An address or a prefix of callers as a prefix."""
    if not isinstance(text, str):
        return text
    try:
        return str(IPv4Network(text, strict=False))
    except (AddressValueError, NetmaskValueError, ValueError):
        return text


def _same(value: Value) -> Value:
    return value


def _not(value: Value) -> Value:
    return not value if isinstance(value, bool) else value


def _enabled(value: Value) -> Value:
    return value == "Enabled" if isinstance(value, str) else value


def _prefixes(value: Value) -> Value:
    found = [prefix_of(item) for item in value] if isinstance(value, list) else value
    return found or None


def _seconds(value: Value) -> Value:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    return sum(int(part or 0) * unit for part, unit in zip(match.groups(), _UNITS, strict=True)) if match else value


def _bypass(value: Value) -> Value:
    """Whether services that Microsoft trusts come in; a list in accounts, where Logging and Metrics only read logs."""
    if isinstance(value, list):
        hidden = [item for item in value if not isinstance(item, str)]
        return hidden[0] if hidden else "AzureServices" if "AzureServices" in value else "None"
    return value


def _identity(value: Value) -> Value:
    """A resource's own identity: the system-assigned one where it has one, beside others that it may carry."""
    kinds = at(value, "type") if isinstance(value, list | dict) else value
    if not isinstance(kinds, str):
        return kinds or "None"
    return "SystemAssigned" if "SystemAssigned" in kinds else kinds


_WAYS: dict[str, Callable[[Value], Value]] = {
    "same": _same,
    "not": _not,
    "enabled": _enabled,
    "prefixes": _prefixes,
    "seconds": _seconds,
    "bypass": _bypass,
    "identity": _identity,
}
