"""What Azure demands of subnets: names with a meaning, sizes, reserved addresses.

Sources, read 2026-11-22 as stored copies of learn.microsoft.com:
- /azure/virtual-network/virtual-networks-faq: five addresses of a subnet are reserved; /29 is the smallest subnet.
- /azure/firewall/firewall-faq: AzureFirewallSubnet is /26 or larger.
- /azure/bastion/configuration-settings#subnet: AzureBastionSubnet is /26 or larger.
- /azure/vpn-gateway/vpn-gateway-about-vpn-gateway-settings#gwsub: GatewaySubnet is /29 or larger, /27 recommended.
- /azure/dns/dns-private-resolver-overview#subnet-restrictions (read 2026-11-25): an endpoint of a private resolver has
  a subnet of its own, /28 to /24, delegated to it.
"""

from dataclasses import dataclass

ROUTES_FOR_TAGS = 25
"""Routes for service tags in one table: virtual-networks-udr-overview, read 2026-11-22."""
SUBNETS_OF_A_PEERING = 200
"""Subnets of both sides in one subnet peering: how-to-configure-subnet-peering (2024-12-03), read 2026-11-25."""
RESERVED_AT_START = 4
RESERVED_AT_END = 1
LONGEST_PREFIX = 29


@dataclass(frozen=True, slots=True)
class NamedSubnet:
    """A subnet that a service looks for by its name. `takes_filter`: whether a filter may stand on it."""

    name: str
    longest_prefix: int
    takes_filter: bool
    source: str


NAMED_SUBNETS: dict[str, NamedSubnet] = {
    subnet.name: subnet
    for subnet in (
        NamedSubnet("AzureFirewallSubnet", 26, takes_filter=False, source="/azure/firewall/firewall-faq"),
        NamedSubnet("AzureFirewallManagementSubnet", 26, takes_filter=False, source="/azure/firewall/forced-tunneling"),
        NamedSubnet("AzureBastionSubnet", 26, takes_filter=True, source="/azure/bastion/configuration-settings#subnet"),
        NamedSubnet(
            "GatewaySubnet",
            29,
            takes_filter=False,
            source="/azure/vpn-gateway/vpn-gateway-about-vpn-gateway-settings#gwsub",
        ),
    )
}
ADMIN_RULES_SPARE = (
    "AzureFirewallSubnet",
    "AzureFirewallManagementSubnet",
    "AzureBastionSubnet",
    "GatewaySubnet",
    "RouteServerSubnet",
)
"""Subnets that admin rules of a Virtual Network Manager do not bind: concept-security-admins, read 2026-11-25."""
RESOLVER_DELEGATION = "Microsoft.Network/dnsResolvers"
RESOLVER_SHORTEST_PREFIX = 24
RESOLVER_LONGEST_PREFIX = 28
GATEWAY_RECOMMENDED_PREFIX = 27
FIREWALL_SUBNET = "AzureFirewallSubnet"
BASTION_SUBNET = "AzureBastionSubnet"
GATEWAY_SUBNET = "GatewaySubnet"
