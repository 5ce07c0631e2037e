"""AZ258: production has a service level."""

from collections.abc import Iterable, Iterator

from cloister.controls.clusters import clusters, named, undescribed
from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.controls.wording import stated
from cloister.inventory.azure import Inventory, OtherService

CONTROL = Control(
    id="AZ258",
    title="In production, Kubernetes clusters have a tier with a service level",
    why="Of a free control plane nobody promises anything: while it is away nothing scales and nothing is deployed.",
    remedy="Set sku_tier to Standard.",
    severity=Severity.MEDIUM,
    pillar=Pillar.RELIABILITY,
    decided=Decided.INVENTORY,
    sources=(checkov("CKV_AZURE_170", "Ensure that AKS use the Paid Sku for its SLA"),),
    aliases=("CKV_AZURE_170",),
)


def subjects(inventory: Inventory) -> Iterable[OtherService]:
    """Every Kubernetes cluster."""
    return clusters(inventory)


def check(cluster: OtherService, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding where production is Free; a doubt where nobody says what it is for, or describes its settings."""
    settings, required = cluster.kubernetes, environment.inventory.requirements
    stage = required.stage if required else None
    if settings is None:
        yield undescribed(CONTROL, cluster)
    elif settings.sku_tier == "Free" and stage not in ("dev", "test"):
        place = settings.origin.of("sku_tier")
        how = stated(settings.origin, "sku_tier", "Free")
        if stage is None:
            message, mend = f"{how}, and nobody says whether this is production", "state stage under requirements"
            yield CONTROL.doubt(named(cluster), message, at=place, mend=mend)
        else:
            message = f"nobody promises anything for it: {how}"
            yield CONTROL.finding(named(cluster), message, at=place, mend="set sku_tier: Standard")
