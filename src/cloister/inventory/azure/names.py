"""Name resolution: private DNS zones, the private resolver with its forwarding rulesets, and one's own name servers."""

from dataclasses import dataclass
from ipaddress import IPv4Address

from cloister.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneLink:
    """A link of a private DNS zone to a virtual network; it decides who can ask the zone.

    `registration`: the machines of the network are registered in the zone by their names.
    """

    network: str
    nxdomain_redirect: bool = False
    registration: bool = False
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateDnsZone:
    """A private DNS zone, its links, and records written by hand as pairs (relative name, address)."""

    name: str
    links: tuple[ZoneLink, ...]
    records: tuple[tuple[str, IPv4Address], ...] = ()
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundEndpoint:
    """An address of a private resolver, in a subnet of its own: it answers what Azure DNS of its network answers."""

    name: str
    subnet: str
    private_ip: IPv4Address
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundEndpoint:
    """The subnet in which the queries that a ruleset forwards leave."""

    name: str
    subnet: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsResolver:
    """A private resolver in `network`."""

    name: str
    network: str
    inbound_endpoints: tuple[InboundEndpoint, ...] = ()
    outbound_endpoints: tuple[OutboundEndpoint, ...] = ()
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardingRule:
    """Where queries for a suffix (`.` for all) go: to `targets`, pairs of address and port, in order."""

    name: str
    suffix: str
    targets: tuple[tuple[IPv4Address, int], ...]
    enabled: bool = True
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesetLink:
    """A link of a ruleset to a virtual network, whose Azure DNS then obeys its rules."""

    network: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardingRuleset:
    """A DNS forwarding ruleset. `outbound_endpoints` are named `resolver/endpoint`."""

    name: str
    outbound_endpoints: tuple[str, ...]
    rules: tuple[ForwardingRule, ...]
    links: tuple[RulesetLink, ...]
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class NameServer:
    """A name server of one's own on a machine: what it forwards, and what it states itself.

    `forwards` are pairs (suffix, servers in order). The suffix `.` is for all other names; where it is missing, what
    the server does with them is not known.
    """

    name: str
    machine: str
    forwards: tuple[tuple[str, tuple[IPv4Address, ...]], ...] = ()
    static_records: tuple[tuple[str, IPv4Address], ...] = ()
    origin: Origin
