"""AZ257: clusters are kept up to date."""

from collections.abc import Iterable, Iterator

from cloister.controls.clusters import clusters, named, undescribed
from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.inventory.azure import Inventory, OtherService
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ257",
    title="Kubernetes clusters are upgraded by a channel",
    why="A version is supported for a year or so. After that known weaknesses stay, and the upgrade becomes a leap.",
    remedy="Set upgrades to patch or stable.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(checkov("CKV_AZURE_171", "Ensure AKS cluster upgrade channel is chosen"),),
    aliases=("CKV_AZURE_171",),
)


def subjects(inventory: Inventory) -> Iterable[OtherService]:
    """Every Kubernetes cluster."""
    return clusters(inventory)


def check(cluster: OtherService, _: Environment) -> Iterator[Finding | Doubt]:
    """A finding where nothing upgrades it; a doubt where nobody describes its settings."""
    settings = cluster.kubernetes
    if settings is None:
        yield undescribed(CONTROL, cluster)
    elif settings.upgrades == "none":
        place = settings.origin.of("upgrades")
        yield CONTROL.finding(
            named(cluster),
            "nothing upgrades it: upgrades is none",
            at=place,
            mend="set upgrades: patch",
            fix=(edit(settings.origin, "upgrades", value="patch"),),
        )
