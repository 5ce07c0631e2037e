"""Azure Machine Learning: workspaces and computes."""

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Literal

from cloister.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """An Azure Machine Learning workspace and the services that it depends on."""

    name: str
    workspace_id: str
    public_network_access: bool = True
    managed_network: Literal["Disabled", "AllowInternetOutbound", "AllowOnlyApprovedOutbound"] = "Disabled"
    storage_account: str
    key_vault: str
    container_registry: str | None = None
    application_insights: str | None = None
    image_build_compute: str | None = None
    v1_legacy_mode: bool = False
    high_business_impact: bool = False
    identity: Literal["SystemAssigned", "UserAssigned"] = "SystemAssigned"
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Compute:
    """A compute instance or a compute cluster in a subnet. Idle time is in seconds.

    `workspace` is stated where there are several; `Inventory.workspace_of` knows the only one.
    """

    name: str
    kind: Literal["instance", "cluster"]
    workspace: str | None = None
    subnet: str | None
    private_ip: IPv4Address | None = None
    vm_size: str = "Standard_DS3_v2"
    node_public_ip: bool = True
    ssh_public_access: bool = False
    local_auth: bool = True
    identity: Literal["None", "SystemAssigned", "UserAssigned"] = "None"
    min_nodes: int = 0
    max_nodes: int = 1
    idle_seconds: int | None = None
    tier: Literal["Dedicated", "LowPriority"] = "Dedicated"
    origin: Origin
