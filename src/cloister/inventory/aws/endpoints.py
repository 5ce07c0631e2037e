"""VPC endpoints: ways from a VPC to services of AWS that do not touch the internet."""

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Literal

from cloister.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class VpcEndpoint:
    """An endpoint for one service: as interfaces in subnets, or (Gateway) as a target of route tables.

    `service_name` is `com.amazonaws.REGION.SERVICE`, or the last part alone. `policy` is an IAM document as JSON text;
    without one, the endpoint lets everything through. Interfaces have an address for each subnet, in their order.
    """

    name: str
    vpc: str
    service_name: str
    vpc_endpoint_type: Literal["Interface", "Gateway"] = "Interface"
    subnets: tuple[str, ...] = ()
    private_ips: tuple[IPv4Address, ...] = ()
    security_groups: tuple[str, ...] = ()
    private_dns_enabled: bool = False
    route_tables: tuple[str, ...] = ()
    policy: str | None = None
    origin: Origin
