"""Private DNS zones with their links and records."""

from dataclasses import dataclass
from ipaddress import IPv4Address

from cloister.origin import Origin


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
