"""AZ210: roles decide about the secrets of a vault."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import lately
from cloister.controls.wording import stated
from cloister.inventory.azure import Inventory, KeyVault

CONTROL = Control(
    id="AZ210",
    title="Roles decide who reads the secrets of a key vault",
    why="With access policies, whoever is Contributor of the vault grants himself every secret in it, and no review "
    "of roles shows it.",
    remedy="Set rbac_authorization to true, and give identities roles such as Key Vault Secrets User.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        lately(
            "Azure role-based access control (Azure RBAC) vs. access policies",
            "Data plane access control recommendation",
            "azure/key-vault/general/rbac-access-policy",
        ),
    ),
    aliases=("DEP-KV-1",),
)


def subjects(inventory: Inventory) -> Iterable[KeyVault]:
    """Every key vault."""
    return inventory.key_vaults


def check(vault: KeyVault, _: Environment) -> Iterator[Finding]:
    """A finding where access policies decide."""
    if not vault.rbac_authorization:
        yield CONTROL.finding(
            f'key vault "{vault.name}"',
            f"access policies decide, and not roles: {stated(vault.origin, 'rbac_authorization', 'false')}",
            at=vault.origin.of("rbac_authorization"),
            mend="set rbac_authorization: true, and give its readers roles",
        )
