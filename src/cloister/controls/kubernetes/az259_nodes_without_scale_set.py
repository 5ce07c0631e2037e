"""AZ259: nodes can be replaced."""

from collections.abc import Iterable, Iterator

from cloister.controls.clusters import clusters, named, undescribed
from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.inventory.azure import Inventory, OtherService

CONTROL = Control(
    id="AZ259",
    title="Nodes of Kubernetes clusters stand in scale sets",
    why="Availability sets do not scale, take no second pool, and are retired for clusters.",
    remedy="Make the pool anew with pool_type VirtualMachineScaleSets.",
    severity=Severity.MEDIUM,
    pillar=Pillar.RELIABILITY,
    decided=Decided.INVENTORY,
    sources=(checkov("CKV_AZURE_169", "Ensure Azure Kubernetes Cluster (AKS) nodes use scale sets"),),
    aliases=("CKV_AZURE_169",),
)


def subjects(inventory: Inventory) -> Iterable[OtherService]:
    """Every Kubernetes cluster."""
    return clusters(inventory)


def check(cluster: OtherService, _: Environment) -> Iterator[Finding | Doubt]:
    """A finding where its nodes stand in an availability set; a doubt where nobody describes its settings."""
    settings = cluster.kubernetes
    if settings is None:
        yield undescribed(CONTROL, cluster)
    elif settings.pool_type == "AvailabilitySet":
        place = settings.origin.of("pool_type")
        yield CONTROL.finding(
            named(cluster),
            "its nodes stand in an availability set, which does not scale",
            at=place,
            mend="set pool_type: VirtualMachineScaleSets",
        )
