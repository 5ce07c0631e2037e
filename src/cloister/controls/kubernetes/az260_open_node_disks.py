"""AZ260: disks of nodes are encrypted."""

from collections.abc import Iterable, Iterator

from cloister.controls.clusters import clusters, named, undescribed
from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.inventory.azure import Inventory, OtherService
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ260",
    title="Temporary disks and caches of Kubernetes nodes are encrypted",
    why="Model files and data that pods write there lie open on the host otherwise.",
    remedy="Set encryption_at_host to true.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(checkov("CKV_AZURE_227", "Ensure that the AKS cluster encrypt temp disks, caches, and data flows"),),
    aliases=("CKV_AZURE_227",),
)


def subjects(inventory: Inventory) -> Iterable[OtherService]:
    """Every Kubernetes cluster."""
    return clusters(inventory)


def check(cluster: OtherService, _: Environment) -> Iterator[Finding | Doubt]:
    """A finding where they are not encrypted; a doubt where nobody describes its settings."""
    settings = cluster.kubernetes
    if settings is None:
        yield undescribed(CONTROL, cluster)
    elif not settings.encryption_at_host:
        place = settings.origin.of("encryption_at_host")
        yield CONTROL.finding(
            named(cluster),
            "temporary disks and caches of its nodes are not encrypted: encryption_at_host is false",
            at=place,
            mend="set encryption_at_host: true",
            fix=(edit(settings.origin, "encryption_at_host", value=True),),
        )
