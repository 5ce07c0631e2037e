"""The flow that a rule is asked about."""

from dataclasses import dataclass, replace
from enum import StrEnum

from cloister.fabric.addresses import Address


class Protocol(StrEnum):
    """Protocols that a question can name. Those after TCP and UDP have no ports."""

    TCP = "tcp"
    UDP = "udp"
    ICMP = "icmp"
    ESP = "esp"
    AH = "ah"

    @property
    def has_ports(self) -> bool:
        """Whether packets of it carry ports, so that a question about it has to name one."""
        return self in (Protocol.TCP, Protocol.UDP)


ANY_HOST = "*"
"""The name of a host that stands for all that no rule names: only a rule on every name fits it."""


@dataclass(frozen=True, slots=True)
class Flow:
    """The first packet of a connection. `host` is the name that the client sends along (SNI, Host), if it has one.

    `port` is 0 where the protocol has none.
    """

    source: Address
    destination: Address
    port: int
    protocol: Protocol = Protocol.TCP
    host: str = ""

    @property
    def traffic(self) -> str:
        """The protocol and its port in words, such as `tcp/443` or `icmp`."""
        return f"{self.protocol}/{self.port}" if self.protocol.has_ports else str(self.protocol)

    def coming_from(self, source: Address) -> "Flow":
        """The same flow after its source address was translated."""
        return replace(self, source=source)
