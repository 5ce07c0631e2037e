"""AZ264: the system pool is the system's."""

from collections.abc import Iterable, Iterator

from cloister.controls.clusters import clusters, named, undescribed
from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.inventory.azure import Inventory, OtherService
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ264",
    title="The system pool of a Kubernetes cluster takes nothing but system pods",
    why="A model that takes all memory of a node takes name service and network of the whole cluster with it.",
    remedy="Set only_critical_addons to true, and run models in a pool of their own.",
    severity=Severity.LOW,
    pillar=Pillar.RELIABILITY,
    decided=Decided.INVENTORY,
    sources=(checkov("CKV_AZURE_232", "Ensure that only critical system pods run on system nodes"),),
    aliases=("CKV_AZURE_232",),
)


def subjects(inventory: Inventory) -> Iterable[OtherService]:
    """Every Kubernetes cluster."""
    return clusters(inventory)


def check(cluster: OtherService, _: Environment) -> Iterator[Finding | Doubt]:
    """A finding where anything runs in it; a doubt where nobody describes its settings."""
    settings = cluster.kubernetes
    if settings is None:
        yield undescribed(CONTROL, cluster)
    elif not settings.only_critical_addons:
        place = settings.origin.of("only_critical_addons")
        yield CONTROL.finding(
            named(cluster),
            "models run beside the system's own pods: only_critical_addons is false",
            at=place,
            mend="set only_critical_addons: true",
            fix=(edit(settings.origin, "only_critical_addons", value=True),),
        )
