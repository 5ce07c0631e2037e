"""Calls of the Linux kernel that a confined command is refused, with their numbers on each machine."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from cloister.facts.tables import read_table


@dataclass(frozen=True, slots=True)
class RefusedCall:
    """A call and its answer. Refused `always`, for a `family` of addresses that is not plain, or making `users`.

    Families: other ones than Unix, IPv4, IPv6 and some of netlink have had more faults than uses, or lead past a
    network namespace (vsock(7)). Users: a namespace of one's own users gives all capabilities in it, and with them all
    that is written for root in the kernel.
    """

    name: str
    x86_64: str
    aarch64: str
    where: Literal["always", "family", "users"]
    answer: str
    source: str
    read: str

    def number(self, machine: str) -> int | None:
        """Its number on a machine as os.uname calls it; None where that is not known."""
        text = {"x86_64": self.x86_64, "aarch64": self.aarch64}.get(machine)
        return None if text is None else int(text)


@cache
def refused_calls() -> tuple[RefusedCall, ...]:
    """All of them."""
    return read_table("refused_calls", RefusedCall)
