"""AZ211: only signed images run."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov, lately
from cloister.inventory.azure import ContainerRegistry, Inventory
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ211",
    title="Images are signed, and what is not signed does not run",
    why="Who can push to the registry, or change an image on its way, decides what runs beside the data.",
    remedy="Sign images with Notary Project tools and verify them before they run. Content trust of the registry ends "
    "in 2028.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        checkov("CKV_AZURE_164", "Ensures that ACR uses signed/trusted images"),
        lately(
            "Transition from Docker Content Trust to the Notary Project",
            "Docker Content Trust deprecation",
            "azure/container-registry/container-registry-content-trust-deprecation",
        ),
    ),
    aliases=("CKV_AZURE_164",),
    question="are images signed, and is a signature required of what runs",
)


def subjects(inventory: Inventory) -> Iterable[ContainerRegistry]:
    """Every registry."""
    return inventory.container_registries


def check(registry: ContainerRegistry, _: Environment) -> Iterator[Finding | Due]:
    """Due where the registry has no content trust; a finding where content trust is on and can be gone around."""
    thing = f'container registry "{registry.name}"'
    if not registry.trust_policy:
        yield CONTROL.due(thing, at=registry.origin.of("trust_policy"))
    elif registry.anonymous_pull:
        message = "it has content trust, and anonymous pulls go around it"
        yield CONTROL.finding(
            thing,
            message,
            at=registry.origin.of("anonymous_pull"),
            mend="set anonymous_pull: false",
            fix=(edit(registry.origin, "anonymous_pull", value=False),),
        )
