"""AZ202: the second lock of a closed store."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.controls.wording import stated
from cloister.inventory.azure import Inventory, KeyVault, StorageAccount
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ202",
    title="Storage accounts and key vaults would deny strangers even if public access were turned on",
    why="One switch keeps the world out. Whoever turns it on for an hour opens the store to everyone, unless its "
    "firewall denies.",
    remedy="Set network_default_action to Deny.",
    severity=Severity.LOW,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        checkov("CKV_AZURE_35", "Ensure default network access rule for Storage Accounts is set to deny"),
        checkov("CKV_AZURE_109", "Ensure that key vault allows firewall rules settings"),
    ),
    aliases=(
        "CKV_AZURE_35",
        "CKV_AZURE_109",
    ),
)


def subjects(inventory: Inventory) -> Iterable[StorageAccount | KeyVault]:
    """Those that refuse public access, or whose firewall denies; what stands open is told by AZ002."""
    both: tuple[StorageAccount | KeyVault, ...] = (*inventory.storage_accounts, *inventory.key_vaults)
    return [one for one in both if not one.public_network_access or one.network_default_action == "Deny"]


def check(store: StorageAccount | KeyVault, _: Environment) -> Iterator[Finding]:
    """A finding where the firewall allows."""
    if store.network_default_action == "Allow":
        kind = "storage account" if isinstance(store, StorageAccount) else "key vault"
        how = stated(store.origin, "network_default_action", "Allow")
        yield CONTROL.finding(
            f'{kind} "{store.name}"',
            f"nothing but public_network_access closes it: {how}",
            at=store.origin.of("network_default_action"),
            mend="set network_default_action: Deny",
            fix=(edit(store.origin, "network_default_action", value="Deny"),),
        )
