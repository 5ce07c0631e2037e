"""AZ002: the doors to the internet of what a workspace depends on."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import security_baseline, well_architected
from cloister.controls.wording import stated
from cloister.inventory.azure import ContainerRegistry, Inventory, KeyVault, StorageAccount
from cloister.inventory.edits import Edit, edit

Service = StorageAccount | KeyVault | ContainerRegistry
_KINDS = {StorageAccount: "storage account", KeyVault: "key vault", ContainerRegistry: "container registry"}

CONTROL = Control(
    id="AZ002",
    title="Storage, key vault and registry refuse public network access",
    why="Data, secrets and images lie here. A closed workspace in front of an open store is an open store.",
    remedy="Set public_network_access to false, and give each a private endpoint.",
    severity=Severity.CRITICAL,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(well_architected("Security: private endpoints for dependent services"), security_baseline("NS-2")),
    aliases=("WAF-SEC-R5", "S0-27", "CKV_AZURE_59", "CKV_AZURE_139", "CKV_AZURE_189", "CKV2_AZURE_50", "MSB-NS-2b"),
)


def subjects(inventory: Inventory) -> Iterable[Service]:
    """Storage accounts, key vaults and registries."""
    return (*inventory.storage_accounts, *inventory.key_vaults, *inventory.container_registries)


def check(service: Service, _: Environment) -> Iterator[Finding]:
    """A finding where the service answers on its public address to whoever asks."""
    closed_by_rules = getattr(service, "network_default_action", "Allow") == "Deny"
    if service.public_network_access and not closed_by_rules:
        kind = next(word for kind, word in _KINDS.items() if isinstance(service, kind))
        yield CONTROL.finding(
            f'{kind} "{service.name}"',
            f"it answers on the internet: {stated(service.origin, 'public_network_access', 'true')}",
            at=service.origin.of("public_network_access"),
            mend="set public_network_access: false",
            fix=tuple(_closing(service)),
        )


def _closing(service: Service) -> Iterator[Edit]:
    """The switch, and the firewall behind it: once closed, a store whose firewall allows is a finding of AZ202."""
    yield edit(service.origin, "public_network_access", value=False)
    if isinstance(service, StorageAccount | KeyVault):
        yield edit(service.origin, "network_default_action", value="Deny")
