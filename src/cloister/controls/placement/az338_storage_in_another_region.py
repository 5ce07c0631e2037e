"""AZ338: storage stands in the region of the computes."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import training_guide
from cloister.inventory.azure import Compute, Inventory

CONTROL = Control(
    id="AZ338",
    title="Computes, their workspace and its storage stand in one region",
    why="Data that crosses regions is paid for by the gigabyte, and comes late.",
    remedy="Put the storage into the region of the computes, or the computes into that of the storage.",
    severity=Severity.LOW,
    pillar=Pillar.COST,
    decided=Decided.INVENTORY,
    sources=(training_guide("Prerequisites: storage in the same Azure region as the compute"),),
    aliases=("S2-02",),
)


def subjects(inventory: Inventory) -> Iterable[Compute]:
    """Every instance and cluster."""
    return inventory.computes


def check(compute: Compute, environment: Environment) -> Iterator[Finding]:
    """A finding where the storage of its workspace stands in another region than it does itself."""
    inventory = environment.inventory
    workspace = inventory.workspace_of(compute)
    here = compute.location or inventory.region
    for account in inventory.storage_accounts if workspace else ():
        there = account.location or inventory.region
        if workspace and account.name == workspace.storage_account and there != here:
            message = f"it stands in {here}, and the storage of its workspace, {account.name}, in {there}"
            yield CONTROL.finding(f'compute {compute.kind} "{compute.name}"', message, at=compute.origin.of("location"))
