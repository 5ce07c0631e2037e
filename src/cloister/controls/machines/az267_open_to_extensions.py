"""AZ267: nobody installs extensions on machines."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.controls.wording import stated
from cloister.inventory.azure import Inventory, Machine
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ267",
    title="Machines take no extensions",
    why="An extension runs as root. Whoever may write to the machine in Azure so runs anything on it, without ever "
    "signing in.",
    remedy="Set extension_operations to false once the machine is set up.",
    severity=Severity.LOW,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(checkov("CKV_AZURE_50", "Ensure Virtual Machine Extensions are not Installed"),),
    aliases=("CKV_AZURE_50",),
)


def subjects(inventory: Inventory) -> Iterable[Machine]:
    """Every machine in a virtual network."""
    return [machine for machine in inventory.machines if inventory.subnet(machine.subnet)]


def check(machine: Machine, _: Environment) -> Iterator[Finding]:
    """A finding where extensions may be installed."""
    if machine.extension_operations:
        yield CONTROL.finding(
            f'machine "{machine.name}"',
            f"extensions may be installed, which run as root: {stated(machine.origin, 'extension_operations', 'true')}",
            at=machine.origin.of("extension_operations"),
            mend="set extension_operations: false",
            fix=(edit(machine.origin, "extension_operations", value=False),),
        )
