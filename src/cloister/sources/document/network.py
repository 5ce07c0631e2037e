"""Networks, filters, routes, firewalls and the ways in: the part of the document that moves packets."""

from typing import Annotated, Literal

from pydantic import Field, StrictStr

from cloister.inventory.azure import PrivateEndpointPolicies
from cloister.inventory.azure.egress import Tool
from cloister.inventory.azure.filters import RuleProtocol
from cloister.sources.document.words import (
    PROTOCOL_PATTERN,
    Address,
    Addresses,
    AdminPriority,
    Block,
    HostName,
    HostNames,
    Name,
    PortNumber,
    Ports,
    Prefix,
    Priority,
    PrivateRange,
    Proxy,
    SecurityPriority,
    Span,
    Suffix,
    Text,
    Version,
    Where,
    Wheres,
    Yes,
    YesOrName,
)

Protocol = Annotated[StrictStr, Field(pattern=PROTOCOL_PATTERN)]


class SubnetBlock(Block):
    """A subnet of a virtual network."""

    prefix: Prefix = Field(description="Its address prefix. Azure keeps the first four addresses and the last.")
    network_security_group: Name | None = Field(None, description="Name under network_security_groups.")
    route_table: Name | None = Field(None, description="Name under route_tables.")
    nat_gateway: YesOrName = Field(
        default=False, description="Name under nat_gateways, or whether one of which nothing more is known lets it out."
    )
    default_outbound_access: Yes | None = Field(
        None,
        description="Whether Azure gives it a way out that nobody declared; what created_with gives if not stated.",
    )
    delegation: Text | None = Field(None, description="The service that it is delegated to.")
    service_endpoints: tuple[Text, ...] = Field((), description="Such as Microsoft.Storage.")
    service_endpoint_policies: tuple[Name, ...] = Field((), description="Names under service_endpoint_policies.")
    private_endpoint_network_policies: PrivateEndpointPolicies = Field(
        PrivateEndpointPolicies.DISABLED,
        description="Which of its filters and routes bind the private endpoints in it.",
    )


class PeeringBlock(Block):
    """One half of a peering, written in the network that owns it; traffic needs both halves."""

    allow_virtual_network_access: Yes = Field(
        default=True, description="Whether the two networks reach each other at all."
    )
    allow_forwarded_traffic: Yes = Field(
        default=False, description="Whether packets that did not start in the remote enter."
    )
    allow_gateway_transit: Yes = Field(default=False, description="Whether the remote may use this network's gateway.")
    use_remote_gateways: Yes = Field(default=False, description="Whether this network uses the remote's gateway.")
    peer_complete_virtual_networks_enabled: Yes = Field(
        default=True, description="Whether it joins the two networks whole, or only the subnets that are listed."
    )
    local_subnet_names: tuple[Name, ...] = Field((), description="The subnets of this network that it joins.")
    remote_subnet_names: tuple[Name, ...] = Field((), description="The subnets of the remote network that it joins.")


class NetworkBlock(Block):
    """A virtual network with its subnets and its halves of peerings."""

    resource_group: Name | None = Field(None, description="Its resource group; rg-NAME of the environment if not said.")
    address_space: tuple[Prefix, ...] = Field(min_length=1, description="The prefixes that its subnets are cut from.")
    dns_servers: tuple[Address, ...] = Field((), description="Name servers of its machines; none means Azure DNS.")
    created_with: Tool | None = Field(
        None, description="What it was created with: defaults differ. azurerm's are taken where nothing is stated."
    )
    api_version: Version | None = Field(
        None, description="The API version of the template that created it, or the day on which the portal did."
    )
    private_endpoint_vnet_policies: Literal["Basic", "Disabled"] | None = Field(
        None, description="Whether a route of type VnetLocal may take over the route of a private endpoint: Basic."
    )
    subnets: dict[Name, SubnetBlock] = Field(description="Its subnets by name.")
    peerings: dict[Name, PeeringBlock] = Field({}, description="Its halves of peerings, by the remote network's name.")


class SecurityRuleBlock(Block):
    """A rule of a network security group."""

    priority: SecurityPriority = Field(description="100 to 4096; the lowest that matches decides.")
    direction: Literal["Inbound", "Outbound"] = Field(description="Seen from the subnet or machine.")
    access: Literal["Allow", "Deny"] = Field(description="What happens to a packet that matches.")
    protocol: RuleProtocol = Field("Tcp", description="The protocol that it matches.")
    source: Wheres = Field(("*",), description="Prefixes, one service tag, or *.")
    source_ports: Ports = Field(("*",), description="Ports that it is sent from; clients choose theirs freely.")
    source_application_security_groups: tuple[Name, ...] = Field(
        (), description="Names under application_security_groups, instead of source."
    )
    destination: Wheres = Field(("*",), description="Prefixes, one service tag, or *.")
    destination_ports: Ports = Field(("*",), description="Ports such as 443, 80-90, *.")
    destination_application_security_groups: tuple[Name, ...] = Field(
        (), description="Names under application_security_groups, instead of destination."
    )


