"""The flow that a rule is asked about."""

from dataclasses import dataclass, replace
from enum import StrEnum

from cloister.fabric.addresses import Address


class Protocol(StrEnum):
    """Transport protocols that a question can name."""

    TCP = "tcp"
    UDP = "udp"


ANY_HOST = "*"
"""The name of a host that stands for all that no rule names: only a rule on every name fits it."""


@dataclass(frozen=True, slots=True)
class Flow:
    """The first packet of a connection. `host` is the name that the client sends along (SNI, Host), if it has one."""

    source: Address
    destination: Address
    port: int
    protocol: Protocol = Protocol.TCP
    host: str = ""

    def coming_from(self, source: Address) -> "Flow":
        """The same flow after its source address was translated."""
        return replace(self, source=source)
