"""AZ216: image layers come from a name of the registry's own."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov, lately
from cloister.inventory.azure import ContainerRegistry, Inventory

CONTROL = Control(
    id="AZ216",
    title="Image layers come from a name of the registry's own",
    why="They come from a storage account of Microsoft's otherwise. A firewall that lets its name through lets out "
    "data to every storage account there is.",
    remedy="Give the registry a private endpoint, or set data_endpoints to true.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        checkov("CKV_AZURE_237", "Ensure dedicated data endpoints are enabled."),
        lately(
            "Mitigate data exfiltration with dedicated data endpoints",
            "Client firewall rules and data exfiltration risks",
            "azure/container-registry/container-registry-dedicated-data-endpoints",
        ),
    ),
    aliases=(
        "CKV_AZURE_237",
        "DEP-ACR-1",
    ),
)


def subjects(inventory: Inventory) -> Iterable[ContainerRegistry]:
    """Every registry."""
    return inventory.container_registries


def check(registry: ContainerRegistry, environment: Environment) -> Iterator[Finding]:
    """A finding where neither data endpoints nor an approved private endpoint give layers such a name."""
    endpoints = [one for one in environment.inventory.private_endpoints if one.target == registry.name]
    if registry.data_endpoints or any(one.approval == "Approved" for one in endpoints):
        return
    yield CONTROL.finding(
        f'container registry "{registry.name}"',
        "its layers come from a storage account whose name it shares with all others",
        at=registry.origin.of("data_endpoints"),
        mend="set data_endpoints: true, or give it a private endpoint",
    )
