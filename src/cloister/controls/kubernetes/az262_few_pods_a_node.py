"""AZ262: nodes hold enough pods."""

from collections.abc import Iterable, Iterator

from cloister.controls.clusters import clusters, named, undescribed
from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.inventory.azure import Inventory, OtherService

_ENOUGH = 50

CONTROL = Control(
    id="AZ262",
    title="Nodes of Kubernetes clusters hold at least 50 pods",
    why="Every node keeps some pods for itself. With few places nodes stand half empty, and small models pay for "
    "whole machines.",
    remedy="Set max_pods to 50 or more.",
    severity=Severity.LOW,
    pillar=Pillar.PERFORMANCE,
    decided=Decided.INVENTORY,
    sources=(
        checkov("CKV_AZURE_168", "Ensure Azure Kubernetes Cluster (AKS) nodes should use a minimum number of 50 pods."),
    ),
    aliases=("CKV_AZURE_168",),
)


def subjects(inventory: Inventory) -> Iterable[OtherService]:
    """Every Kubernetes cluster."""
    return clusters(inventory)


def check(cluster: OtherService, _: Environment) -> Iterator[Finding | Doubt]:
    """A finding where a node holds fewer; a doubt where nobody describes its settings."""
    settings = cluster.kubernetes
    if settings is None:
        yield undescribed(CONTROL, cluster)
    elif settings.max_pods is None:
        place = settings.origin.of("max_pods")
        yield CONTROL.doubt(
            named(cluster),
            "how many pods a node holds depends on its network plugin, and max_pods is not stated",
            at=place,
            mend="state its max_pods",
        )
    elif settings.max_pods < _ENOUGH:
        place = settings.origin.of("max_pods")
        yield CONTROL.finding(
            named(cluster), f"a node holds {settings.max_pods} pods at most", at=place, mend="set max_pods: 50"
        )
