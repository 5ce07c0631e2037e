"""A network of the command's own: loopback alone, and on it one listening socket for each way out.

A socket belongs to the namespace in which it was made. So the sockets are made inside and handed to the launcher, which
stays outside and passes bytes on (see `relays`): nothing of ours runs inside, and nothing that the command can reach
leads out but these.
"""

import fcntl
import socket
import struct
from collections.abc import Sequence

from cloister.jobs.running.launcher.kernel import CLONE_NEWNET, call

# linux/sockios.h, linux/if.h
_SIOCSIFFLAGS = 0x8914
_SIOCSIFADDR = 0x8916
_SIOCSIFNETMASK = 0x891C
_IFF_UP = 0x1
_BACKLOG = 128


def make_network(listens: Sequence[tuple[str, int]]) -> list[socket.socket]:
    """Enter a network with loopback alone; returns sockets that listen at these addresses of it, in their order."""
    call("unshare", CLONE_NEWNET)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _IFF_UP))
        for number, host in enumerate(dict.fromkeys(host for host, _ in listens if ":" not in host)):
            if not host.startswith("127."):
                _add_address(any_socket, f"lo:{number}", host)
    return [_listen(host, port) for host, port in listens]


def _add_address(any_socket: socket.socket, label: str, host: str) -> None:
    for request, address in ((_SIOCSIFADDR, host), (_SIOCSIFNETMASK, "255.255.255.255")):
        wanted = struct.pack("16sHH4s8x", label.encode(), socket.AF_INET, 0, socket.inet_aton(address))
        fcntl.ioctl(any_socket, request, wanted)


def _listen(host: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    made.bind((host, port))
    made.listen(_BACKLOG)
    return made
