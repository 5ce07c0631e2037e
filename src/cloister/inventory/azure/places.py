"""Ways in and places of one's own: gateways, bastions, sites on-premises, machines."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Literal

from cloister.inventory.azure.firewalls import NetworkRule
from cloister.origin import Origin


@dataclass(frozen=True, slots=True)
class ProxyAddress:
    """Where a client sends its web requests: the address and port of a proxy."""

    address: IPv4Address
    port: int

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


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

    `advertised_prefixes` are what it announces by BGP, its address space where nothing is stated; `backup_gateway` is a
    second gateway that leads to it.
    `forwarders` are pairs (suffix, servers in order); `static_records` are pairs (name, address).
    """

    name: str
    address_space: tuple[IPv4Network, ...]
    gateway: str | None
    backup_gateway: str | None = None
    advertised_prefixes: tuple[IPv4Network, ...] = ()
    dns_server: IPv4Address
    forwarders: tuple[tuple[str, tuple[IPv4Address, ...]], ...] = ()
    static_records: tuple[tuple[str, IPv4Address], ...] = ()
    origin: Origin

    @property
    def gateways(self) -> tuple[str, ...]:
        """The gateways that lead to it."""
        return tuple(gateway for gateway in (self.gateway, self.backup_gateway) if gateway)

    @property
    def announced(self) -> tuple[IPv4Network, ...]:
        """The prefixes that its gateways learn from it."""
        return self.advertised_prefixes or self.address_space


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A virtual machine as a place: jump host, CI agent, source-control server, or another.

    `subnet` is `network/subnet` or, for a machine on-premises, the name of the site; that one has no managed identity.
    `public_ip` names one, or says whether there is one of which nothing more is known. With `ip_forwarding` it sends on
    what `forwards` lists, under its own address where it `translates_source`.
    `dns_servers` go before those of its network or site. `image` is the offer that its system comes from, such as
    ubuntu-24_04-lts. `password_authentication`: whether a password opens it, None
    where nobody says. `vm_agent` carries out extensions, where `extension_operations` are allowed.
    """

    name: str
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
    ]
    subnet: str
    private_ip: IPv4Address
    public_ip: bool | str = False
    ip_forwarding: bool | None = None
    forwards: tuple[NetworkRule, ...] = ()
    translates_source: bool = False
    network_security_group: str | None = None
    application_security_groups: tuple[str, ...] = ()
    proxy: ProxyAddress | None = None
    identity: Literal["None", "SystemAssigned", "UserAssigned"] = "SystemAssigned"
    dns_servers: tuple[IPv4Address, ...] = ()
    image: str | None = None
    password_authentication: bool | None = None
    encryption_at_host: bool = False
    managed_disks: bool = True
    vm_agent: bool = True
    extension_operations: bool = True
    secrets_in_extension_settings: tuple[str, ...] = ()
    world_writable_paths: tuple[str, ...] = ()
    download_url: str | None = None
    download_sha256: str | None = None
    origin: Origin
