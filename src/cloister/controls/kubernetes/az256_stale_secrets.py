"""AZ256: secrets of pods follow their vault."""

from collections.abc import Iterable, Iterator

from cloister.controls.clusters import clusters, named, undescribed
from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.inventory.azure import Inventory, OtherService
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ256",
    title="Secrets that Kubernetes clusters mount follow their vault",
    why="A secret that was replaced in the vault stays the old one in the pod, and stolen ones keep working until it "
    "starts anew.",
    remedy="Set secrets_rotation to true.",
    severity=Severity.LOW,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(checkov("CKV_AZURE_172", "Ensure autorotation of Secrets Store CSI Driver secrets for AKS clusters"),),
    aliases=("CKV_AZURE_172",),
)


def subjects(inventory: Inventory) -> Iterable[OtherService]:
    """Every Kubernetes cluster."""
    return clusters(inventory)


def check(cluster: OtherService, _: Environment) -> Iterator[Finding | Doubt]:
    """A finding where mounted secrets stay as they were; a doubt where nobody describes its settings."""
    settings = cluster.kubernetes
    if settings is None:
        yield undescribed(CONTROL, cluster)
    elif not settings.secrets_rotation:
        place = settings.origin.of("secrets_rotation")
        yield CONTROL.finding(
            named(cluster),
            "mounted secrets do not follow their vault: secrets_rotation is false",
            at=place,
            mend="set secrets_rotation: true",
            fix=(edit(settings.origin, "secrets_rotation", value=True),),
        )
