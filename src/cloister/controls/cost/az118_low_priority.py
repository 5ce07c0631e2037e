"""AZ118: what may be broken off is bought at the price of it."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import lately, well_architected
from cloister.controls.wording import stated
from cloister.inventory.azure import Compute, Inventory

CONTROL = Control(
    id="AZ118",
    title="Clusters for work that may be broken off have nodes of low priority",
    why="Spare capacity costs a fraction of what is dedicated; work that repeats itself loses nothing but minutes.",
    remedy="Set tier to LowPriority on the cluster.",
    severity=Severity.LOW,
    pillar=Pillar.COST,
    decided=Decided.INVENTORY,
    sources=(
        well_architected("Cost Optimization: use low-priority virtual machines for batch workloads"),
        lately(
            "Use low priority VMs for batch deployments", "Tip", "azure/machine-learning/how-to-use-low-priority-batch"
        ),
    ),
    aliases=("WAF-COST-R4",),
)


def subjects(inventory: Inventory) -> Iterable[Compute]:
    """Every cluster of which its owner says that what runs there may be broken off."""
    return tuple(one for one in inventory.computes if one.kind == "cluster" and one.interruptible)


def check(cluster: Compute, _: Environment) -> Iterator[Finding]:
    """A finding for dedicated nodes."""
    if cluster.tier == "Dedicated":
        message = (
            f"its work may be broken off, and its nodes are dedicated: {stated(cluster.origin, 'tier', 'Dedicated')}"
        )
        place = cluster.origin.of("tier")
        yield CONTROL.finding(f'compute cluster "{cluster.name}"', message, at=place, mend="set tier: LowPriority")
