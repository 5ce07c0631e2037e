"""The filter of kernel calls that a confined command is under: a program for the kernel's packet filter. Pure.

https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html, linux/filter.h, linux/seccomp.h and
linux/audit.h (read 2026-11). All calls are allowed but those that `facts.refused_calls` names.
"""

import errno
import struct
from collections.abc import Iterator

from cloister.facts.refused_calls import RefusedCall, refused_calls

# How the kernel calls the machines, and where their second set of calls begins.
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32 = 0x40000000
_LOAD, _EQUAL, _AT_LEAST, _HAS_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT, _THIRD_ARGUMENT_AT = 0, 4, 16, 32
_CLONE_NEWUSER = 0x10000000
# AF_UNIX, AF_INET, AF_INET6
_FAMILIES = (1, 2, 10)
# AF_NETLINK, with NETLINK_ROUTE, NETLINK_SOCK_DIAG and NETLINK_RDMA: its other protocols are for who manages the
# machine, and NETLINK_KOBJECT_UEVENT tells everybody what becomes of its devices (netlink(7)).
_NETLINK, _PROTOCOLS = 16, (0, 4, 20)
Instruction = tuple[int, int, int, int]


def call_filter(machine: str) -> bytes:
    """The program for a machine as os.uname calls it; empty where that is none that we know the calls of."""
    if machine not in _ARCHITECTURES:
        return b""
    return b"".join(struct.pack("HBBI", *instruction) for instruction in _program(machine))


def _program(machine: str) -> Iterator[Instruction]:
    refused = _ERROR | errno.EPERM
    yield _LOAD, 0, 0, _ARCHITECTURE_AT
    yield _EQUAL, 1, 0, _ARCHITECTURES[machine]
    # Calls by another machine's numbers: 32-bit programs.
    yield _RETURN, 0, 0, refused
    yield _LOAD, 0, 0, _NUMBER_AT
    yield _AT_LEAST, 0, 1, _X32
    yield _RETURN, 0, 0, refused
    for call in refused_calls():
        if (number := call.number(machine)) is not None:
            answer = tuple(_answer(call))
            yield _EQUAL, 0, len(answer), number
            yield from answer
    yield _RETURN, 0, 0, _ALLOW


def _answer(call: RefusedCall) -> Iterator[Instruction]:
    refused = _ERROR | getattr(errno, call.answer)
    match call.where:
        case "users":
            yield _LOAD, 0, 0, _FIRST_ARGUMENT_AT
            yield _HAS_BITS, 0, 1, _CLONE_NEWUSER
            yield _RETURN, 0, 0, refused
            yield _RETURN, 0, 0, _ALLOW
        case "family":
            yield _LOAD, 0, 0, _FIRST_ARGUMENT_AT
            # Past the three that follow, then past the rest of what is asked, to the last.
            to_the_last = len(_FAMILIES) + len(_PROTOCOLS) + 3
            for family in _FAMILIES:
                yield _EQUAL, to_the_last, 0, family
                to_the_last -= 1
            yield _EQUAL, 1, 0, _NETLINK
            yield _RETURN, 0, 0, refused
            yield _LOAD, 0, 0, _THIRD_ARGUMENT_AT
            for left, protocol in enumerate(reversed(_PROTOCOLS)):
                yield _EQUAL, len(_PROTOCOLS) - left, 0, protocol
            yield _RETURN, 0, 0, refused
            yield _RETURN, 0, 0, _ALLOW
        case "always":
            yield _RETURN, 0, 0, refused
