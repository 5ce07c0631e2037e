"""AZ339: clusters in another region are made by the API that can."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.sources import training_guide
from cloister.inventory.azure import Compute, Inventory

CONTROL = Control(
    id="AZ339",
    title="Of computes in another region than their workspace there are clusters alone, made through API v2",
    why="An instance cannot be made in another region, and the older API cannot make a cluster there: the "
    "creation fails.",
    remedy="Put the compute into the workspace's region, or make it a cluster through API v2.",
    severity=Severity.MEDIUM,
    pillar=Pillar.OPERATIONS,
    decided=Decided.INVENTORY,
    sources=(training_guide("Compute cluster in a different VNet/region from workspace"),),
    aliases=("S2-11",),
    question="Is the cluster made through API v2, the studio or the command line of v2?",
)


def subjects(inventory: Inventory) -> Iterable[Compute]:
    """Every instance and cluster."""
    return inventory.computes


def check(compute: Compute, environment: Environment) -> Iterator[Finding | Due]:
    """A finding for an instance, or for an API that cannot make the cluster; due where nobody said which API it is."""
    inventory, thing = environment.inventory, f'compute {compute.kind} "{compute.name}"'
    workspace = inventory.workspace_of(compute)
    here = compute.location or inventory.region
    there = (workspace.location if workspace else None) or inventory.region
    if here == there:
        return
    elsewhere = f"it stands in {here}, and its workspace in {there}"
    api = inventory.requirements.api if inventory.requirements else None
    place = compute.origin.of("location")
    if compute.kind == "instance":
        yield CONTROL.finding(thing, f"{elsewhere}: an instance is made in the region of its workspace", at=place)
    elif api == "v1":
        yield CONTROL.finding(thing, f"{elsewhere}: API v1 makes no cluster there", at=place)
    elif api is None:
        yield CONTROL.due(thing, at=place, message=f"{elsewhere}: {CONTROL.question}")
