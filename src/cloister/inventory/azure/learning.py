"""Azure Machine Learning: workspaces with the networks that Azure manages for them, and computes."""

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Literal

from cloister.inventory.azure.places import ProxyAddress
from cloister.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundRule:
    """A rule of a workspace's managed network. Its type says which attributes count.

    PrivateEndpoint: `target`, `subresource` and `approval`. ServiceTag: `service_tag`, `protocol` and `ports`. FQDN:
    `fqdn`, on the ports that Azure has fixed.
    """

    name: str
    type: Literal["PrivateEndpoint", "ServiceTag", "FQDN"]
    target: str | None = None
    subresource: str | None = None
    approval: Literal["Approved", "Pending", "Rejected", "Disconnected"] = "Approved"
    service_tag: str | None = None
    protocol: Literal["TCP", "UDP", "ICMP", "*"] = "TCP"
    ports: tuple[str, ...] = ("443",)
    fqdn: str | None = None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """An Azure Machine Learning workspace and the services that it depends on.

    `loops` are those of model development that run in it; all, where none is stated.
    What begins with `managed_network` and the outbound rules are about the network that Azure keeps for its computes.
    `location` is its region where that is not the environment's.
    """

    name: str
    workspace_id: str
    location: str | None = None
    public_network_access: bool = True
    managed_network: Literal["Disabled", "AllowInternetOutbound", "AllowOnlyApprovedOutbound"] = "Disabled"
    managed_network_kind: Literal["V1", "V2"] = "V1"
    managed_network_provisioned: bool = True
    managed_network_spark: bool = False
    managed_network_firewall_sku: Literal["Standard", "Basic"] = "Standard"
    outbound_rules: tuple[OutboundRule, ...] = ()
    serverless_subnet: str | None = None
    storage_account: str
    key_vault: str
    container_registry: str | None = None
    application_insights: str | None = None
    image_build_compute: str | None = None
    v1_legacy_mode: bool = False
    high_business_impact: bool = False
    identity: Literal["SystemAssigned", "UserAssigned"] = "SystemAssigned"
    customer_managed_key: str | None = None
    loops: tuple[Literal["inner", "middle", "outer"], ...] = ()
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Compute:
    """A compute instance or a compute cluster. Idle time is in seconds.

    `workspace` is stated where there are several; `Inventory.workspace_of` knows the only one. Without a subnet it
    stands in the network that Azure keeps for its workspace. `root_access`: whether who uses an instance is its root;
    None where nobody says. `location` is its region where that is not the environment's. `interruptible`: whether what
    runs there may be broken off and repeated, None where nobody says; `scheduled`: whether a clock stops an instance.
    """

    name: str
    kind: Literal["instance", "cluster"]
    workspace: str | None = None
    location: str | None = None
    subnet: str | None
    private_ip: IPv4Address | None = None
    proxy: ProxyAddress | None = None
    vm_size: str = "Standard_DS3_v2"
    node_public_ip: bool = True
    ssh_public_access: bool = False
    local_auth: bool = True
    root_access: bool | None = None
    identity: Literal["None", "SystemAssigned", "UserAssigned"] = "None"
    min_nodes: int = 0
    max_nodes: int = 1
    idle_seconds: int | None = None
    tier: Literal["Dedicated", "LowPriority"] = "Dedicated"
    interruptible: bool | None = None
    scheduled: bool = False
    origin: Origin
