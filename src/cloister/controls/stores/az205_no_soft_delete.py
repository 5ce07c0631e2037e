"""AZ205: deleted data can be brought back."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.inventory.azure import Inventory, StorageAccount
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ205",
    title="Storage accounts keep what is deleted for some days",
    why="A job that deletes the wrong folder, or somebody who means harm, destroys data and models for good.",
    remedy="Set blob_delete_retention_days and container_delete_retention_days to 7 or more.",
    severity=Severity.MEDIUM,
    pillar=Pillar.RELIABILITY,
    decided=Decided.INVENTORY,
    sources=(checkov("CKV2_AZURE_38", "Ensure soft-delete is enabled on Azure storage account"),),
    aliases=("CKV2_AZURE_38",),
)


def subjects(inventory: Inventory) -> Iterable[StorageAccount]:
    """Every storage account."""
    return inventory.storage_accounts


def check(account: StorageAccount, _: Environment) -> Iterator[Finding]:
    """A finding where deleted blobs are gone at once, and one where deleted containers are."""
    for kind in ("blob", "container"):
        attribute = f"{kind}_delete_retention_days"
        if getattr(account, attribute) is None:
            yield CONTROL.finding(
                f'storage account "{account.name}"',
                f"a deleted {kind} is gone at once: {attribute} is not stated",
                at=account.origin.of(attribute),
                mend=f"set {attribute}: 7",
                fix=(edit(account.origin, attribute, value=7),),
            )
