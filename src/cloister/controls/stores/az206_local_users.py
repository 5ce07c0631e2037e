"""AZ206: storage accounts have no accounts of their own."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.controls.wording import stated
from cloister.inventory.azure import Inventory, StorageAccount
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ206",
    title="Storage accounts take no accounts of their own",
    why="A local account of SFTP is a password or key that no directory ends and no role limits.",
    remedy="Set local_users to false.",
    severity=Severity.LOW,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(checkov("CKV_AZURE_244", "Avoid the use of local users for Azure Storage unless necessary"),),
    aliases=("CKV_AZURE_244",),
)


def subjects(inventory: Inventory) -> Iterable[StorageAccount]:
    """Every storage account."""
    return inventory.storage_accounts


def check(account: StorageAccount, _: Environment) -> Iterator[Finding]:
    """A finding where local accounts are on."""
    if account.local_users:
        yield CONTROL.finding(
            f'storage account "{account.name}"',
            f"it may have accounts of its own: {stated(account.origin, 'local_users', 'true')}",
            at=account.origin.of("local_users"),
            mend="set local_users: false",
            fix=(edit(account.origin, "local_users", value=False),),
        )
