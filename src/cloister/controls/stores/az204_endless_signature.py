"""AZ204: signatures that are made with account keys end."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.inventory.azure import Inventory, StorageAccount

CONTROL = Control(
    id="AZ204",
    title="Storage accounts that take account keys limit how long a signature lasts",
    why="A signature made with an account key works for whoever holds it until it ends, and cannot be taken back "
    "alone.",
    remedy="Set shared_access_key to false, or else sas_expiration to a day or less.",
    severity=Severity.LOW,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(checkov("CKV2_AZURE_41", "Ensure storage account is configured with SAS expiration policy"),),
    aliases=("CKV2_AZURE_41",),
)


def subjects(inventory: Inventory) -> Iterable[StorageAccount]:
    """Every storage account."""
    return inventory.storage_accounts


def check(account: StorageAccount, _: Environment) -> Iterator[Finding]:
    """A finding where keys are taken and nothing says how long signatures may last."""
    if account.shared_access_key and account.sas_expiration is None:
        yield CONTROL.finding(
            f'storage account "{account.name}"',
            "it takes account keys, and no sas_expiration says how long a signature may last",
            at=account.origin.of("sas_expiration"),
            mend="set sas_expiration: 01.00:00:00, or set shared_access_key: false",
        )
