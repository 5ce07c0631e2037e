"""Load balancers: frontends that hand connections on to machines, and lend those a way out."""

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Literal

from cloister.origin import Origin

BalancedProtocol = Literal["Tcp", "Udp", "All"]
"""What a rule of a load balancer is about: it carries no other protocols."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancingRule:
    """A load-balancing rule of a frontend. With protocol All and port 0 it is one for HA ports: every port, unchanged.

    `backends` are machines, those of the balancer where none are stated. Without `backend_port` the port stays as it
    is. `probe_port` is where the health probe knocks. With `floating_ip` the backend sees the frontend's own address.
    """

    name: str
    protocol: BalancedProtocol = "Tcp"
    frontend_port: int = 0
    backend_port: int | None = None
    backends: tuple[str, ...] = ()
    probe_port: int | None = None
    floating_ip: bool = False
    disable_outbound_snat: bool = False
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancerOutboundRule:
    """An outbound rule of a public frontend: its address is lent to `backends`, or to those of the balancer."""

    name: str
    protocol: BalancedProtocol = "All"
    backends: tuple[str, ...] = ()
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancerFrontend:
    """An address of a load balancer: inside with `subnet` and `private_ip`, or public with the name of a public one."""

    name: str
    subnet: str | None = None
    private_ip: IPv4Address | None = None
    public_ip: str | None = None
    rules: tuple[BalancingRule, ...] = ()
    outbound_rules: tuple[BalancerOutboundRule, ...] = ()
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancer:
    """A load balancer. `backends` are the machines behind each rule that states none of its own."""

    name: str
    sku: Literal["Basic", "Standard"] = "Standard"
    backends: tuple[str, ...] = ()
    frontends: tuple[BalancerFrontend, ...] = ()
    origin: Origin

    @property
    def machines(self) -> tuple[str, ...]:
        """Every machine behind it, each once."""
        stated = [rule.backends for one in self.frontends for rule in one.rules]
        stated += [rule.backends for one in self.frontends for rule in one.outbound_rules]
        return tuple(dict.fromkeys((*self.backends, *(name for pool in stated for name in pool))))

    def pool(self, rule: BalancingRule | BalancerOutboundRule) -> tuple[str, ...]:
        """The machines that a rule is about."""
        return rule.backends or self.backends
