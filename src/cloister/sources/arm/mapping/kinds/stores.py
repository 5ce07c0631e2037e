"""Storage accounts, key vaults and registries: what is more than one property."""

from cloister.sources.arm.mapping.estate import Estate
from cloister.sources.arm.mapping.kinds.keys import own_key
from cloister.sources.arm.mapping.kinds.principals import principal
from cloister.sources.arm.mapping.resource import Resource, inner, items
from cloister.sources.declared import Unknown, Value, hidden

_ALL = ("get", "list", "set", "delete", "recover", "backup", "restore", "purge")
_WORKSPACES = ("workspaces", "services")


def storage(estate: Estate, one: Resource) -> None:
    """The resources that come in whatever else is set, its key, and what its blob service keeps."""
    _blobs(estate, one)
    if str(one.get("properties.encryption.keySource")).lower() == "microsoft.keyvault":
        base = "properties.encryption.keyvaultproperties"
        own_key(estate, one, (one.get(f"{base}.keyvaulturi"), one.get(f"{base}.keyname")), base)
    sku = one.get("sku.name")
    if isinstance(sku, str):
        estate.put(one, "account_replication_type", sku.rpartition("_")[2].upper(), "sku.name")
    rules = items(one.get("properties.networkAcls.resourceAccessRules"))
    prop = "properties.networkAcls.resourceAccessRules"
    found = [inner(rule, "resourceId") for rule in rules]
    several = [value for value in found if isinstance(value, str) and "*" in value]
    if several:
        what = f"lets in {len(several)} kinds of resources, whoever owns them in the subscription"
        estate.tell(one, prop, what, "which of them come in is not judged")
    single = [value for value in found if value not in several]
    if single:
        estate.put(one, "trusted_resources", estate.words(single, _WORKSPACES), prop)


def _blobs(estate: Estate, one: Resource) -> None:
    for service in estate.children(one, "microsoft.storage/storageaccounts/blobservices"):
        estate.put(one, "versioning", service.get("properties.isVersioningEnabled"), "blobServices.isVersioningEnabled")
        for attribute, prop in (
            ("blob_delete_retention_days", "deleteRetentionPolicy"),
            ("container_delete_retention_days", "containerDeleteRetentionPolicy"),
        ):
            if service.get(f"properties.{prop}.enabled") is True:
                estate.put(one, attribute, service.get(f"properties.{prop}.days"), f"blobServices.{prop}")


def vault(estate: Estate, one: Resource) -> None:
    """Its access policies: what each principal may do with secrets."""
    policies: dict[str, Value] = {}
    prop = "properties.accessPolicies"
    stated = one.get(prop)
    if hidden(stated) is not None and not isinstance(stated, list):
        estate.put(one, "access_policies", stated, prop)
        return
    for entry in [*items(stated), *_apart(estate, one)]:
        who = principal(estate, inner(entry, "objectId"), inner(entry, "principalType") or "ServicePrincipal", one)
        if isinstance(who, Unknown):
            estate.miss(one, "access_policies", who.why, prop)
            return
        allowed = items(inner(entry, "permissions.secrets"))
        policies[who] = _permissions(allowed)
    if policies:
        estate.put(one, "access_policies", policies, prop)


def _apart(estate: Estate, one: Resource) -> list[Value]:
    """Policies that a resource of their own adds."""
    added = estate.children(one, "microsoft.keyvault/vaults/accesspolicies")
    return [entry for child in added for entry in items(child.get("properties.accessPolicies"))]


def _permissions(stated: list[Value]) -> Value:
    if hidden(stated) is not None:
        return stated
    words = [str(value).lower() for value in stated]
    return [*(_ALL if "all" in words else dict.fromkeys(words))]


def registry(estate: Estate, one: Resource) -> None:
    """Where the nodes of its tasks stand, how long it keeps what has no tag, its copies, its key."""
    if str(one.get("properties.policies.retentionPolicy.status")).lower() == "enabled":
        days = one.get("properties.policies.retentionPolicy.days")
        estate.put(one, "retention_days", days, "properties.policies.retentionPolicy")
    copies = [
        child.get("location") for child in estate.children(one, "microsoft.containerregistry/registries/replications")
    ]
    regions: list[Value] = [
        str(region).replace(" ", "").lower() if isinstance(region, str) else region for region in copies
    ]
    if regions:
        estate.put(one, "replications", regions, "replications")
    if str(one.get("properties.encryption.status")).lower() == "enabled":
        prop = "properties.encryption.keyVaultProperties.keyIdentifier"
        own_key(estate, one, (one.get(prop), None), prop)
    for pool in estate.children(one, "microsoft.containerregistry/registries/agentpools"):
        subnet = pool.get("properties.virtualNetworkSubnetResourceId")
        estate.refer(one, "agent_pool_subnet", subnet, ("subnets",), "agentPools")
