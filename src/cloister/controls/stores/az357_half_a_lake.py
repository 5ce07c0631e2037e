"""AZ357: lakes and what fills them are reached privately."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import lately
from cloister.controls.wording import stated
from cloister.inventory.azure import Inventory, OtherService, StorageAccount

_DOORS = ("blob", "dfs")
_FACTORY = "datafactory"

CONTROL = Control(
    id="AZ357",
    title="Lakes have private endpoints for both of their names, and data factories refuse public access",
    why="Clients use the lake under both names, and mix them: with one endpoint a job fails halfway. A factory "
    "that answers the internet fills the lake for whoever holds a key.",
    remedy="Add the missing endpoint with its zone, and set public_network_access to false on the factory.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        lately(
            "Use private endpoints for Azure Storage",
            "Creating a private endpoint: Data Lake Storage needs dfs and blob",
            "azure/storage/common/storage-private-endpoints",
        ),
        lately(
            "Azure Private Link for Azure Data Factory",
            "Deny public access",
            "azure/data-factory/data-factory-private-link",
        ),
    ),
    aliases=("S3-R12",),
)


def subjects(inventory: Inventory) -> Iterable[StorageAccount | OtherService]:
    """Accounts with a hierarchical namespace, and data factories."""
    yield from (account for account in inventory.storage_accounts if account.hierarchical_namespace)
    yield from (service for service in inventory.services if service.kind == _FACTORY)


def check(service: StorageAccount | OtherService, environment: Environment) -> Iterator[Finding]:
    """A finding for each name of a lake without an endpoint, and for a factory that answers the internet."""
    if isinstance(service, OtherService):
        if service.public_network_access:
            message = f"it answers on the internet: {stated(service.origin, 'public_network_access', 'true')}"
            place = service.origin.of("public_network_access")
            mend = "set public_network_access: false"
            yield CONTROL.finding(f'service "{service.name}"', message, at=place, mend=mend)
        return
    led = {one.subresource for one in environment.inventory.private_endpoints if one.target == service.name}
    for door in _DOORS:
        if door not in led:
            message = f"no private endpoint leads to its name for {door}"
            mend = f"add a private endpoint with target: {service.name} and subresource: {door}"
            yield CONTROL.finding(f'storage account "{service.name}"', message, at=service.origin, mend=mend)
