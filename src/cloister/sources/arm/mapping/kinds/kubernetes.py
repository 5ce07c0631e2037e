"""What a Kubernetes cluster of Azure is set to, its first pool for the default one."""

from cloister.sources.arm.mapping.estate import Estate
from cloister.sources.arm.mapping.resource import Resource, inner, items
from cloister.sources.arm.mapping.transforms import transformed
from cloister.sources.declared import Value

_ADDONS = "properties.addonProfiles"
_CRITICAL = "CriticalAddonsOnly"
_SETTINGS = {
    "role_based_access_control": ("properties.enableRBAC", "plain"),
    "network_policy": ("properties.networkProfile.networkPolicy", "words:none|azure|calico|cilium"),
    "azure_policy": (f"{_ADDONS}.azurepolicy.enabled", "plain"),
    "dashboard": (f"{_ADDONS}.kubeDashboard.enabled", "plain"),
    "monitoring": (f"{_ADDONS}.omsagent.enabled", "plain"),
    "secrets_rotation": (f"{_ADDONS}.azureKeyvaultSecretsProvider.config.enableSecretRotation", "on:true"),
    "upgrades": ("properties.autoUpgradeProfile.upgradeChannel", "words:none|patch|stable|rapid|node-image"),
    "sku_tier": ("sku.tier", "words:Free|Standard|Premium|Paid=Standard"),
    "outbound_type": (
        "properties.networkProfile.outboundType",
        "words:loadBalancer|userDefinedRouting|managedNATGateway|userAssignedNATGateway|none",
    ),
}
_POOL = {
    "pool_type": ("type", "words:VirtualMachineScaleSets|AvailabilitySet|VirtualMachines"),
    "max_pods": ("maxPods", "plain"),
    "zones": ("availabilityZones", "plain"),
    "auto_scaling": ("enableAutoScaling", "plain"),
    "os_disk_type": ("osDiskType", "words:Managed|Ephemeral"),
    "encryption_at_host": ("enableEncryptionAtHost", "plain"),
}


def settings(estate: Estate, one: Resource) -> None:
    """The settings of the cluster and of its first pool."""
    for attribute, (prop, how) in _SETTINGS.items():
        _setting(estate, one, attribute, (one.get(prop), how, prop))
    pools = items(one.get("properties.agentPoolProfiles"))
    for attribute, (prop, how) in _POOL.items() if pools else ():
        _setting(estate, one, attribute, (inner(pools[0], prop), how, f"properties.agentPoolProfiles.{prop}"))
    taints = items(inner(pools[0], "nodeTaints")) if pools else []
    if any(isinstance(taint, str) and taint.startswith(_CRITICAL) for taint in taints):
        place = "properties.agentPoolProfiles.nodeTaints"
        _setting(estate, one, "only_critical_addons", (True, "plain", place))


def _setting(estate: Estate, one: Resource, attribute: str, stated: tuple[Value, str, str]) -> None:
    value, how, prop = stated
    path = estate.path(one)
    if value is not None and path is not None:
        estate.write((*path, "kubernetes", attribute), transformed(estate, how, value), one.place(prop))
