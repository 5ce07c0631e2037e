"""AZ006: the registry's shared account."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import network_security_guide, page
from cloister.inventory.azure import ContainerRegistry, Inventory
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ006",
    title="The container registry has no admin user",
    why="The admin user is one password for everybody, with the right to push: no record says who put an image there.",
    remedy="Set admin_user to false, and give the identities that pull or push AcrPull or AcrPush.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        page(
            "Authenticate with Azure Container Registry",
            "Admin account",
            "azure/container-registry/container-registry-authentication",
        ),
        network_security_guide("Azure Container Registry: admin_enabled"),
    ),
    aliases=("S0-28", "CKV_AZURE_137", "PSRule Azure.ACR.AdminUser"),
)


def subjects(inventory: Inventory) -> Iterable[ContainerRegistry]:
    """Every registry."""
    return inventory.container_registries


def check(registry: ContainerRegistry, _: Environment) -> Iterator[Finding]:
    """A finding where the admin user is on."""
    if registry.admin_user:
        yield CONTROL.finding(
            f'container registry "{registry.name}"',
            "its admin user is on: one password for everybody",
            at=registry.origin.of("admin_user"),
            mend="set admin_user: false, and give the identities that pull or push AcrPull or AcrPush",
            fix=(edit(registry.origin, "admin_user", value=False),),
        )
