"""AZ200: what travels to and from storage accounts is encrypted."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov, security_baseline, well_architected
from cloister.inventory.azure import Inventory, StorageAccount
from cloister.inventory.edits import edit

_SOUND = ("TLS1_2", "TLS1_3")

CONTROL = Control(
    id="AZ200",
    title="Storage accounts take nothing but connections with TLS 1.2 or later",
    why="Whoever stands between reads data and tokens of a connection that is not encrypted, or whose encryption is "
    "long broken.",
    remedy="Set https_traffic_only to true and min_tls_version to TLS1_2.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        well_architected("Security: encryption for data at rest and data in transit"),
        security_baseline("DP-3: Encrypt sensitive data in transit"),
        checkov("CKV_AZURE_3", "Ensure that 'enable_https_traffic_only' is enabled"),
        checkov("CKV_AZURE_44", "Ensure Storage Account is using the latest version of TLS encryption"),
    ),
    aliases=(
        "WAF-SEC-C10",
        "S0-05",
        "MSB-DP-3",
        "CKV_AZURE_3",
        "CKV_AZURE_44",
        "DEP-ST-1",
    ),
)


def subjects(inventory: Inventory) -> Iterable[StorageAccount]:
    """Every storage account."""
    return inventory.storage_accounts


def check(account: StorageAccount, _: Environment) -> Iterator[Finding]:
    """A finding where plain HTTP is taken, and one where an old version of TLS is."""
    thing = f'storage account "{account.name}"'
    if not account.https_traffic_only:
        yield CONTROL.finding(
            thing,
            "it takes connections without encryption: https_traffic_only is false",
            at=account.origin.of("https_traffic_only"),
            mend="set https_traffic_only: true",
            fix=(edit(account.origin, "https_traffic_only", value=True),),
        )
    if account.min_tls_version not in _SOUND:
        yield CONTROL.finding(
            thing,
            f"it takes TLS older than 1.2: min_tls_version is {account.min_tls_version}",
            at=account.origin.of("min_tls_version"),
            mend="set min_tls_version: TLS1_2",
            fix=(edit(account.origin, "min_tls_version", value="TLS1_2"),),
        )
