"""AZ213: images without a name are removed."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.inventory.azure import ContainerRegistry, Inventory
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ213",
    title="A Premium registry removes images that no tag names any more",
    why="Every build leaves the image before it behind: old weaknesses that still can be pulled by digest, and a "
    "bill that only grows.",
    remedy="Set retention_days.",
    severity=Severity.LOW,
    pillar=Pillar.COST,
    decided=Decided.INVENTORY,
    sources=(checkov("CKV_AZURE_167", "Ensure a retention policy is set to cleanup untagged manifests."),),
    aliases=("CKV_AZURE_167",),
)


def subjects(inventory: Inventory) -> Iterable[ContainerRegistry]:
    """Every registry of the tier that can."""
    return [registry for registry in inventory.container_registries if registry.sku == "Premium"]


def check(registry: ContainerRegistry, _: Environment) -> Iterator[Finding]:
    """A finding where untagged manifests stay for ever."""
    if registry.retention_days is None:
        yield CONTROL.finding(
            f'container registry "{registry.name}"',
            "images that no tag names stay for ever: retention_days is not stated",
            at=registry.origin.of("retention_days"),
            mend="set retention_days: 30",
            fix=(edit(registry.origin, "retention_days", value=30),),
        )
