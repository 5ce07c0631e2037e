"""AZ203: a workspace reaches the closed stores that it depends on."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov, lately
from cloister.inventory.azure import ContainerRegistry, Inventory, KeyVault, StorageAccount, Workspace

Store = StorageAccount | KeyVault | ContainerRegistry

CONTROL = Control(
    id="AZ203",
    title="A workspace's closed storage, key vault and registry let the workspace itself in",
    why="The service calls them from outside the network. Where no rule trusts it, jobs run and their results cannot "
    "be read in the studio.",
    remedy="Set bypass to AzureServices, or name the workspace in the trusted_resources of the storage account.",
    severity=Severity.MEDIUM,
    pillar=Pillar.OPERATIONS,
    decided=Decided.INVENTORY,
    sources=(
        lately(
            "Secure an Azure Machine Learning workspace with virtual networks",
            "Secure Azure storage accounts: allow Azure services on the trusted services list",
            "azure/machine-learning/how-to-secure-workspace-vnet",
        ),
        checkov("CKV_AZURE_36", "Ensure 'Trusted Microsoft Services' is enabled for Storage Account access"),
    ),
    aliases=("CKV_AZURE_36",),
)


def subjects(inventory: Inventory) -> Iterable[tuple[Workspace, Store]]:
    """Each workspace with each of its stores that lets in nobody else from outside."""
    stores: tuple[Store, ...] = (*inventory.storage_accounts, *inventory.key_vaults, *inventory.container_registries)
    for workspace in inventory.workspaces:
        used = (workspace.storage_account, workspace.key_vault, workspace.container_registry)
        for store in stores:
            if store.name in used and (not store.public_network_access or store.network_default_action == "Deny"):
                yield workspace, store


def check(pair: tuple[Workspace, Store], _: Environment) -> Iterator[Finding]:
    """A finding where neither the bypass nor a rule of its own lets the workspace in."""
    workspace, store = pair
    if store.bypass != "None" or workspace.name in getattr(store, "trusted_resources", ()):
        return
    yield CONTROL.finding(
        f'workspace "{workspace.name}"',
        f"it is not let in by {store.name}, whose bypass is None",
        at=store.origin.of("bypass"),
        mend=_mend(workspace, store),
    )


def _mend(workspace: Workspace, store: Store) -> str:
    if isinstance(store, StorageAccount):
        return f"add {workspace.name} to its trusted_resources, or set bypass: AzureServices"
    return "set bypass: AzureServices"
