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
    """A storage account; `network_default_action` binds only while public network access is on.

    `bypass` lets in services that Microsoft trusts, `trusted_resources` single workspaces and services by their names;
    both hold even while public network access is off. `access_lists`: whether entries on the files of a data lake may
    let in somebody without a role; None where nobody says.
    """

    name: str
    public_network_access: bool = True
    network_default_action: Literal["Allow", "Deny"] = "Allow"
    allowed_subnets: tuple[str, ...] = ()
    allowed_prefixes: tuple[IPv4Network, ...] = ()
    bypass: Literal["AzureServices", "None"] = "AzureServices"
    trusted_resources: tuple[str, ...] = ()
    shared_access_key: bool = True
    hierarchical_namespace: bool = False
    access_lists: bool | None = None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyVault:
    """A key vault; `access_policies` are pairs (principal, what it may do with secrets), where roles do not decide."""

    name: str
    public_network_access: bool = True
    network_default_action: Literal["Allow", "Deny"] = "Allow"
    allowed_subnets: tuple[str, ...] = ()
    allowed_prefixes: tuple[IPv4Network, ...] = ()
    bypass: Literal["AzureServices", "None"] = "AzureServices"
    purge_protection: bool = False
    rbac_authorization: bool = False
    access_policies: tuple[tuple[str, tuple[str, ...]], ...] = ()
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerRegistry:
    """A container registry.

    `data_endpoints`: image layers come under a name of the registry's own. `agent_pool_subnet`: where its tasks run.
    `repository_permissions`: roles on its repositories decide, and those on all of the registry's images do not count.
    """

    name: str
    sku: Literal["Basic", "Standard", "Premium"] = "Premium"
    public_network_access: bool = True
    network_default_action: Literal["Allow", "Deny"] = "Allow"
    allowed_prefixes: tuple[IPv4Network, ...] = ()
    bypass: Literal["AzureServices", "None"] = "AzureServices"
    data_endpoints: bool = False
    anonymous_pull: bool = False
    agent_pool_subnet: str | None = None
    repository_permissions: bool = False
    admin_user: bool = False
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherService:
    """A service of one of the kinds of `facts/service_kinds.tsv`: a database, an event hub, a cluster of its own.

    `host_id` is the part of its host names that Azure gives. `subnets` are those in which its nodes stand, the first
    of them `NAME/nodes`. `access_mode` and `query_access_mode` are those of a private link scope, for what comes in
    and for questions; `scopes` those that a monitoring resource is in; `local_accounts` are a Kubernetes cluster's.
    """

    name: str
    kind: str
    host_id: str
    public_network_access: bool = True
    network_default_action: Literal["Allow", "Deny"] = "Allow"
    allowed_subnets: tuple[str, ...] = ()
    allowed_prefixes: tuple[IPv4Network, ...] = ()
    bypass: Literal["AzureServices", "None"] = "AzureServices"
    subnets: tuple[str, ...] = ()
    node_public_ip: bool = False
    access_mode: Literal["Open", "PrivateOnly"] | None = None
    query_access_mode: Literal["Open", "PrivateOnly"] | None = None
    scopes: tuple[str, ...] = ()
    identity: Literal["None", "SystemAssigned", "UserAssigned"] = "None"
    local_accounts: bool = True
    origin: Origin
