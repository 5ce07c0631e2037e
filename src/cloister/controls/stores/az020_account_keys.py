"""AZ020: keys that open a storage account to whoever can have them listed."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import page
from cloister.inventory.azure import Inventory, StorageAccount
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ020",
    title="Storage accounts take no account keys",
    why="An account key, or a signature made with one, opens all data of the account, whatever the roles say. A "
    "Contributor lists the keys, and a workspace hands out those of its own account to every AzureML Data Scientist.",
    remedy="Set shared_access_key to false, and give people and identities roles on the data.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        page(
            "Prevent Shared Key authorization for an Azure Storage account",
            "Understand how disallowing Shared Key affects SAS tokens",
            "azure/storage/common/shared-key-authorization-prevent",
        ),
    ),
    aliases=("CKV2_AZURE_40", "S3-R13"),
)


def subjects(inventory: Inventory) -> Iterable[StorageAccount]:
    """Every storage account."""
    return inventory.storage_accounts


def check(account: StorageAccount, _: Environment) -> Iterator[Finding]:
    """A finding where keys open the account."""
    if account.shared_access_key:
        yield CONTROL.finding(
            f'storage account "{account.name}"',
            "account keys open it: rights on its data can be gone around",
            at=account.origin.of("shared_access_key"),
            mend="set shared_access_key: false, and give people and identities roles such as Storage Blob Data Reader",
            fix=(edit(account.origin, "shared_access_key", value=False),),
        )
