"""Functions on prefixes of IPv4 addresses; their answers are those of the examples on Microsoft's page.

https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-cidr, read 2026-11-25.
"""

from ipaddress import IPv4Network

from cloister.sources.arm.functions.calling import Function, FunctionError, number, text
from cloister.sources.declared import Value

_POINT_TO_POINT = 2


def _parse(prefix: str) -> Value:
    network = IPv4Network(text(prefix), strict=False)
    few = network.num_addresses <= _POINT_TO_POINT
    return {
        "network": str(network.network_address),
        "netmask": str(network.netmask),
        "broadcast": str(network.broadcast_address),
        "firstUsable": str(network[0] if few else network[1]),
        "lastUsable": str(network[-1] if few else network[-2]),
        "cidr": network.prefixlen,
    }


def _subnet(prefix: str, length: int, index: int) -> str:
    network = IPv4Network(text(prefix), strict=False)
    if not network.prefixlen <= number(length) <= network.max_prefixlen:
        raise FunctionError("takes a length that is not shorter than the prefix")
    if not 0 <= number(index) < 1 << length - network.prefixlen:
        raise FunctionError("takes the number of a subnet that the prefix has")
    step = 1 << network.max_prefixlen - length
    return f"{network[index * step]}/{length}"


def _host(prefix: str, index: int) -> str:
    network = IPv4Network(text(prefix), strict=False)
    few = network.num_addresses <= _POINT_TO_POINT
    if not 0 <= number(index) < network.num_addresses - (0 if few else _POINT_TO_POINT):
        raise FunctionError("takes the number of a host that the prefix has")
    return str(network[index if few else index + 1])


PREFIXES = (
    Function("parseCidr", _parse, 1, 1),
    Function("cidrSubnet", _subnet, 3, 3),
    Function("cidrHost", _host, 2, 2),
)
