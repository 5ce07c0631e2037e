"""Azure Firewalls with their policies: groups of rule collections, read by kind of rule and then by priority."""

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Literal

from cloister.origin import Origin

Tier = Literal["Basic", "Standard", "Premium"]
Vigilance = Literal["Off", "Alert", "Deny"]
VIGILANCE: tuple[Vigilance, ...] = ("Off", "Alert", "Deny")
"""The modes of threat intelligence and intrusion detection, the strictest last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IpGroup:
    """Addresses under one name, for firewall rules: prefixes, single addresses, ranges such as `10.0.0.4-10.0.0.9`."""

    name: str
    addresses: tuple[str, ...]
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRule:
    """A firewall network rule: addresses or service tags or names, protocol and port."""

    name: str
    protocols: tuple[Literal["TCP", "UDP", "ICMP", "Any"], ...]
    sources: tuple[str, ...] = ()
    source_ip_groups: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    destination_ip_groups: tuple[str, ...] = ()
    destination_fqdns: tuple[str, ...] = ()
    ports: tuple[str, ...]
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationRule:
    """A firewall application rule: names on HTTP and HTTPS. `protocols` are pairs such as ("Https", 443).

    With `tls_inspection` the firewall opens the connection, reads the host and resolves it again.
    """

    name: str
    protocols: tuple[tuple[Literal["Http", "Https", "Mssql"], int], ...]
    sources: tuple[str, ...] = ()
    source_ip_groups: tuple[str, ...] = ()
    fqdns: tuple[str, ...] = ()
    fqdn_tags: tuple[str, ...] = ()
    web_categories: tuple[str, ...] = ()
    tls_inspection: bool = False
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class NatRule:
    """A firewall DNAT rule: a port of the firewall's address leads to a machine's. It allows what it translates.

    No `destination` means every public address of the firewall. One of `translated_address` and `translated_fqdn`.
    """

    name: str
    protocols: tuple[Literal["TCP", "UDP"], ...]
    sources: tuple[str, ...] = ()
    source_ip_groups: tuple[str, ...] = ()
    destination: IPv4Address | None = None
    ports: tuple[str, ...]
    translated_address: IPv4Address | None = None
    translated_fqdn: str | None = None
    translated_port: int
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCollection:
    """Rules of one kind and one action; a lower priority is read first."""

    name: str
    priority: int
    action: Literal["Allow", "Deny", "Dnat"]
    rules: tuple[NetworkRule, ...] | tuple[ApplicationRule, ...] | tuple[NatRule, ...]
    kind: Literal["network", "application", "nat"]
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCollectionGroup:
    """A group of rule collections of a firewall policy; a lower priority is read first."""

    name: str
    priority: int
    collections: tuple[RuleCollection, ...]
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class FirewallPolicy:
    """What one or several firewalls do. The rules of `base_policy` are read before its own, kind by kind.

    Towards `snat_private_ranges` network rules leave the source as it is; none stated means the private ranges of
    RFC 1918 and RFC 6598.
    """

    name: str
    base_policy: str | None = None
    sku_tier: Tier = "Standard"
    dns_proxy: bool = False
    dns_servers: tuple[IPv4Address, ...] = ()
    threat_intelligence: Vigilance = "Alert"
    threat_intelligence_allowlist: tuple[str, ...] = ()
    intrusion_detection: Vigilance = "Off"
    snat_private_ranges: tuple[str, ...] = ()
    explicit_proxy_ports: tuple[int, ...] = ()
    rule_collection_groups: tuple[RuleCollectionGroup, ...] = ()
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Firewall:
    """An Azure Firewall in the AzureFirewallSubnet of `network`.

    It names a policy, or it has one of its own: then the attributes from `dns_proxy` on say what that holds.
    """

    name: str
    network: str
    private_ip: IPv4Address
    public_ips: tuple[IPv4Address, ...] = ()
    policy: str | None = None
    sku_tier: Tier = "Standard"
    dns_proxy: bool = False
    dns_servers: tuple[IPv4Address, ...] = ()
    threat_intelligence: Vigilance = "Alert"
    threat_intelligence_allowlist: tuple[str, ...] = ()
    intrusion_detection: Vigilance = "Off"
    snat_private_ranges: tuple[str, ...] = ()
    explicit_proxy_ports: tuple[int, ...] = ()
    rule_collection_groups: tuple[RuleCollectionGroup, ...] = ()
    origin: Origin

    @property
    def own_policy(self) -> FirewallPolicy:
        """The policy that the firewall's own attributes describe; it bears the firewall's name."""
        return FirewallPolicy(
            name=self.name,
            sku_tier=self.sku_tier,
            dns_proxy=self.dns_proxy,
            dns_servers=self.dns_servers,
            threat_intelligence=self.threat_intelligence,
            threat_intelligence_allowlist=self.threat_intelligence_allowlist,
            intrusion_detection=self.intrusion_detection,
            snat_private_ranges=self.snat_private_ranges,
            explicit_proxy_ports=self.explicit_proxy_ports,
            rule_collection_groups=self.rule_collection_groups,
            origin=self.origin,
        )
