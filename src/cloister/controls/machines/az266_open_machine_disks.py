"""AZ266: disks of machines are encrypted."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.controls.wording import stated
from cloister.inventory.azure import Inventory, Machine
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ266",
    title="Temporary disks and caches of machines are encrypted",
    why="An agent checks out code and data there. Without encryption at the host these lie open on it.",
    remedy="Set encryption_at_host to true.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(checkov("CKV_AZURE_97", "Ensure that Virtual machine scale sets have encryption at host enabled"),),
    aliases=("CKV_AZURE_97",),
)


def subjects(inventory: Inventory) -> Iterable[Machine]:
    """Every machine in a virtual network."""
    return [machine for machine in inventory.machines if inventory.subnet(machine.subnet)]


def check(machine: Machine, _: Environment) -> Iterator[Finding]:
    """A finding where its disks are not all encrypted."""
    if not machine.encryption_at_host:
        yield CONTROL.finding(
            f'machine "{machine.name}"',
            f"its temporary disk and caches are not encrypted: {stated(machine.origin, 'encryption_at_host', 'false')}",
            at=machine.origin.of("encryption_at_host"),
            mend="set encryption_at_host: true",
            fix=(edit(machine.origin, "encryption_at_host", value=True),),
        )
