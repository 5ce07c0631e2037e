"""AZ207: what holds data is encrypted with keys of one's own, where that is required."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.sources import azure_policy, checkov, security_baseline, well_architected
from cloister.inventory.azure import ContainerRegistry, Inventory, OtherService, StorageAccount, Workspace
from cloister.origin import Origin

Holder = Workspace | StorageAccount | ContainerRegistry | OtherService
_KINDS = {
    Workspace: "workspace",
    StorageAccount: "storage account",
    ContainerRegistry: "container registry",
    OtherService: "Kubernetes cluster",
}

CONTROL = Control(
    id="AZ207",
    title="What holds data is encrypted with keys of one's own, where the owner requires it",
    why="Who holds the key decides who can read the data, and can end that. A rule that demands it is not met by "
    "Microsoft's keys.",
    remedy="Name a key under keys as customer_managed_key, in a vault with purge protection.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        well_architected("Security: encrypt data at rest"),
        security_baseline("DP-5: Use customer-managed key option in data at rest encryption when required"),
        azure_policy(
            "Azure Machine Learning workspaces should be encrypted with a customer-managed key",
            "Workspace_CMKEnabled_Audit",
        ),
        checkov("CKV2_AZURE_1", "Ensure storage for critical data are encrypted with Customer Managed Key"),
        checkov("CKV_AZURE_117", "Ensure that AKS uses disk encryption set"),
    ),
    aliases=(
        "WAF-SEC-R13",
        "ADV-SEC-1",
        "MSB-DP-5",
        "AzurePolicy ba769a63-b8cc-4b2d-abf6-ac33c7204be8",
        "AzurePolicy 7f40cee6-e933-4d0f-a782-b96615e0f4a6",
        "CKV2_AZURE_1",
        "CKV_AZURE_117",
    ),
    question="must data be encrypted with keys of one's own, and is it",
)


def subjects(inventory: Inventory) -> Iterable[Holder | Inventory]:
    """What holds data, where keys of one's own are required; where nobody says so, the environment as a whole."""
    required = inventory.requirements.customer_managed_keys if inventory.requirements else None
    if required is None:
        return (inventory,)
    clusters = [one for one in inventory.services if one.kind == "kubernetes"]
    holders: tuple[Holder, ...] = (
        *inventory.workspaces,
        *inventory.storage_accounts,
        *inventory.container_registries,
        *clusters,
    )
    return holders if required else ()


def check(holder: Holder | Inventory, environment: Environment) -> Iterator[Finding | Due]:
    """A finding where a holder has no key of one's own, or one whose vault loses it; due where nobody says."""
    if isinstance(holder, Inventory):
        mend = f"state customer_managed_keys under requirements, or attest {CONTROL.id}"
        yield CONTROL.due("the environment", at=holder.origin, mend=mend)
        return
    attribute, name, settings = _stated_key(holder)
    thing = f'{_KINDS[type(holder)]} "{holder.name}"'
    if name is None:
        message = "it is encrypted with Microsoft's keys, and the owner requires keys of one's own"
        mend = f"name a key under keys as its {attribute}"
        yield CONTROL.finding(thing, message, at=settings.of(attribute), mend=mend)
        return
    inventory = environment.inventory
    vaults = {vault.name: vault for vault in inventory.key_vaults}
    for key in (one for one in inventory.keys if one.name == name and one.vault in vaults):
        vault = vaults[key.vault or ""]
        if not vault.purge_protection:
            message = f"its key {key.name} can be destroyed for good: {vault.name} has no purge protection"
            place = vault.origin.of("purge_protection")
            yield CONTROL.finding(thing, message, at=place, mend=f"set purge_protection: true on {vault.name}")


def _stated_key(holder: Holder) -> tuple[str, str | None, Origin]:
    """Under which attribute the key of a holder is stated, the key, and where that attribute stands."""
    if isinstance(holder, OtherService):
        settings = holder.kubernetes
        place = settings.origin if settings else holder.origin
        return "disk_encryption_key", settings.disk_encryption_key if settings else None, place
    return "customer_managed_key", holder.customer_managed_key, holder.origin