class NetworkSecurityGroupBlock(Block):
    """A filter for subnets and machines; Azure adds its default rules."""

    rules: dict[Name, SecurityRuleBlock] = Field({}, description="Its rules by name.")


class ApplicationSecurityGroupBlock(Block):
    """A set of interfaces under one name, which machines and private endpoints join."""


class NetworkGroupBlock(Block):
    """A network group of a Virtual Network Manager."""

    networks: tuple[Name, ...] = Field(description="Names under networks.")


class AdminRuleBlock(Block):
    """A security admin rule of a Virtual Network Manager."""

    priority: AdminPriority = Field(description="1 to 4096; the lowest that matches decides.")
    direction: Literal["Inbound", "Outbound"] = Field(description="Seen from the subnet or machine.")
    access: Literal["Allow", "Deny", "AlwaysAllow"] = Field(
        description="Allow hands on to the network security groups; Deny and AlwaysAllow end the reading."
    )
    protocol: RuleProtocol = Field("Tcp", description="The protocol that it matches.")
    source: Wheres = Field(("*",), description="Prefixes, service tags, or *.")
    source_ports: Ports = Field(("*",), description="Ports that it is sent from; clients choose theirs freely.")
    destination: Wheres = Field(("*",), description="Prefixes, service tags, or *.")
    destination_ports: Ports = Field(("*",), description="Ports such as 443, 80-90, *.")


class AdminRuleCollectionBlock(Block):
    """Security admin rules that a Virtual Network Manager deploys to networks; read before network security groups."""

    networks: tuple[Name, ...] = Field((), description="Names under networks.")
    network_groups: tuple[Name, ...] = Field((), description="Names under network_groups.")
    rules: dict[Name, AdminRuleBlock] = Field({}, description="Its rules by name.")


class RouteBlock(Block):
    """A user-defined route."""

    prefix: Where = Field(description="A prefix or a service tag.")
    next_hop_type: Literal["VirtualAppliance", "VirtualNetworkGateway", "VnetLocal", "Internet", "None"] = Field(
        description="Where matching packets go."
    )
    next_hop: Address | None = Field(None, description="The appliance's address, for VirtualAppliance only.")


class RouteTableBlock(Block):
    """User-defined routes for subnets."""

    bgp_route_propagation: Yes = Field(default=True, description="Whether routes of the gateway enter the subnet.")
    routes: dict[Name, RouteBlock] = Field({}, description="Its routes by name.")


class NetworkRuleBlock(Block):
    """A firewall rule on addresses, service tags or names, protocol and port."""

    protocols: tuple[Literal["TCP", "UDP", "ICMP", "Any"], ...] = Field(
        ("TCP",), description="Protocols that match; Any with a port means TCP and UDP."
    )
    sources: tuple[Where, ...] = Field((), min_length=1, description="Prefixes, or *.")
    source_ip_groups: tuple[Name, ...] = Field((), min_length=1, description="Names under ip_groups.")
    destinations: tuple[Where, ...] = Field((), min_length=1, description="Prefixes, service tags, or *.")
    destination_ip_groups: tuple[Name, ...] = Field((), min_length=1, description="Names under ip_groups.")
    destination_fqdns: tuple[HostNames, ...] = Field(
        (), description="Host names; they need the DNS proxy, no wildcards."
    )
    ports: Ports = Field(description="Ports such as 443, 80-90, *.")


class ApplicationRuleBlock(Block):
    """A firewall rule on host names over HTTP, HTTPS or MSSQL."""

    protocols: tuple[Protocol, ...] = Field(("Https:443",), description="Pairs such as Https:443.")
    sources: tuple[Where, ...] = Field((), min_length=1, description="Prefixes, or *.")
    source_ip_groups: tuple[Name, ...] = Field((), min_length=1, description="Names under ip_groups.")
    fqdns: tuple[HostNames, ...] = Field(
        (), min_length=1, description="Host names; a leading *. matches every name below."
    )
    fqdn_tags: tuple[Text, ...] = Field(
        (), description="Names that Microsoft keeps lists under, such as WindowsUpdate."
    )
    web_categories: tuple[Text, ...] = Field(
        (), min_length=1, description="Categories of sites; what they hold is not published."
    )
    tls_inspection: Yes = Field(
        default=False, description="Whether the firewall opens the connection and reads it; takes the Premium tier."
    )


