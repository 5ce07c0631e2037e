"""The services of an environment, whatever their kind."""

from cloister.inventory.azure import ContainerRegistry, Inventory, KeyVault, StorageAccount, Workspace

Service = Workspace | StorageAccount | KeyVault | ContainerRegistry


def services(inventory: Inventory) -> tuple[Service, ...]:
    """Workspaces, storage accounts, key vaults and registries."""
    return (
        *inventory.workspaces,
        *inventory.storage_accounts,
        *inventory.key_vaults,
        *inventory.container_registries,
    )
