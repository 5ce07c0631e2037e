"""AZ255: what a cluster does is recorded."""

from collections.abc import Iterable, Iterator

from cloister.controls.clusters import clusters, named, undescribed
from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.inventory.azure import Inventory, OtherService
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ255",
    title="Logs of Kubernetes clusters go to Azure Monitor",
    why="When a pod fails or somebody got in, what happened is told by logs, and those of a node go with the node.",
    remedy="Set monitoring to true.",
    severity=Severity.MEDIUM,
    pillar=Pillar.OPERATIONS,
    decided=Decided.INVENTORY,
    sources=(checkov("CKV_AZURE_4", "Ensure AKS logging to Azure Monitoring is Configured"),),
    aliases=("CKV_AZURE_4",),
)


def subjects(inventory: Inventory) -> Iterable[OtherService]:
    """Every Kubernetes cluster."""
    return clusters(inventory)


def check(cluster: OtherService, _: Environment) -> Iterator[Finding | Doubt]:
    """A finding where its logs go nowhere; a doubt where nobody describes its settings."""
    settings = cluster.kubernetes
    if settings is None:
        yield undescribed(CONTROL, cluster)
    elif not settings.monitoring:
        place = settings.origin.of("monitoring")
        yield CONTROL.finding(
            named(cluster),
            "its logs go nowhere: monitoring is false",
            at=place,
            mend="set monitoring: true",
            fix=(edit(settings.origin, "monitoring", value=True),),
        )