class NatRuleBlock(Block):
    """A firewall rule that leads from a port of the firewall's address to a machine, and lets through what it leads."""

    protocols: tuple[Literal["TCP", "UDP"], ...] = Field(("TCP",), description="Protocols that match.")
    sources: tuple[Where, ...] = Field((), min_length=1, description="Prefixes, or *.")
    source_ip_groups: tuple[Name, ...] = Field((), min_length=1, description="Names under ip_groups.")
    destination: Address | None = Field(None, description="An address of the firewall; none means each public one.")
    ports: Ports = Field(description="Ports of the firewall that match.")
    translated_address: Address | None = Field(None, description="The machine's address.")
    translated_fqdn: HostName | None = Field(
        None, description="The machine's name instead, which the firewall resolves."
    )
    translated_port: PortNumber = Field(description="The machine's port.")


class NetworkCollectionBlock(Block):
    """Network rules with one action."""

    priority: Priority = Field(description="100 to 65000; the lowest is read first.")
    action: Literal["Allow", "Deny"] = Field(description="What happens to a packet that matches.")
    rules: dict[Name, NetworkRuleBlock] = Field({}, description="Its rules by name.")


class ApplicationCollectionBlock(Block):
    """Application rules with one action."""

    priority: Priority = Field(description="100 to 65000; the lowest is read first.")
    action: Literal["Allow", "Deny"] = Field(description="What happens to a request that matches.")
    rules: dict[Name, ApplicationRuleBlock] = Field({}, description="Its rules by name.")


class NatCollectionBlock(Block):
    """DNAT rules."""

    priority: Priority = Field(description="100 to 65000; the lowest is read first.")
    rules: dict[Name, NatRuleBlock] = Field({}, description="Its rules by name.")


class CollectionGroupBlock(Block):
    """Rule collections of a firewall policy; of all groups, DNAT is read first, then network, then application."""

    priority: Priority = Field(description="100 to 65000; the lowest is read first.")
    nat_rule_collections: dict[Name, NatCollectionBlock] = Field({}, description="By name.")
    network_rule_collections: dict[Name, NetworkCollectionBlock] = Field({}, description="By name.")
    application_rule_collections: dict[Name, ApplicationCollectionBlock] = Field({}, description="By name.")


class PolicySettings(Block):
    """What a firewall policy holds, stated in one of its own or in the firewall itself."""

    sku_tier: Literal["Basic", "Standard", "Premium"] = Field("Standard", description="What it can and what it costs.")
    dns_proxy: Yes = Field(default=False, description="Whether it answers name queries for the networks.")
    dns_servers: tuple[Address, ...] = Field((), description="Where it asks; none means Azure DNS of its network.")
    threat_intelligence: Literal["Off", "Alert", "Deny"] = Field(
        "Alert", description="Its mode, read before all rules."
    )
    threat_intelligence_allowlist: tuple[Span | HostNames, ...] = Field(
        (), description="Addresses and host names that are never taken for threats."
    )
    intrusion_detection: Literal["Off", "Alert", "Deny"] = Field(
        "Off", description="Whether it looks into what rules allow; takes the Premium tier."
    )
    snat_private_ranges: tuple[PrivateRange, ...] = Field(
        (),
        description="Towards these, network rules keep the source's address; none means IANAPrivateRanges. "
        "255.255.255.255/32 means never to keep it, 0.0.0.0/0 always.",
    )
    explicit_proxy_ports: tuple[PortNumber, ...] = Field((), description="Ports on which clients may name it as proxy.")
    rule_collection_groups: dict[Name, CollectionGroupBlock] = Field({}, description="By name.")


class _FirewallPlace(Block):
    network: Name = Field(description="Name under networks.")
    private_ip: Address = Field(
        description="Its address in AzureFirewallSubnet; the first free one is what Azure takes."
    )
    public_ips: tuple[Address, ...] = Field((), description="Its public addresses, where they are known.")
    policy: Name | None = Field(
        None, description="Name under firewall_policies; none means that what follows is its own policy."
    )


class FirewallBlock(PolicySettings, _FirewallPlace):
    """An Azure Firewall with its policy, in the subnet AzureFirewallSubnet of its network."""


class FirewallPolicyBlock(PolicySettings):
    """A firewall policy that one or several firewalls share, or that others build on."""

    base_policy: Name | None = Field(None, description="Name under firewall_policies, whose rules are read first.")


class IpGroupBlock(Block):
    """Addresses under one name, for firewall rules."""

    addresses: tuple[Span, ...] = Field(description="Prefixes, addresses, ranges such as 10.0.0.4-10.0.0.9.")


