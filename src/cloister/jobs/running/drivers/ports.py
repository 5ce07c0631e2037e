"""Free ports on this machine that no other driver takes as well."""

import os
import socket
from pathlib import Path

_FIRST, _LAST = 20_000, 32_767
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


def reserve(count: int) -> tuple[list[int], list[socket.socket]]:
    """So many free ports, and what holds them for us until this process ends.

    Whoever uses a port binds it later, so it cannot be kept bound. Two things keep others away until then: the ports
    lie below those that the kernel gives out by itself, and each is claimed by a name in the network namespace that
    one process alone can have. Raises OSError where so many are not to be had.
    """
    ports: list[int] = []
    claims: list[socket.socket] = []
    first, last = _FIRST, min(_LAST, _first_ephemeral() - 1)
    # Not all drivers from the same end: most claims succeed at the first try.
    start = os.getpid() * 61
    for offset in range(last - first + 1):
        if len(ports) == count:
            return ports, claims
        port = first + (start + offset) % (last - first + 1)
        claim = _claim(port)
        if claim is not None:
            ports.append(port)
            claims.append(claim)
    message = f"this machine has no {count} free ports between {first} and {last}"
    raise OSError(message)


def _claim(port: int) -> "socket.socket | None":
    """The port's name, taken; None where somebody has it, or the port itself."""
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0cloister-port-{port}")
        with socket.socket() as probe:
            # On every address: what torch and TensorFlow listen on.
            probe.bind(("", port))
    except OSError:
        claim.close()
        return None
    return claim


def _first_ephemeral() -> int:
    try:
        first = int(_EPHEMERAL.read_text(encoding="ascii").split()[0])
    except OSError:
        return _LAST + 1
    # A machine that gives out nearly all ports by itself leaves us the usual place.
    return first if first > _FIRST + 1000 else _LAST + 1
