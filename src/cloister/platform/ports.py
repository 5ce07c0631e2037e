"""TCP ports of this machine: free ones, and who has one that we need."""

import socket

from cloister.errors import Fault
from cloister.platform.proc import listener_on

LOOPBACK = "127.0.0.1"


def fault_of_port(port: int, option: str) -> Fault | None:
    """What keeps us from listening on a port of 127.0.0.1, with its owner, and the option that picks another."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as ours:
        # As servers do: a port that only waits for its last connections to fade counts as free.
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            ours.bind((LOOPBACK, port))
            ours.listen()
        except OSError as error:
            return Fault(f"port {port}", _reason(port, error), f"stop that process, or pick another port: {option} N")
    return None


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as ours:
        ours.bind((LOOPBACK, 0))
        return int(ours.getsockname()[1])


def _reason(port: int, error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "ports below 1024 need rights that this user does not have"
    if owner := listener_on(port):
        return f"is taken by process {owner.pid} ({owner.command})"
    return "is taken by a process of another user, which we may not see"
