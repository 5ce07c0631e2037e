"""AZ254: clusters have no dashboard."""

from collections.abc import Iterable, Iterator

from cloister.controls.clusters import clusters, named, undescribed
from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.inventory.azure import Inventory, OtherService
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ254",
    title="Kubernetes clusters do not have the retired dashboard",
    why="The dashboard ran with rights of its own, and showed and changed the cluster for whoever found it. It is no "
    "longer kept up.",
    remedy="Set dashboard to false.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(checkov("CKV_AZURE_8", "Ensure Kubernetes Dashboard is disabled"),),
    aliases=("CKV_AZURE_8",),
)


def subjects(inventory: Inventory) -> Iterable[OtherService]:
    """Every Kubernetes cluster."""
    return clusters(inventory)


def check(cluster: OtherService, _: Environment) -> Iterator[Finding | Doubt]:
    """A finding where it has the dashboard; a doubt where nobody describes its settings."""
    settings = cluster.kubernetes
    if settings is None:
        yield undescribed(CONTROL, cluster)
    elif settings.dashboard:
        place = settings.origin.of("dashboard")
        yield CONTROL.finding(
            named(cluster),
            "it has the retired dashboard",
            at=place,
            mend="set dashboard: false",
            fix=(edit(settings.origin, "dashboard", value=False),),
        )
