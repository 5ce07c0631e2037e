"""AZ010: secrets where everybody who can read a machine can read them."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import network_security_guide, page
from cloister.controls.wording import listed
from cloister.inventory.azure import Inventory, Machine

CONTROL = Control(
    id="AZ010",
    title="Extension settings hold no secrets",
    why="Settings are readable in the portal, in the API and in Terraform's state; who reads the machine has it.",
    remedy="Move the secret to protected settings or a key vault, or do without: a managed identity. Then replace it.",
    severity=Severity.CRITICAL,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        network_security_guide("Self-hosted agents: custom script extension"),
        page(
            "Custom Script Extension for Linux",
            "protectedSettings",
            "azure/virtual-machines/extensions/custom-script-linux",
        ),
    ),
    aliases=("S0-25", "MSB-IM-8", "CKV_AZURE_45"),
)


def subjects(inventory: Inventory) -> Iterable[Machine]:
    """Every machine."""
    return inventory.machines


def check(machine: Machine, _: Environment) -> Iterator[Finding]:
    """A finding where an extension's settings hold secrets."""
    if machine.secrets_in_extension_settings:
        names = listed(machine.secrets_in_extension_settings)
        yield CONTROL.finding(
            f'machine "{machine.name}"',
            f"{names} stands in its extension settings, where every reader of the machine sees it",
            at=machine.origin.of("secrets_in_extension_settings"),
            mend=f"move {names} to protected settings or a key vault, and replace it, since it has been readable",
        )
