"""Azure Firewalls with their policies."""

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Literal

from cloister.origin import Origin


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
