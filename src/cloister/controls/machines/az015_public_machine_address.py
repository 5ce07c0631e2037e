"""AZ015: jump hosts and agents without addresses of their own on the internet."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import network_security_guide, security_baseline
from cloister.inventory.azure import Inventory, Machine
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ015",
    title="Machines have no public addresses",
    why="A jump host on the internet is the closed network's front door, and its password is the only lock.",
    remedy="Set public_ip to false, and come in through Bastion, a VPN or ExpressRoute.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(network_security_guide("Azure Bastion and the jump host"), security_baseline("NS-1")),
    aliases=("S0-22", "DEP-VM-1", "CKV_AZURE_119", "CKV2_AZURE_39"),
)


def subjects(inventory: Inventory) -> Iterable[Machine]:
    """Every machine in a virtual network."""
    return [machine for machine in inventory.machines if inventory.subnet(machine.subnet)]


def check(machine: Machine, _: Environment) -> Iterator[Finding]:
    """A finding where a machine has a public address."""
    if machine.public_ip:
        yield CONTROL.finding(
            f'machine "{machine.name}"',
            "it has a public address",
            at=machine.origin.of("public_ip"),
            mend="set public_ip: false, and come in through Bastion or the gateway",
            fix=(edit(machine.origin, "public_ip", value=False),),
        )
