"""AZ252: pods are kept apart."""

from collections.abc import Iterable, Iterator

from cloister.controls.clusters import clusters, named, undescribed
from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.inventory.azure import Inventory, OtherService

CONTROL = Control(
    id="AZ252",
    title="Kubernetes clusters can keep their pods apart",
    why="One pod that is taken over reaches every other, and the models and data that these serve.",
    remedy="Set network_policy, which is decided when the cluster is made.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(checkov("CKV_AZURE_7", "Ensure AKS cluster has Network Policy configured"),),
    aliases=("CKV_AZURE_7",),
)


def subjects(inventory: Inventory) -> Iterable[OtherService]:
    """Every Kubernetes cluster."""
    return clusters(inventory)


def check(cluster: OtherService, _: Environment) -> Iterator[Finding | Doubt]:
    """A finding where nothing keeps its pods apart; a doubt where nobody describes its settings."""
    settings = cluster.kubernetes
    if settings is None:
        yield undescribed(CONTROL, cluster)
    elif settings.network_policy == "none":
        place = settings.origin.of("network_policy")
        yield CONTROL.finding(
            named(cluster),
            "nothing keeps its pods apart: network_policy is none",
            at=place,
            mend="set network_policy: cilium",
        )
