"""Public addresses, and the gateways that lend them to whole subnets."""

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Literal

from cloister.origin import Origin

Tool = Literal["azurerm", "avm", "arm", "bicep", "portal"]
"""What a network is created with: its defaults differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicIp:
    """A public address. A Standard one is closed to the internet until a filter opens it, a Basic one is open."""

    name: str
    sku: Literal["Basic", "Standard"] = "Standard"
    ip_address: IPv4Address | None = None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class NatGateway:
    """A NAT gateway: every machine of its subnets leaves under one of its public addresses."""

    name: str
    public_ips: tuple[str, ...] = ()
    origin: Origin
