"""Private endpoints, zones, and the services behind them: the part of the document that answers requests."""

from typing import Annotated, Literal, Self

from pydantic import Field, StrictInt, StrictStr, model_validator

from cloister.facts.service_kinds import service_kinds
from cloister.sources.document.words import (
    DURATION_PATTERN,
    ID_PATTERN,
    REGION_PATTERN,
    SPAN_PATTERN,
    TAG_PATTERN,
    Address,
    Block,
    Count,
    HostName,
    HostNames,
    Name,
    Ports,
    Prefix,
    Proxy,
    Text,
    Yes,
    refusal,
)

SecretPermission = Literal["get", "list", "set", "delete", "recover", "backup", "restore", "purge"]


class PrivateEndpointBlock(Block):
    """A private endpoint for one subresource of a service."""

    subnet: Text = Field(description="network/subnet.")
    target: Name = Field(
        description="Name of a workspace, storage account, key vault, container registry or another service."
    )
    subresource: Text = Field(description="amlworkspace, blob, file, queue, table, dfs, web, vault, registry ...")
    private_ips: tuple[Address, ...] = Field(
        min_length=1,
        description="Its addresses: three for a workspace (API, notebooks, inference), two for a registry (registry, "
        "data), one for the others.",
    )
    approval: Literal["Approved", "Pending", "Rejected", "Disconnected"] = Field(
        "Approved", description="The connection's state; only an approved one carries traffic."
    )
    zones: tuple[HostName, ...] = Field((), description="The zone group: names under private_dns_zones.")
    application_security_groups: tuple[Name, ...] = Field((), description="The sets that its interface belongs to.")


class ZoneLinkBlock(Block):
    """A link of a private DNS zone to a virtual network."""

    nxdomain_redirect: Yes = Field(
        default=False, description="Whether a missing name is asked for publicly; only for zones of private link."
    )
    registration: Yes = Field(default=False, description="Whether the network's machines are registered in the zone.")


class PrivateDnsZoneBlock(Block):
    """A private DNS zone; only networks that are linked can ask it."""

    links: dict[Name, ZoneLinkBlock] = Field({}, description="Its links by the name of the network.")
    records: dict[HostNames, Address] = Field({}, description="Records kept by hand: relative name to address.")


Bypass = Literal["AzureServices", "None"]
_BYPASS = "AzureServices: services that Microsoft trusts come in, even while public access is off."


_KEY = "Name under keys: what its data is encrypted with; Microsoft's own key if not stated."
RetentionDays = Annotated[StrictInt, Field(ge=1, le=365)]


class StorageAccountBlock(Block):
    """A storage account."""

    name: Name | None = Field(None, description="Its name in Azure, where that must be unique; the key if not stated.")
    location: Text | None = Field(None, description="Its region, where that is not the environment's.")
    public_network_access: Yes = Field(default=True, description="Whether its public addresses answer at all.")
    network_default_action: Literal["Allow", "Deny"] = Field("Allow", description="For public callers not listed.")
    allowed_subnets: tuple[Text, ...] = Field((), description="network/subnet of callers with a service endpoint.")
    allowed_prefixes: tuple[Prefix, ...] = Field((), description="Public prefixes of callers.")
    bypass: Bypass = Field("AzureServices", description=_BYPASS)
    trusted_resources: tuple[Name, ...] = Field(
        (), description="Workspaces and services by name that come in whatever else is set (resource access rules)."
    )
    shared_access_key: Yes = Field(default=True, description="Whether account keys and SAS tokens open it.")
    account_replication_type: Literal["LRS", "ZRS", "GRS", "RAGRS", "GZRS", "RAGZRS"] | None = Field(
        None, description="Where copies of its data lie: in one place, in zones (Z), in a second region (G)."
    )
    hierarchical_namespace: Yes = Field(default=False, description="Whether it is a data lake.")
    access_lists: Yes | None = Field(
        None,
        description="Of a data lake: whether entries on its files may let in somebody without a role. Not stated, a "
        "missing role is no refusal.",
    )
    https_traffic_only: Yes = Field(default=True, description="Whether it refuses what is not encrypted.")
    min_tls_version: Literal["TLS1_0", "TLS1_1", "TLS1_2", "TLS1_3"] = Field(
        "TLS1_2", description="The oldest version of TLS that it takes."
    )
    allow_nested_items_to_be_public: Yes = Field(
        default=False, description="Whether a container may be opened to everyone without a login."
    )
    local_users: Yes = Field(default=True, description="Whether accounts of its own may open it, over SFTP.")
    sas_expiration: Annotated[StrictStr, Field(pattern=SPAN_PATTERN)] | None = Field(
        None, description="The longest that a signature made with an account key should hold, such as 01.00:00:00."
    )
    blob_delete_retention_days: RetentionDays | None = Field(None, description="Days that deleted blobs stay.")
    container_delete_retention_days: RetentionDays | None = Field(
        None, description="Days that deleted containers stay."
    )
    versioning: Yes = Field(default=False, description="Whether the versions before a change stay.")
    infrastructure_encryption: Yes = Field(default=False, description="Whether data is encrypted twice.")
    customer_managed_key: Name | None = Field(None, description=_KEY)


