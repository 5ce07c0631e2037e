"""AZ263: nodes start from their own disk."""

from collections.abc import Iterable, Iterator

from cloister.controls.clusters import clusters, named, undescribed
from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.inventory.azure import Inventory, OtherService

CONTROL = Control(
    id="AZ263",
    title="Nodes of Kubernetes clusters start from a disk of their own host",
    why="A system disk over the network is slower to read, slower to start anew, and paid for.",
    remedy="Set os_disk_type to Ephemeral, where the size of the machines can.",
    severity=Severity.LOW,
    pillar=Pillar.PERFORMANCE,
    decided=Decided.INVENTORY,
    sources=(checkov("CKV_AZURE_226", "Ensure ephemeral disks are used for OS disks"),),
    aliases=("CKV_AZURE_226",),
)


def subjects(inventory: Inventory) -> Iterable[OtherService]:
    """Every Kubernetes cluster."""
    return clusters(inventory)


def check(cluster: OtherService, _: Environment) -> Iterator[Finding | Doubt]:
    """A finding where they start from a disk over the network; a doubt where nobody describes its settings."""
    settings = cluster.kubernetes
    if settings is None:
        yield undescribed(CONTROL, cluster)
    elif settings.os_disk_type is None:
        place = settings.origin.of("os_disk_type")
        yield CONTROL.doubt(
            named(cluster),
            "where the system of its nodes lies depends on their size, and os_disk_type is not stated",
            at=place,
            mend="state its os_disk_type",
        )
    elif settings.os_disk_type == "Managed":
        place = settings.origin.of("os_disk_type")
        yield CONTROL.finding(
            named(cluster),
            "the system of its nodes lies on a disk over the network: os_disk_type is Managed",
            at=place,
            mend="set os_disk_type: Ephemeral",
        )
