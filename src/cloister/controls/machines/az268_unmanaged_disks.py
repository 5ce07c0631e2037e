"""AZ268: Azure keeps the disks of machines."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.inventory.azure import Inventory, Machine

CONTROL = Control(
    id="AZ268",
    title="Machines have managed disks",
    why="A disk in a storage account is a file that whoever has the account's key downloads. Azure has retired them.",
    remedy="Convert the disks, and set managed_disks to true.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(checkov("CKV_AZURE_92", "Ensure that Virtual Machines use managed disks"),),
    aliases=("CKV_AZURE_92",),
)


def subjects(inventory: Inventory) -> Iterable[Machine]:
    """Every machine in a virtual network."""
    return [machine for machine in inventory.machines if inventory.subnet(machine.subnet)]


def check(machine: Machine, _: Environment) -> Iterator[Finding]:
    """A finding where its disks lie in a storage account."""
    if not machine.managed_disks:
        yield CONTROL.finding(
            f'machine "{machine.name}"',
            "its disks are files in a storage account",
            at=machine.origin.of("managed_disks"),
            mend="set managed_disks: true",
        )
