"""AZ108: batch inference is not broken off."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.sources import well_architected
from cloister.controls.wording import stated
from cloister.inventory.azure import Compute, Inventory
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ108",
    title="Batch inference that must not be broken off runs on dedicated nodes",
    why="Azure takes nodes of low priority away when it needs them, and cancels the job where it takes them all.",
    remedy="Set tier to Dedicated on the cluster, or state that what runs there is interruptible.",
    severity=Severity.MEDIUM,
    pillar=Pillar.RELIABILITY,
    decided=Decided.INVENTORY,
    sources=(well_architected("Reliability: use the Dedicated virtual machine tier for compute clusters"),),
    aliases=("WAF-REL-R3",),
    question="May batch inference on this cluster be broken off and repeated?",
)


def subjects(inventory: Inventory) -> Iterable[Compute]:
    """Every cluster on which a batch endpoint runs."""
    batch = {endpoint.compute for endpoint in inventory.batch_endpoints}
    return tuple(one for one in inventory.computes if one.name in batch)


def check(cluster: Compute, _: Environment) -> Iterator[Finding | Due]:
    """A finding for low priority where nothing may be broken off; due where nobody says whether it may."""
    if cluster.tier == "Dedicated" or cluster.interruptible:
        return
    thing, place = f'compute cluster "{cluster.name}"', cluster.origin.of("tier")
    if cluster.interruptible is None:
        yield CONTROL.due(thing, at=place)
    else:
        message = f"its nodes may be taken away: {stated(cluster.origin, 'tier', 'LowPriority')}"
        fix = edit(cluster.origin, "tier", value="Dedicated")
        yield CONTROL.finding(thing, message, at=place, mend="set tier: Dedicated", fix=(fix,))
