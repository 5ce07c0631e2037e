"""The ways out of a step's closed network: the very addresses that URLs of the platform name, and no other.

Inside, a name stands for an address of loopback that is its alone, so that two names may share a port; an address
stands for itself. Outside, each leads to one address, resolved when the step starts.
"""

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from cloister.errors import Fault, SpecError

_PORTS = {"http": 80, "https": 443}
_LOCALHOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class WayOut:
    """A host and port as a URL names them, and the address that stands for the host inside."""

    host: str
    port: int
    inside: str


def ways_out(urls: Iterable[str]) -> tuple[WayOut, ...]:
    """The ways that lead to these URLs. Raises SpecError with each that none can lead to."""
    faults, ways, names = [], dict[tuple[str, int], WayOut](), dict[str, str]()
    for url in urls:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError:
            host, port = "", 0
        if not host or not port:
            faults.append(Fault(url, "names no host and port", "write it as http://HOST:PORT"))
        elif host.count(":") and host != "::1":
            faults.append(Fault(url, "is an IPv6 address of the network", "give the host a name, and write that"))
        else:
            if host not in names:
                names[host] = _inside(host, len(names) + 1)
            ways[host, port] = WayOut(host, port, names[host])
    if faults:
        raise SpecError(faults)
    return tuple(ways.values())


def hosts(ways: Iterable[WayOut]) -> str:
    """What /etc/hosts says inside."""
    named = {way.host: way.inside for way in ways if not _is_address(way.host) and way.inside != _LOCALHOST}
    lines = [(_LOCALHOST, "localhost"), ("::1", "localhost"), *sorted((inside, host) for host, inside in named.items())]
    return "".join(f"{address}\t{host}\n" for address, host in lines)


def resolved(host: str, port: int) -> str:
    """The first address of a host. Raises OSError where it has none."""
    return str(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0])


def _inside(host: str, number: int) -> str:
    if _is_address(host):
        return host
    return _LOCALHOST if host == "localhost" else f"127.1.{number >> 8}.{number & 255}"


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