class KeyVaultBlock(Block):
    """A key vault."""

    name: Name | None = Field(None, description="Its name in Azure, where that must be unique; the key if not stated.")
    public_network_access: Yes = Field(default=True, description="Whether its public address answers at all.")
    network_default_action: Literal["Allow", "Deny"] = Field("Allow", description="For public callers not listed.")
    allowed_subnets: tuple[Text, ...] = Field((), description="network/subnet of callers with a service endpoint.")
    allowed_prefixes: tuple[Prefix, ...] = Field((), description="Public prefixes of callers.")
    bypass: Bypass = Field("AzureServices", description=_BYPASS)
    purge_protection: Yes = Field(default=False, description="Whether deleted secrets stay recoverable.")
    soft_delete_retention_days: Annotated[StrictInt, Field(ge=7, le=90)] = Field(
        90, description="Days that deleted secrets stay."
    )
    rbac_authorization: Yes = Field(default=False, description="Whether roles decide, instead of access policies.")
    access_policies: dict[Text, tuple[SecretPermission, ...]] = Field(
        {},
        description="Where roles do not decide: principal (user:NAME, group:NAME ...) to what it may do with secrets.",
    )


class KeyBlock(Block):
    """A key with which others encrypt what they keep."""

    vault: Name | None = Field(None, description="Name under key_vaults; none if it lies in one that is not described.")
    rotation: Annotated[StrictStr, Field(pattern=DURATION_PATTERN)] | None = Field(
        None, description="The age at which the vault makes a new version by itself, such as P90D."
    )


class ContainerRegistryBlock(Block):
    """A container registry."""

    name: Name | None = Field(None, description="Its name in Azure, where that must be unique; the key if not stated.")
    sku: Literal["Basic", "Standard", "Premium"] = Field("Premium", description="Private endpoints need Premium.")
    public_network_access: Yes = Field(default=True, description="Whether its public address answers at all.")
    network_default_action: Literal["Allow", "Deny"] = Field("Allow", description="For public callers not listed.")
    allowed_prefixes: tuple[Prefix, ...] = Field((), description="Public prefixes of callers.")
    bypass: Bypass = Field("AzureServices", description=_BYPASS)
    data_endpoints: Yes = Field(default=False, description="Whether image layers come under a name of its own.")
    anonymous_pull: Yes = Field(default=False, description="Whether images are pulled without a login.")
    agent_pool_subnet: Text | None = Field(None, description="network/subnet in which its tasks run.")
    repository_permissions: Yes = Field(
        default=False,
        description="Whether roles on single repositories decide (ABAC); AcrPull and AcrPush do not count then.",
    )
    admin_user: Yes = Field(default=False, description="Whether one shared password opens it.")
    trust_policy: Yes = Field(default=False, description="Whether it has content trust, for signed images.")
    quarantine_policy: Yes = Field(default=False, description="Whether an image waits until it has been scanned.")
    retention_days: Annotated[StrictInt, Field(ge=0, le=365)] | None = Field(
        None, description="Days that untagged manifests stay; for ever if not stated."
    )
    replications: tuple[Annotated[str, Field(pattern=REGION_PATTERN)], ...] = Field(
        (), description="Further regions that hold its images."
    )
    customer_managed_key: Name | None = Field(None, description=_KEY)


