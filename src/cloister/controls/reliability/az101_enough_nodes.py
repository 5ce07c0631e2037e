"""AZ101: clusters are as large as the work that waits for them, and the quota gives as much."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.seen import on
from cloister.controls.sources import lately, well_architected
from cloister.facts.vm_sizes import serving_sizes
from cloister.inventory.azure import Compute, Inventory

CONTROL = Control(
    id="AZ101",
    title="Each cluster may have as many nodes as its work needs at once, and the quota has room for them",
    why="What a cluster or a quota lacks is not refused but waits: a training for tonight runs the day after.",
    remedy="Raise max_nodes, or request more quota for the family of sizes.",
    severity=Severity.MEDIUM,
    pillar=Pillar.RELIABILITY,
    decided=Decided.EXPORT,
    sources=(
        well_architected("Reliability: ensure you have sufficient compute for training and inferencing"),
        lately(
            "Manage and increase quotas and limits for resources with Azure Machine Learning",
            "Azure Machine Learning compute",
            "azure/machine-learning/how-to-manage-quotas",
        ),
    ),
    aliases=("WAF-REL-C2",),
    question="How many nodes does each cluster need at once, and does the quota of its size have room for them?",
)


def subjects(inventory: Inventory) -> Iterable[Compute]:
    """Every cluster."""
    return tuple(one for one in inventory.computes if one.kind == "cluster")


def check(cluster: Compute, environment: Environment) -> Iterator[Finding | Due]:
    """A finding where nodes or quota fall short; due where nobody has said or seen how much is needed or left."""
    inventory, thing = environment.inventory, f'compute cluster "{cluster.name}"'
    needed = dict(inventory.requirements.peak_nodes).get(cluster.name) if inventory.requirements else None
    if needed is not None and needed > cluster.max_nodes:
        message = f"its work needs {needed} nodes at once, and max_nodes is {cluster.max_nodes}"
        yield CONTROL.finding(thing, message, at=cluster.origin.of("max_nodes"), mend=f"set max_nodes: {needed}")
        return
    size = serving_sizes().get(cluster.vm_size.upper())
    observed = inventory.observed
    usages = (observed.usages if observed else None) or ()
    usage = next((one for one in usages if size and one.family == size.family), None)
    if needed is None or observed is None or size is None or usage is None:
        yield CONTROL.due(thing, at=cluster.origin)
        return
    wanted = needed * int(size.vcpus)
    if wanted > usage.limit:
        message = f"{needed} nodes of {cluster.vm_size} take {wanted} vCPUs, and {usage.family} has {usage.limit}"
        mend = f"request {wanted} vCPUs of {usage.family}"
        yield CONTROL.finding(thing, f"{message} {on(observed)}", at=usage.origin, mend=mend)
