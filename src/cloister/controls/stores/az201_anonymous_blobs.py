"""AZ201: no container of a storage account is open to everyone."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.inventory.azure import Inventory, StorageAccount
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ201",
    title="No container of a storage account can be opened to everyone",
    why="Who may write to a container may otherwise open it to the world, and nothing in the network's rules shows it.",
    remedy="Set allow_nested_items_to_be_public to false.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(checkov("CKV_AZURE_190", "Ensure that Storage blobs restrict public access"),),
    aliases=("CKV_AZURE_190",),
)


def subjects(inventory: Inventory) -> Iterable[StorageAccount]:
    """Every storage account."""
    return inventory.storage_accounts


def check(account: StorageAccount, _: Environment) -> Iterator[Finding]:
    """A finding where containers may be opened to everyone."""
    if account.allow_nested_items_to_be_public:
        yield CONTROL.finding(
            f'storage account "{account.name}"',
            "its containers can be opened to everyone without a login",
            at=account.origin.of("allow_nested_items_to_be_public"),
            mend="set allow_nested_items_to_be_public: false",
            fix=(edit(account.origin, "allow_nested_items_to_be_public", value=False),),
        )