class KubernetesBlock(Block):
    """What a Kubernetes cluster of Azure is set to; its pool is the default one."""

    role_based_access_control: Yes = Field(default=True, description="Whether its own roles decide who may do what.")
    network_policy: Literal["none", "azure", "calico", "cilium"] = Field(
        "none", description="What separates its pods from each other."
    )
    azure_policy: Yes = Field(default=False, description="Whether Azure Policy binds what runs on it.")
    dashboard: Yes = Field(default=False, description="Whether it has the retired dashboard.")
    monitoring: Yes = Field(default=False, description="Whether its logs go to Azure Monitor.")
    secrets_rotation: Yes = Field(default=False, description="Whether mounted secrets follow their vault.")
    upgrades: Literal["none", "patch", "stable", "rapid", "node-image"] = Field(
        "none", description="The channel by which it is upgraded."
    )
    sku_tier: Literal["Free", "Standard", "Premium"] = Field("Free", description="Free has no service level.")
    outbound_type: Literal[
        "loadBalancer", "userDefinedRouting", "managedNATGateway", "userAssignedNATGateway", "none"
    ] = Field("loadBalancer", description="Who makes the way out of its nodes.")
    pool_type: Literal["VirtualMachineScaleSets", "AvailabilitySet", "VirtualMachines"] = Field(
        "VirtualMachineScaleSets", description="What its nodes are."
    )
    max_pods: Count | None = Field(None, description="Pods on a node at most.")
    os_disk_type: Literal["Managed", "Ephemeral"] | None = Field(None, description="Where its nodes' system lies.")
    only_critical_addons: Yes = Field(default=False, description="Whether its pool takes nothing but system pods.")
    encryption_at_host: Yes = Field(default=False, description="Whether temporary disks and caches are encrypted.")
    zones: tuple[Literal["1", "2", "3"], ...] = Field((), description="The availability zones of its nodes.")
    auto_scaling: Yes = Field(default=False, description="Whether nodes come and go with the load.")
    disk_encryption_key: Name | None = Field(
        None, description="Name under keys: what the disks are encrypted with; Microsoft's own key if not stated."
    )


class OtherServiceBlock(Block):
    """A service of another kind: a database, an event hub, a cluster with nodes of its own. Facts know its doors."""

    name: Name | None = Field(None, description="Its name in Azure, where that must be unique; the key if not stated.")
    location: Text | None = Field(None, description="Its region, where that is not the environment's.")
    kind: Text = Field(description=f"{', '.join(list(service_kinds())[:-1])} or {list(service_kinds())[-1]}.")
    host_id: Text | None = Field(
        None, description="The part of its host names that Azure gives, where they have one; a stand-in if not stated."
    )
    public_network_access: Yes = Field(default=True, description="Whether its public address answers at all.")
    network_default_action: Literal["Allow", "Deny"] = Field("Allow", description="For public callers not listed.")
    allowed_subnets: tuple[Text, ...] = Field((), description="network/subnet of callers with a service endpoint.")
    allowed_prefixes: tuple[Prefix, ...] = Field((), description="Public prefixes of callers.")
    bypass: Bypass = Field("AzureServices", description=_BYPASS)
    subnets: tuple[Text, ...] = Field((), description="network/subnet of its nodes, which are the place NAME/nodes.")
    node_public_ip: Yes = Field(default=False, description="Whether each node has a public address.")
    access_mode: Literal["Open", "PrivateOnly"] | None = Field(
        None,
        description="Of a monitor scope: whether data may come in to every monitoring resource, or to its own only.",
    )
    query_access_mode: Literal["Open", "PrivateOnly"] | None = Field(
        None, description="The same of a monitor scope for questions."
    )
    scopes: tuple[Name, ...] = Field((), description="Of Application Insights: the monitor scopes that it is in.")
    identity: Literal["None", "SystemAssigned", "UserAssigned"] | None = Field(
        None, description="Its managed identity; what its kind has of itself if not stated."
    )
    local_accounts: Yes = Field(
        default=True, description="Of a Kubernetes cluster: whether its own admin account opens it, beside Entra ID."
    )
    kubernetes: KubernetesBlock | None = Field(None, description="What a Kubernetes cluster is set to.")


_NEEDED = {"PrivateEndpoint": ("target", "subresource"), "ServiceTag": ("service_tag",), "FQDN": ("fqdn",)}
_TYPE_OF = {key: kind for kind, keys in _NEEDED.items() for key in keys}


class OutboundRuleBlock(Block):
    """An outbound rule of the network that Azure manages for a workspace; its type says which keys it takes."""

    type: Literal["PrivateEndpoint", "ServiceTag", "FQDN"] = Field(
        description="PrivateEndpoint works in both modes, the others in AllowOnlyApprovedOutbound only."
    )
    target: Name | None = Field(None, description="PrivateEndpoint: name of a service of this environment.")
    subresource: Text | None = Field(None, description="PrivateEndpoint: blob, file, vault, registry ...")
    approval: Literal["Approved", "Pending", "Rejected", "Disconnected"] = Field(
        "Approved", description="PrivateEndpoint: the connection's state; only an approved one carries traffic."
    )
    service_tag: Annotated[StrictStr, Field(pattern=TAG_PATTERN)] | None = Field(
        None, description="ServiceTag: such as AzureMonitor or Storage.westeurope."
    )
    protocol: Literal["TCP", "UDP", "ICMP", "*"] = Field("TCP", description="ServiceTag: the protocol.")
    ports: Ports = Field(("443",), description="ServiceTag: the ports.")
    fqdn: HostNames | None = Field(
        None, description="FQDN: a host name on ports 80 and 443; never one of a storage account."
    )

    @model_validator(mode="after")
    def _keys_of_its_type(self) -> Self:
        for key in _NEEDED[self.type]:
            if getattr(self, key) is None:
                reason = f"is of type {self.type} and has no {key}"
                raise refusal(reason, f"add {key}")
        for key, kind in _TYPE_OF.items():
            if kind != self.type and getattr(self, key) is not None:
                reason = f"is of type {self.type} and has {key}"
                raise refusal(reason, f"remove {key}, or write type: {kind}")
        return self


