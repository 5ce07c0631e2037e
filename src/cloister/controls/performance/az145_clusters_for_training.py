"""AZ145: trainings run on clusters."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.seen import last_name, on
from cloister.controls.sources import well_architected
from cloister.inventory.azure import Inventory, Workspace

CONTROL = Control(
    id="AZ145",
    title="Trainings run on clusters, and not on the instances of people",
    why="An instance has one node that does not scale, and belongs to one person: nobody else can use it.",
    remedy="Add a cluster to the workspace, and send jobs to it.",
    severity=Severity.LOW,
    pillar=Pillar.PERFORMANCE,
    decided=Decided.INVENTORY,
    sources=(well_architected("Performance Efficiency: use compute clusters instead of instances for training"),),
    aliases=("WAF-PERF-R1",),
)


def subjects(inventory: Inventory) -> Iterable[Workspace]:
    """Every workspace that has a compute."""
    owners = [inventory.workspace_of(compute) for compute in inventory.computes]
    return tuple(workspace for workspace in inventory.workspaces if workspace in owners)


def check(workspace: Workspace, environment: Environment) -> Iterator[Finding]:
    """A finding where it has no cluster, and one where most of the jobs that were seen ran on its instances."""
    inventory, observed = environment.inventory, environment.inventory.observed
    computes = [one for one in inventory.computes if inventory.workspace_of(one) == workspace]
    thing = f'workspace "{workspace.name}"'
    if not any(one.kind == "cluster" for one in computes):
        message = "all its computes are instances, which have one node and do not scale"
        yield CONTROL.finding(thing, message, at=workspace.origin, mend="add a cluster")
    instances = {one.name for one in computes if one.kind == "instance"}
    ran = [last_name(job.compute) for job in (observed.jobs if observed else None) or () if job.compute]
    on_instances = sum(name in instances for name in ran)
    if observed and on_instances * 2 > len(ran):
        message = f"{on_instances} of {len(ran)} jobs ran on an instance {on(observed)}"
        yield CONTROL.finding(thing, message, at=observed.origin.of("jobs"), mend="send jobs to a cluster")
