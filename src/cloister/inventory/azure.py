"""Azure resources as frozen values: networks, filters, routes, names, endpoints, services, computes, people.

References between resources are names, as they stand in the source; a subnet is named `network/subnet`. Readers in
`sources/` check that every name refers to something, so that later rooms may trust it.
Attribute names follow the azurerm provider, whose words people know.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network
from typing import Literal

from cloister.inventory.intents import Intent
from cloister.origin import Origin

PLATFORM_ROLES = ("admin", "reader", "approver")
"""The roles that a group of people can have on the platform."""


class Cloud(StrEnum):
    """Which Azure: names, zones and service tags differ."""

    PUBLIC = "azure"
    CHINA = "azure-china"


class PrivateEndpointPolicies(StrEnum):
    """`privateEndpointNetworkPolicies` of a subnet: which of its filters and routes bind private endpoints."""

    DISABLED = "Disabled"
    NETWORK_SECURITY_GROUP = "NetworkSecurityGroupEnabled"
    ROUTE_TABLE = "RouteTableEnabled"
    ENABLED = "Enabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """A subnet of a virtual network."""

    name: str
    prefix: IPv4Network
    network_security_group: str | None = None
    route_table: str | None = None
    nat_gateway: bool = False
    default_outbound_access: bool = True
    delegation: str | None = None
    service_endpoints: tuple[str, ...] = ()
    service_endpoint_policies: tuple[str, ...] = ()
    private_endpoint_network_policies: PrivateEndpointPolicies = PrivateEndpointPolicies.DISABLED
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualNetwork:
    """A virtual network. Empty `dns_servers` means Azure DNS (168.63.129.16)."""

    name: str
    resource_group: str
    address_space: tuple[IPv4Network, ...]
    dns_servers: tuple[IPv4Address, ...] = ()
    subnets: tuple[Subnet, ...]
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Peering:
    """One half of a peering, owned by `network` and pointing to `remote`; traffic needs both halves."""

    network: str
    remote: str
    allow_virtual_network_access: bool = True
    allow_forwarded_traffic: bool = False
    allow_gateway_transit: bool = False
    use_remote_gateways: bool = False
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityRule:
    """A rule of a network security group: addresses are prefixes, tags or `*`; ports are `443`, `80-90`, `*`."""

    name: str
    priority: int
    direction: Literal["Inbound", "Outbound"]
    access: Literal["Allow", "Deny"]
    protocol: Literal["Tcp", "Udp", "Icmp", "*"]
    source: tuple[str, ...]
    destination: tuple[str, ...]
    destination_ports: tuple[str, ...]
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSecurityGroup:
    """Rules for subnets and interfaces; the default rules come from facts."""

    name: str
    rules: tuple[SecurityRule, ...]
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
class NetworkRule:
    """A firewall network rule: addresses or service tags or names, protocol and port."""

    name: str
    protocols: tuple[Literal["TCP", "UDP", "ICMP", "Any"], ...]
    sources: tuple[str, ...]
    destinations: tuple[str, ...] = ()
    destination_fqdns: tuple[str, ...] = ()
    ports: tuple[str, ...]
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationRule:
    """A firewall application rule: names on HTTP and HTTPS. `protocols` are pairs such as ("Https", 443)."""

    name: str
    protocols: tuple[tuple[Literal["Http", "Https", "Mssql"], int], ...]
    sources: tuple[str, ...]
    fqdns: tuple[str, ...]
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCollection:
    """Rules of one kind and one action; a lower priority is read first."""

    name: str
    priority: int
    action: Literal["Allow", "Deny"]
    rules: tuple[NetworkRule, ...] | tuple[ApplicationRule, ...]
    kind: Literal["network", "application"]
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCollectionGroup:
    """A group of rule collections of a firewall policy; a lower priority is read first."""

    name: str
    priority: int
    collections: tuple[RuleCollection, ...]
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Firewall:
    """An Azure Firewall in the AzureFirewallSubnet of `network`, with its policy."""

    name: str
    network: str
    private_ip: IPv4Address
    sku_tier: Literal["Basic", "Standard", "Premium"] = "Standard"
    dns_proxy: bool = False
    dns_servers: tuple[IPv4Address, ...] = ()
    threat_intelligence: Literal["Off", "Alert", "Deny"] = "Alert"
    rule_collection_groups: tuple[RuleCollectionGroup, ...] = ()
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A virtual network gateway in the GatewaySubnet of `network`."""

    name: str
    network: str
    kind: Literal["Vpn", "ExpressRoute"]
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Bastion:
    """An Azure Bastion in the AzureBastionSubnet of `network`."""

    name: str
    network: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class OnPremises:
    """A site behind a gateway: its prefixes, its name server, and what that server forwards or states itself.

    `forwarders` are pairs (suffix, server); `static_records` are pairs (name, address).
    """

    name: str
    address_space: tuple[IPv4Network, ...]
    gateway: str | None
    dns_server: IPv4Address
    forwarders: tuple[tuple[str, IPv4Address], ...] = ()
    static_records: tuple[tuple[str, IPv4Address], ...] = ()
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A virtual machine as a place: jump host, CI agent, source-control server, or another.

    `subnet` is `network/subnet` or, for a machine on-premises, the name of the site.
    """

    name: str
    purpose: Literal["jump-host", "ci-agent", "source-control", "database", "client", "other"]
    subnet: str
    private_ip: IPv4Address
    public_ip: bool = False
    network_security_group: str | None = None
    secrets_in_extension_settings: tuple[str, ...] = ()
    world_writable_paths: tuple[str, ...] = ()
    download_url: str | None = None
    download_sha256: str | None = None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateEndpoint:
    """A private endpoint in a subnet for one subresource of a service.

    `private_ips` has one address for each address that the subresource takes (a workspace takes three).
    `zones` is the private DNS zone group: the zones in which Azure writes the records. Empty: nobody writes them.
    """

    name: str
    subnet: str
    target: str
    subresource: str
    private_ips: tuple[IPv4Address, ...]
    approval: Literal["Approved", "Pending", "Rejected", "Disconnected"] = "Approved"
    zones: tuple[str, ...] = ()
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneLink:
    """A link of a private DNS zone to a virtual network; it decides who can ask the zone."""

    network: str
    nxdomain_redirect: bool = False
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateDnsZone:
    """A private DNS zone, its links, and records written by hand as pairs (relative name, address)."""

    name: str
    links: tuple[ZoneLink, ...]
    records: tuple[tuple[str, IPv4Address], ...] = ()
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageAccount:
    """A storage account; `network_default_action` binds only while public network access is on."""

    name: str
    public_network_access: bool = True
    network_default_action: Literal["Allow", "Deny"] = "Allow"
    allowed_subnets: tuple[str, ...] = ()
    allowed_prefixes: tuple[IPv4Network, ...] = ()
    shared_access_key: bool = True
    hierarchical_namespace: bool = False
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyVault:
    """A key vault."""

    name: str
    public_network_access: bool = True
    network_default_action: Literal["Allow", "Deny"] = "Allow"
    purge_protection: bool = False
    rbac_authorization: bool = False
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerRegistry:
    """A container registry."""

    name: str
    sku: Literal["Basic", "Standard", "Premium"] = "Premium"
    public_network_access: bool = True
    admin_user: bool = False
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """An Azure Machine Learning workspace and the services that it depends on."""

    name: str
    workspace_id: str
    public_network_access: bool = True
    managed_network: Literal["Disabled", "AllowInternetOutbound", "AllowOnlyApprovedOutbound"] = "Disabled"
    storage_account: str
    key_vault: str
    container_registry: str | None = None
    application_insights: str | None = None
    image_build_compute: str | None = None
    v1_legacy_mode: bool = False
    high_business_impact: bool = False
    identity: Literal["SystemAssigned", "UserAssigned"] = "SystemAssigned"
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Compute:
    """A compute instance or a compute cluster in a subnet. Idle time is in seconds."""

    name: str
    kind: Literal["instance", "cluster"]
    subnet: str | None
    private_ip: IPv4Address | None = None
    vm_size: str = "Standard_DS3_v2"
    node_public_ip: bool = True
    ssh_public_access: bool = False
    local_auth: bool = True
    identity: Literal["None", "SystemAssigned", "UserAssigned"] = "None"
    min_nodes: int = 0
    max_nodes: int = 1
    idle_seconds: int | None = None
    tier: Literal["Dedicated", "LowPriority"] = "Dedicated"
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """People with one platform role (admin, reader, approver); `members` are user names."""

    name: str
    role: str
    members: tuple[str, ...] = ()
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Everything that stands in one environment, each tuple sorted as its source has it."""

    name: str
    cloud: Cloud
    region: str
    networks: tuple[VirtualNetwork, ...] = ()
    peerings: tuple[Peering, ...] = ()
    network_security_groups: tuple[NetworkSecurityGroup, ...] = ()
    route_tables: tuple[RouteTable, ...] = ()
    firewalls: tuple[Firewall, ...] = ()
    gateways: tuple[Gateway, ...] = ()
    bastions: tuple[Bastion, ...] = ()
    on_premises: tuple[OnPremises, ...] = ()
    machines: tuple[Machine, ...] = ()
    private_endpoints: tuple[PrivateEndpoint, ...] = ()
    private_dns_zones: tuple[PrivateDnsZone, ...] = ()
    storage_accounts: tuple[StorageAccount, ...] = ()
    key_vaults: tuple[KeyVault, ...] = ()
    container_registries: tuple[ContainerRegistry, ...] = ()
    workspaces: tuple[Workspace, ...] = ()
    computes: tuple[Compute, ...] = ()
    groups: tuple[Group, ...] = ()
    intents: tuple[Intent, ...] = ()
    undeclared: tuple[tuple[str, Origin], ...] = field(default=())
    origin: Origin

    def network(self, name: str) -> VirtualNetwork | None:
        """The virtual network of that name, if there is one."""
        return next((network for network in self.networks if network.name == name), None)

    def subnet(self, reference: str) -> tuple[VirtualNetwork, Subnet] | None:
        """The network and subnet that a reference `network/subnet` names, if both are there."""
        network_name, _, subnet_name = reference.partition("/")
        network = self.network(network_name)
        for subnet in network.subnets if network else ():
            if network and subnet.name == subnet_name:
                return network, subnet
        return None

    def subnets(self) -> Iterator[tuple[VirtualNetwork, Subnet]]:
        """Every subnet with its network."""
        for network in self.networks:
            for subnet in network.subnets:
                yield network, subnet
