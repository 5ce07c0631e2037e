"""AZ119: sizes that one still gets."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import lately, network_security_guide
from cloister.facts.vm_sizes import retirement_of
from cloister.inventory.azure import Compute, Inventory

CONTROL = Control(
    id="AZ119",
    title="No compute has a size that is retired",
    why="Azure gives nobody a retired size: the cluster fails when its first node should start.",
    remedy="Choose a size of a later generation.",
    severity=Severity.MEDIUM,
    pillar=Pillar.RELIABILITY,
    decided=Decided.INVENTORY,
    sources=(
        lately(
            "Retired Azure VM size series",
            "Retirement status, by series",
            "azure/virtual-machines/sizes/retirement/retired-sizes-list",
        ),
        network_security_guide("Compute cluster: vm_size, vm_priority"),
    ),
    aliases=("S0-10",),
)


def subjects(inventory: Inventory) -> Iterable[Compute]:
    """Every instance and cluster."""
    return inventory.computes


def check(compute: Compute, environment: Environment) -> Iterator[Finding]:
    """A finding for a size that is retired, or whose announced day has come."""
    row = retirement_of(compute.vm_size)
    if row and row.gone(environment.today):
        message = f"vm_size {compute.vm_size} is of the {row.series}, which was retired on {row.day}"
        mend = f"choose {row.successor}"
        place = compute.origin.of("vm_size")
        yield CONTROL.finding(f'compute {compute.kind} "{compute.name}"', message, at=place, mend=mend)
