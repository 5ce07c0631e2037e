"""AZ208: a key vault keeps what is deleted."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.controls.wording import stated
from cloister.inventory.azure import Inventory, KeyVault

CONTROL = Control(
    id="AZ208",
    title="Key vaults keep what is deleted until its time is over",
    why="Without purge protection, one right is enough to destroy every secret and key at once, and all data that "
    "they encrypt.",
    remedy="Set purge_protection to true.",
    severity=Severity.MEDIUM,
    pillar=Pillar.RELIABILITY,
    decided=Decided.INVENTORY,
    sources=(
        checkov("CKV_AZURE_42", "Ensure the key vault is recoverable"),
        checkov("CKV_AZURE_110", "Ensure that key vault enables purge protection"),
    ),
    aliases=(
        "CKV_AZURE_42",
        "CKV_AZURE_110",
        "DEP-KV-1",
    ),
)


def subjects(inventory: Inventory) -> Iterable[KeyVault]:
    """Every key vault."""
    return inventory.key_vaults


def check(vault: KeyVault, _: Environment) -> Iterator[Finding]:
    """A finding where what is deleted can be purged."""
    if not vault.purge_protection:
        yield CONTROL.finding(
            f'key vault "{vault.name}"',
            f"what is deleted can be destroyed for good: {stated(vault.origin, 'purge_protection', 'false')}",
            at=vault.origin.of("purge_protection"),
            mend="set purge_protection: true",
        )
