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
    `sas_expiration` is the longest that a signature made with an account key should hold: `days.hours:minutes:seconds`.
    `customer_managed_key` names the key that its data is encrypted with, Microsoft's own where none is stated.
    """

    name: str
    location: str | None = None
    public_network_access: bool = True
    network_default_action: Literal["Allow", "Deny"] = "Allow"
    allowed_subnets: tuple[str, ...] = ()
    allowed_prefixes: tuple[IPv4Network, ...] = ()
    bypass: Literal["AzureServices", "None"] = "AzureServices"
    trusted_resources: tuple[str, ...] = ()
    shared_access_key: bool = True
    account_replication_type: Literal["LRS", "ZRS", "GRS", "RAGRS", "GZRS", "RAGZRS"] | None = None
    hierarchical_namespace: bool = False
    access_lists: bool | None = None
    https_traffic_only: bool = True
    min_tls_version: Literal["TLS1_0", "TLS1_1", "TLS1_2", "TLS1_3"] = "TLS1_2"
    allow_nested_items_to_be_public: bool = False
    local_users: bool = True
    sas_expiration: str | None = None
    blob_delete_retention_days: int | None = None
    container_delete_retention_days: int | None = None
    versioning: bool = False
    infrastructure_encryption: bool = False
    customer_managed_key: str | None = None
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
    soft_delete_retention_days: int = 90
    rbac_authorization: bool = False
    access_policies: tuple[tuple[str, tuple[str, ...]], ...] = ()
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key with which others encrypt. `vault` is the vault that holds it, none where that is not described.

    `rotation` is the age at which the vault makes a new version by itself, as an ISO 8601 duration.
    """

    name: str
    vault: str | None = None
    rotation: str | None = None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerRegistry:
    """A container registry.

    `trust_policy`: content trust, which only signed images pass. `quarantine_policy`: an image waits until it is
    scanned. `retention_days`: how long untagged manifests stay, for ever where nothing is stated. `replications` are
    the further regions that hold its images.
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
    trust_policy: bool = False
    quarantine_policy: bool = False
    retention_days: int | None = None
    replications: tuple[str, ...] = ()
    customer_managed_key: str | None = None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesSettings:
    """What a Kubernetes cluster of Azure is set to beside what every service has; its pool is the default one.

    `upgrades` is the channel by which it is upgraded, `secrets_rotation` whether secrets that are mounted from a vault
    follow it. `outbound_type` says who makes the way out of its nodes; `userDefinedRouting`: the routes of the subnet.
    """

    role_based_access_control: bool = True
    network_policy: Literal["none", "azure", "calico", "cilium"] = "none"
    azure_policy: bool = False
    dashboard: bool = False
    monitoring: bool = False
    secrets_rotation: bool = False
    upgrades: Literal["none", "patch", "stable", "rapid", "node-image"] = "none"
    sku_tier: Literal["Free", "Standard", "Premium"] = "Free"
    outbound_type: Literal[
        "loadBalancer", "userDefinedRouting", "managedNATGateway", "userAssignedNATGateway", "none"
    ] = "loadBalancer"
    pool_type: Literal["VirtualMachineScaleSets", "AvailabilitySet", "VirtualMachines"] = "VirtualMachineScaleSets"
    max_pods: int | None = None
    os_disk_type: Literal["Managed", "Ephemeral"] | None = None
    only_critical_addons: bool = False
    encryption_at_host: bool = False
    zones: tuple[str, ...] = ()
    auto_scaling: bool = False
    disk_encryption_key: str | None = None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherService:
    """A service of one of the kinds of `facts/service_kinds.tsv`: a database, an event hub, a cluster of its own.

    `host_id` is the part of its host names that Azure gives. `subnets` are those in which its nodes stand, the first
    of them `NAME/nodes`. `access_mode` and `query_access_mode` are those of a private link scope, for what comes in
    and for questions; `scopes` those that a monitoring resource is in; `local_accounts` and `kubernetes` are those of a
    Kubernetes cluster.
    """

    name: str
    location: str | None = None
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
    kubernetes: KubernetesSettings | None = None
    origin: Origin