class ServiceEndpointPolicyBlock(Block):
    """What a subnet lets through over its service endpoint to storage; everything else of storage is refused there."""

    service_resources: tuple[Text, ...] = Field(
        min_length=1,
        description="Storage accounts by name or id; resource groups and subscriptions by id; aliases such as "
        "/services/Azure/MachineLearning.",
    )


class PublicIpBlock(Block):
    """A public address, for a machine, a NAT gateway or a load balancer."""

    sku: Literal["Basic", "Standard"] = Field("Standard", description="Basic is open to the internet by default.")
    ip_address: Address | None = Field(None, description="The address, where it is known.")


class NatGatewayBlock(Block):
    """A NAT gateway, for subnets that name it."""

    public_ips: tuple[Name, ...] = Field((), description="Names under public_ips: what its callers show.")


class GatewayBlock(Block):
    """A virtual network gateway, in the subnet GatewaySubnet of its network."""

    network: Name = Field(description="Name under networks.")
    kind: Literal["Vpn", "ExpressRoute"] = Field("Vpn", description="What carries the connection.")


class BastionBlock(Block):
    """An Azure Bastion, in the subnet AzureBastionSubnet of its network."""

    network: Name = Field(description="Name under networks.")


class OnPremisesBlock(Block):
    """A site of one's own behind a gateway, with its name server."""

    address_space: tuple[Prefix, ...] = Field(min_length=1, description="The prefixes of the site.")
    gateway: Name | None = Field(None, description="Name under gateways; none means that nothing connects the site.")
    backup_gateway: Name | None = Field(None, description="A second gateway that leads to it. ExpressRoute goes first.")
    advertised_prefixes: tuple[Prefix, ...] = Field(
        (), description="What it announces by BGP, 0.0.0.0/0 for forced tunnelling; none means its address_space."
    )
    dns_server: Address = Field(description="The name server that its machines ask.")
    conditional_forwarders: dict[Suffix, Addresses] = Field(
        {},
        description="Suffix to servers in order; . for all other names, which it asks for publicly if not stated. "
        "Forward public suffixes such as blob.core.windows.net, not privatelink ones.",
    )
    static_records: dict[HostNames, Address] = Field(
        {}, description="Host name to address, kept by hand on that server."
    )


class MachineBlock(Block):
    """A virtual machine, or a computer on-premises, as a place."""

    purpose: Literal[
        "jump-host",
        "ci-agent",
        "source-control",
        "database",
        "integration-runtime",
        "bi-gateway",
        "governance-scanner",
        "attached-compute",
        "client",
        "other",
    ] = Field(description="What people use it for.")
    subnet: Text = Field(description="network/subnet, or the name of a site under on_premises.")
    private_ip: Address = Field(description="Its address.")
    public_ip: YesOrName = Field(
        default=False, description="Name under public_ips, or whether it has one of which nothing more is known."
    )
    ip_forwarding: Yes | None = Field(
        None, description="Whether its interface lets it send on packets that are meant for others."
    )
    forwards: dict[Name, NetworkRuleBlock] = Field({}, description="What it sends on; nothing else goes through it.")
    translates_source: Yes = Field(default=False, description="Whether it sends on under its own address.")
    proxy: Proxy | None = Field(None, description="Where its web requests go first, such as 10.20.0.4:8080.")
    network_security_group: Name | None = Field(None, description="A filter at its interface.")
    application_security_groups: tuple[Name, ...] = Field((), description="The sets that its interface belongs to.")
    identity: Literal["None", "SystemAssigned", "UserAssigned"] = Field(
        "SystemAssigned", description="Its managed identity; a machine on-premises has none."
    )
    dns_servers: tuple[Address, ...] = Field((), description="Name servers of its own, before its network's.")
    image: Text | None = Field(None, description="The offer that its system comes from, such as ubuntu-24_04-lts.")
    password_authentication: Yes | None = Field(None, description="Whether a password opens it, beside keys.")
    encryption_at_host: Yes = Field(default=False, description="Whether temporary disks and caches are encrypted.")
    managed_disks: Yes = Field(default=True, description="Whether Azure keeps its disks, and no storage account does.")
    vm_agent: Yes = Field(default=True, description="Whether the agent that carries out extensions is installed.")
    extension_operations: Yes = Field(default=True, description="Whether extensions may be installed.")
    secrets_in_extension_settings: tuple[Text, ...] = Field((), description="Secrets that its settings carry openly.")
    world_writable_paths: tuple[Text, ...] = Field((), description="Folders that every local user may write to.")
    download_url: Text | None = Field(None, description="Where its agent software comes from.")
    download_sha256: Text | None = Field(None, description="The checksum that the download is held against.")
