"""Addresses that the cloud gives only when it makes a resource, given by rule: the first free ones of the subnet."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError
from itertools import islice
from typing import Any

from cloister.facts.azure_subnets import RESERVED_AT_END, RESERVED_AT_START
from cloister.origin import Origin
from cloister.sources.declared import Unknown, Value
from cloister.sources.written import Path

_HELD = ("private_ip", "private_ips")
"""The keys under which a document states an address inside a subnet."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """`count` addresses of a subnet, to be written at `path`: as a list if `listed`, else as the only one."""

    path: Path
    subnet: Path
    count: int
    listed: bool
    place: Origin


def give(wanted: Iterable[Wanted], plain: Any) -> Iterator[tuple[Path, Value, Origin]]:  # noqa: ANN401 - any JSON value
    """Path, value and place of every address that is wanted and not stated, in the order in which they are wanted."""
    taken = set(_stated(plain))
    for one in wanted:
        if _at(plain, one.path) is not None:
            continue
        prefix = _prefix(plain, one.subnet)
        free = (address for address in _usable(prefix) if address not in taken) if prefix else iter(())
        found = list(islice(free, one.count))
        taken.update(found if len(found) == one.count else ())
        yield one.path, _value(one, found), _place(one)


def _value(one: Wanted, found: list[IPv4Address]) -> Value:
    if len(found) < one.count:
        return Unknown("is given only when it is made, and its subnet has no free address that is known")
    texts: list[Value] = [str(address) for address in found]
    return texts if one.listed else texts[0]


def _place(one: Wanted) -> Origin:
    subnet = "/".join(str(part) for part in one.subnet[1::2])
    return replace(one.place, address=f"{one.place.address} (given by rule: the first that is free in {subnet})")


def _usable(prefix: IPv4Network) -> Iterator[IPv4Address]:
    return (prefix[offset] for offset in range(RESERVED_AT_START, prefix.num_addresses - RESERVED_AT_END))


def _stated(plain: Any) -> Iterator[IPv4Address]:  # noqa: ANN401 - as above
    if isinstance(plain, list):
        for item in plain:
            yield from _stated(item)
    for key, value in plain.items() if isinstance(plain, dict) else ():
        for text in (value if isinstance(value, list) else [value]) if key in _HELD else ():
            try:
                yield IPv4Address(text if isinstance(text, str) else "")
            except AddressValueError:
                continue
        yield from _stated(value)


def _prefix(plain: Any, subnet: Path) -> IPv4Network | None:  # noqa: ANN401 - as above
    text = _at(plain, (*subnet, "prefix"))
    try:
        return IPv4Network(text) if isinstance(text, str) else None
    except (AddressValueError, NetmaskValueError, ValueError):
        return None


def _at(plain: Any, path: Path) -> Any:  # noqa: ANN401 - as above
    for part in path:
        if not isinstance(plain, dict) or part not in plain:
            return None
        plain = plain[part]
    return plain
