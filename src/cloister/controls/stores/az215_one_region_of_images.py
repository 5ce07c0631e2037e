"""AZ215: images outlive their region."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov, lately
from cloister.inventory.azure import ContainerRegistry, Inventory

CONTROL = Control(
    id="AZ215",
    title="Images can be pulled when their region fails, where that is needed",
    why="Endpoints and clusters in another region cannot start when the only registry is in the one that failed.",
    remedy="Add replications to the registry. Zones need nothing: where a region has zones, Azure uses them of itself.",
    severity=Severity.LOW,
    pillar=Pillar.RELIABILITY,
    decided=Decided.INVENTORY,
    sources=(
        checkov(
            "CKV_AZURE_165", "Ensure geo-replicated container registries to match multi-region container deployments."
        ),
        checkov("CKV_AZURE_233", "Ensure Azure Container Registry (ACR) is zone redundant"),
        lately(
            "Zone redundancy in Azure Container Registry",
            "Zone redundancy is enabled by default in regions that support availability zones",
            "azure/container-registry/zone-redundancy",
        ),
    ),
    aliases=("CKV_AZURE_165",),
    question="must images be there when their region fails",
)


def subjects(inventory: Inventory) -> Iterable[ContainerRegistry]:
    """Every registry."""
    return inventory.container_registries


def check(registry: ContainerRegistry, environment: Environment) -> Iterator[Finding | Due]:
    """A finding where it is replicated to nowhere else; due where it is not replicated."""
    thing, place = f'container registry "{registry.name}"', registry.origin.of("replications")
    region = environment.inventory.region
    if not registry.replications:
        yield CONTROL.due(thing, at=place)
    elif set(registry.replications) == {region}:
        message = f"it is replicated to {region} alone, which is its own region"
        yield CONTROL.finding(thing, message, at=place, mend="replicate it to another region")
