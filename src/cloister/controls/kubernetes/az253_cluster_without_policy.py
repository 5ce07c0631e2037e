"""AZ253: policies bind what runs on a cluster."""

from collections.abc import Iterable, Iterator

from cloister.controls.clusters import clusters, named, undescribed
from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.inventory.azure import Inventory, OtherService
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ253",
    title="Azure Policy binds what runs on Kubernetes clusters",
    why="A pod with the rights of the node reads every secret on it; without the add-on nothing refuses to start one.",
    remedy="Set azure_policy to true, and assign policies for pods.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(checkov("CKV_AZURE_116", "Ensure that AKS uses Azure Policies Add-on"),),
    aliases=("CKV_AZURE_116",),
)


def subjects(inventory: Inventory) -> Iterable[OtherService]:
    """Every Kubernetes cluster."""
    return clusters(inventory)


def check(cluster: OtherService, _: Environment) -> Iterator[Finding | Doubt]:
    """A finding where the add-on is off; a doubt where nobody describes its settings."""
    settings = cluster.kubernetes
    if settings is None:
        yield undescribed(CONTROL, cluster)
    elif not settings.azure_policy:
        place = settings.origin.of("azure_policy")
        yield CONTROL.finding(
            named(cluster),
            "no policy binds what runs on it: azure_policy is false",
            at=place,
            mend="set azure_policy: true",
            fix=(edit(settings.origin, "azure_policy", value=True),),
        )
