"""The functions of Terraform that are evaluated here, on plain values; every other comes to something unknown."""

import json
from collections.abc import Callable
from ipaddress import ip_network
from itertools import chain
from typing import Any


def _cidrsubnet(prefix: str, more: int, number: int) -> str:
    network = ip_network(prefix)
    length = network.prefixlen + int(more)
    size = 1 << (network.max_prefixlen - length)
    return str(ip_network((int(network.network_address) + int(number) * size, length)))


def _cidrhost(prefix: str, number: int) -> str:
    network = ip_network(prefix)
    return str(network[int(number)])


def _element(items: list[Any], number: int) -> Any:
    return items[int(number) % len(items)]


def _merge(*objects: dict[str, Any]) -> dict[str, Any]:
    return dict(chain.from_iterable(one.items() for one in objects if one))


def _lookup(members: dict[str, Any], key: str, *default: Any) -> Any:
    return members[key] if key in members or not default else default[0]


def _set(items: list[Any]) -> list[Any]:
    return sorted(dict.fromkeys(items))


def _flat(items: list[Any]) -> list[Any]:
    return list(chain.from_iterable(_flat(one) if isinstance(one, list) else [one] for one in items))


def _format(pattern: str, *values: Any) -> str:
    return pattern.replace("%v", "%s").replace("%q", '"%s"') % values


def _text(value: Any) -> Any:
    return value if isinstance(value, str) or value is None else json.dumps(value)


def _coalesce(*values: Any) -> Any:
    return next(value for value in values if value not in (None, ""))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "cidrhost": _cidrhost,
    "cidrsubnet": _cidrsubnet,
    "coalesce": _coalesce,
    "compact": lambda items: [one for one in items if one],
    "concat": lambda *lists: list(chain(*lists)),
    "contains": lambda items, value: value in items,
    "distinct": lambda items: list(dict.fromkeys(items)),
    "element": _element,
    "flatten": _flat,
    "format": _format,
    "index": lambda items, value: items.index(value),
    "join": lambda by, items: by.join(map(str, items)),
    "jsonencode": lambda value: json.dumps(value, separators=(",", ":")),
    "keys": sorted,
    "length": len,
    "lookup": _lookup,
    "lower": str.lower,
    "max": max,
    "merge": _merge,
    "min": min,
    "range": lambda *bounds: list(range(*map(int, bounds))),
    "replace": lambda text, old, new: text.replace(old, new),
    "split": lambda by, text: text.split(by),
    "substr": lambda text, start, length: text[int(start) : int(start) + int(length)],
    "toset": _set,
    "tolist": list,
    "tomap": dict,
    "tostring": _text,
    "tonumber": float,
    "trimspace": str.strip,
    "upper": str.upper,
    "values": lambda members: [members[key] for key in sorted(members)],
}
