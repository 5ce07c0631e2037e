"""Addresses that one resource states by another: the route to a firewall, the name server that is a resolver."""

import re

from cloister.sources.declared import Reference, Value
from cloister.sources.draft import Draft

_ADDRESS = re.compile(r"(private)?ip_?address(es)?(\[\d+\])*$", re.IGNORECASE)
_NUMBER = re.compile(r"\[(\d+)\]")


def with_addresses(draft: Draft, value: Value) -> Value:
    """A value in which references to addresses that the document has by now are those addresses."""
    if isinstance(value, Reference):
        return _address(draft, value) or value
    if isinstance(value, list):
        return [with_addresses(draft, one) for one in value]
    if isinstance(value, dict):
        return {key: with_addresses(draft, one) for key, one in value.items()}
    return value


def _address(draft: Draft, value: Reference) -> Value:
    path = draft.path_of(value)
    if path is None or not _ADDRESS.search(value.attribute):
        return None
    number = next((int(found) for found in _NUMBER.findall(value.attribute)), 0)
    if path[0] == "load_balancers":
        fronts = draft.stated((*path, "frontends"))
        inside = [*fronts.values()][number : number + 1] if isinstance(fronts, dict) else []
        return inside[0].get("private_ip") if inside and isinstance(inside[0], dict) else None
    several = draft.stated((*path, "private_ips"))
    if isinstance(several, list):
        return several[number] if number < len(several) else None
    return draft.stated((*path, "ip_address" if path[0] == "public_ips" else "private_ip"))
