"""Virtual networks with their subnets, peerings and routes."""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network
from typing import Literal

from cloister.inventory.azure.egress import Tool
from cloister.origin import Origin


class PrivateEndpointPolicies(StrEnum):
    """`privateEndpointNetworkPolicies` of a subnet: which of its filters and routes bind private endpoints."""

    DISABLED = "Disabled"
    NETWORK_SECURITY_GROUP = "NetworkSecurityGroupEnabled"
    ROUTE_TABLE = "RouteTableEnabled"
    ENABLED = "Enabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """A subnet of a virtual network.

    `nat_gateway` names one, or says whether there is one of which nothing more is known. Where
    `default_outbound_access` is not stated, it is what the tool gives that the network was created with.
    """

    name: str
    prefix: IPv4Network
    network_security_group: str | None = None
    route_table: str | None = None
    nat_gateway: bool | str = False
    default_outbound_access: bool | None = None
    delegation: str | None = None
    service_endpoints: tuple[str, ...] = ()
    service_endpoint_policies: tuple[str, ...] = ()
    private_endpoint_network_policies: PrivateEndpointPolicies = PrivateEndpointPolicies.DISABLED
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualNetwork:
    """A virtual network. Empty `dns_servers` means Azure DNS (168.63.129.16).

    `private_endpoint_vnet_policies` says whether routes to the network itself take over those of private endpoints.
    `api_version` is that of the template, or for the portal the day, with which the network was created.
    """

    name: str
    resource_group: str
    address_space: tuple[IPv4Network, ...]
    dns_servers: tuple[IPv4Address, ...] = ()
    private_endpoint_vnet_policies: Literal["Basic", "Disabled"] | None = None
    created_with: Tool | None = None
    api_version: str | None = None
    subnets: tuple[Subnet, ...]
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Peering:
    """One half of a peering, owned by `network` and pointing to `remote`; traffic needs both halves.

    It joins the two networks whole, or else the listed subnets of each.
    """

    network: str
    remote: str
    allow_virtual_network_access: bool = True
    allow_forwarded_traffic: bool = False
    allow_gateway_transit: bool = False
    use_remote_gateways: bool = False
    peer_complete_virtual_networks_enabled: bool = True
    local_subnet_names: tuple[str, ...] = ()
    remote_subnet_names: tuple[str, ...] = ()
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A user-defined route: prefix (or service tag) to next hop."""

    name: str
    prefix: str
    next_hop_type: Literal["VirtualAppliance", "VirtualNetworkGateway", "VnetLocal", "Internet", "None"]
    next_hop: IPv4Address | None = None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTable:
    """User-defined routes for subnets."""

    name: str
    routes: tuple[Route, ...]
    bgp_route_propagation: bool = True
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEndpointPolicy:
    """What a subnet lets through over its service endpoint to storage: accounts, and groups, subscriptions or aliases.

    An account goes by its name or by its id, the others by their ids.
    """

    name: str
    service_resources: tuple[str, ...]
    origin: Origin