class WorkspaceBlock(Block):
    """An Azure Machine Learning workspace and the services that it depends on."""

    name: Name | None = Field(None, description="Its name in Azure, where that must be unique; the key if not stated.")
    location: Text | None = Field(None, description="Its region, where that is not the environment's.")
    workspace_id: Annotated[str, Field(pattern=ID_PATTERN)] | None = Field(
        None, description="Its id, part of its host names; Cloister fills in a stand-in until Azure gives one."
    )
    public_network_access: Yes = Field(default=True, description="Whether its public address answers at all.")
    managed_network: Literal["Disabled", "AllowInternetOutbound", "AllowOnlyApprovedOutbound"] = Field(
        "Disabled", description="Whether Azure manages a network for its computes, and how open it is."
    )
    managed_network_kind: Literal["V1", "V2"] = Field("V1", description="Its generation, as Azure calls it.")
    managed_network_provisioned: Yes = Field(
        default=True,
        description="Whether its private endpoints stand: Azure makes them with the first compute, or when asked to.",
    )
    managed_network_spark: Yes = Field(
        default=False, description="Whether it was provisioned for serverless Spark as well."
    )
    managed_network_firewall_sku: Literal["Standard", "Basic"] = Field(
        "Standard", description="The firewall that the first rule of type FQDN brings, and its price."
    )
    outbound_rules: dict[Name, OutboundRuleBlock] = Field({}, description="What its managed network lets out, by name.")
    serverless_subnet: Text | None = Field(
        None, description="network/subnet of serverless jobs, where Azure manages no network."
    )
    storage_account: Name = Field(description="Name under storage_accounts.")
    key_vault: Name = Field(description="Name under key_vaults.")
    container_registry: Name | None = Field(None, description="Name under container_registries.")
    application_insights: Text | None = Field(None, description="Its Application Insights.")
    image_build_compute: Name | None = Field(None, description="Name under computes; a private registry needs one.")
    v1_legacy_mode: Yes = Field(
        default=False, description="Whether the v2 API, which uses Resource Manager, is switched off."
    )
    high_business_impact: Yes = Field(default=False, description="Whether less is reported to Microsoft.")
    identity: Literal["SystemAssigned", "UserAssigned"] = Field("SystemAssigned", description="Its managed identity.")
    customer_managed_key: Name | None = Field(None, description=_KEY)
    loops: tuple[Literal["inner", "middle", "outer"], ...] = Field(
        (), description="The loops of model development that run in it; all where none is stated."
    )


class ComputeBlock(Block):
    """A compute instance or a compute cluster."""

    kind: Literal["instance", "cluster"] = Field(description="One machine of a person, or nodes for jobs.")
    workspace: Name | None = Field(None, description="Name under workspaces; needed where there are several.")
    location: Text | None = Field(None, description="Its region, where that is not the environment's.")
    subnet: Text | None = Field(
        None, description="network/subnet; none means the network that Azure keeps for its workspace."
    )
    private_ip: Address | None = Field(None, description="An instance's address, where it is known.")
    proxy: Proxy | None = Field(None, description="Where its web requests go first, such as 10.20.0.4:8080.")
    vm_size: Text = Field("Standard_DS3_v2", description="The size of its machines.")
    node_public_ip: Yes = Field(default=True, description="Whether each node has a public address.")
    ssh_public_access: Yes = Field(default=False, description="Whether SSH is open on the public address.")
    local_auth: Yes = Field(default=True, description="Whether keys and passwords open it, beside Entra ID.")
    root_access: Yes | None = Field(None, description="Of an instance: whether who uses it is its root.")
    identity: Literal["None", "SystemAssigned", "UserAssigned"] = Field("None", description="Its managed identity.")
    min_nodes: Count = Field(0, description="Nodes that are always paid for.")
    max_nodes: Annotated[StrictInt, Field(ge=1)] = Field(1, description="Nodes at most.")
    idle_seconds: Count | None = Field(None, description="Seconds without work until nodes are released.")
    tier: Literal["Dedicated", "LowPriority"] = Field("Dedicated", description="Low priority may be taken away.")
    interruptible: Yes | None = Field(
        None, description="Whether what runs on a cluster may be broken off and repeated; it is asked if not stated."
    )
    scheduled: Yes = Field(default=False, description="Whether a clock stops an instance.")
