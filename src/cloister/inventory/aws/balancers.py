"""Load balancers with their listeners, and the target groups that they hand connections on to."""

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Literal

from cloister.origin import Origin

ListenerProtocol = Literal["TCP", "TLS", "UDP", "TCP_UDP", "HTTP", "HTTPS"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A listener: what comes on its port goes on to a target group."""

    name: str
    port: int
    protocol: ListenerProtocol = "TCP"
    target_group: str | None = None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancer:
    """A load balancer. `security_groups` of a network one may be none: then everything reaches its listeners.

    `private_ips` has an address for each subnet, in their order.
    """

    name: str
    load_balancer_type: Literal["network", "application"] = "application"
    internal: bool = False
    subnets: tuple[str, ...]
    private_ips: tuple[IPv4Address, ...] = ()
    security_groups: tuple[str, ...] = ()
    enforce_security_group_inbound_rules_on_private_link_traffic: Literal["on", "off"] = "on"
    listeners: tuple[Listener, ...] = ()
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroup:
    """Where a listener leads: services that register in it themselves, and the `targets` that are written out.

    Not stated, `preserve_client_ip` is what AWS gives: off for targets by address over TCP and TLS, on otherwise.
    """

    name: str
    vpc: str
    port: int
    protocol: ListenerProtocol = "TCP"
    target_type: Literal["ip", "instance"] = "ip"
    targets: tuple[str, ...] = ()
    preserve_client_ip: bool | None = None
    health_check_port: int | None = None
    origin: Origin
