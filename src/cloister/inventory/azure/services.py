"""The services that answer requests, and the private endpoints that lead to them."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Literal

from cloister.origin import Origin


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
    application_security_groups: tuple[str, ...] = ()
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
    """A key vault; `access_policies` are pairs (principal, what it may do with secrets), where roles do not decide."""

    name: str
    public_network_access: bool = True
    network_default_action: Literal["Allow", "Deny"] = "Allow"
    purge_protection: bool = False
    rbac_authorization: bool = False
    access_policies: tuple[tuple[str, tuple[str, ...]], ...] = ()
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerRegistry:
    """A container registry."""

    name: str
    sku: Literal["Basic", "Standard", "Premium"] = "Premium"
    public_network_access: bool = True
    admin_user: bool = False
    origin: Origin
