"""AZ269: machines have their agent."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.inventory.azure import Inventory, Machine
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ269",
    title="Machines have the agent of Azure",
    why="Without it nothing inside can be watched, mended or scanned from outside.",
    remedy="Set vm_agent to true.",
    severity=Severity.LOW,
    pillar=Pillar.OPERATIONS,
    decided=Decided.INVENTORY,
    sources=(checkov("CKV_AZURE_179", "Ensure VM agent is installed"),),
    aliases=("CKV_AZURE_179",),
)


def subjects(inventory: Inventory) -> Iterable[Machine]:
    """Every machine in a virtual network."""
    return [machine for machine in inventory.machines if inventory.subnet(machine.subnet)]


def check(machine: Machine, _: Environment) -> Iterator[Finding]:
    """A finding where the agent is missing."""
    if not machine.vm_agent:
        yield CONTROL.finding(
            f'machine "{machine.name}"',
            "the agent of Azure is not installed on it",
            at=machine.origin.of("vm_agent"),
            mend="set vm_agent: true",
            fix=(edit(machine.origin, "vm_agent", value=True),),
        )
