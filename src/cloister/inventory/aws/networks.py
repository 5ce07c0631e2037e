"""VPCs with their subnets, the gateways at their edge, route tables and peering connections."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Literal

from cloister.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """A subnet. Without a `route_table` it has the main one of its VPC, without a `network_acl` the default one."""

    name: str
    cidr_block: IPv4Network
    availability_zone: str | None = None
    map_public_ip_on_launch: bool = False
    route_table: str | None = None
    network_acl: str | None = None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Vpc:
    """A VPC. Empty `domain_name_servers` means Amazon's own, at the second address of the VPC.

    Not stated, the main route table has the local route alone, the default network ACL lets everything through, and
    the default security group lets its own members in and everything out.
    """

    name: str
    account: str | None = None
    region: str | None = None
    cidr_blocks: tuple[IPv4Network, ...]
    enable_dns_support: bool = True
    enable_dns_hostnames: bool = False
    domain_name_servers: tuple[IPv4Address, ...] = ()
    main_route_table: str | None = None
    default_network_acl: str | None = None
    default_security_group: str | None = None
    subnets: tuple[Subnet, ...]
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class InternetGateway:
    """An internet gateway: it carries what has a public address, and translates nothing else."""

    name: str
    vpc: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class NatGateway:
    """A NAT gateway in a subnet. A private one gives no way to the internet."""

    name: str
    subnet: str
    connectivity_type: Literal["public", "private"] = "public"
    public_ip: IPv4Address | None = None
    private_ip: IPv4Address | None = None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixList:
    """A prefix list of one's own, for routes and security groups."""

    name: str
    entries: tuple[IPv4Network, ...]
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route to a prefix or a prefix list, with one target.

    `other_target` is a target of a kind that is not followed: a transit gateway, a VPN gateway, a firewall endpoint.
    """

    name: str
    cidr_block: IPv4Network | None = None
    prefix_list: str | None = None
    internet_gateway: str | None = None
    nat_gateway: str | None = None
    vpc_peering_connection: str | None = None
    instance: str | None = None
    other_target: str | None = None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTable:
    """A route table. The local route and those to gateway endpoints need not be written out."""

    name: str
    vpc: str
    routes: tuple[Route, ...] = ()
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class VpcPeeringConnection:
    """A peering connection of two VPCs. It carries something where it is active and routes of both lead over it."""

    name: str
    vpc: str
    peer_vpc: str
    accept_status: Literal["active", "pending-acceptance", "rejected", "expired", "deleted"] = "active"
    origin: Origin
