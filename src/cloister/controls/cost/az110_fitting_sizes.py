"""AZ110: sizes after what training needs."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Due, Environment, Finding, Pillar, Severity
from cloister.controls.sources import lately, well_architected
from cloister.facts.vm_sizes import kind_of_size
from cloister.inventory.azure import Compute, Inventory
from cloister.inventory.azure.wishes import Requirements

CONTROL = Control(
    id="AZ110",
    title="Clusters have sizes of the class that training needs",
    why="A GPU that nobody computes on costs ten times a CPU, and training on the wrong class costs days.",
    remedy="State what training needs (requirements.training), and choose sizes of that class.",
    severity=Severity.MEDIUM,
    pillar=Pillar.COST,
    decided=Decided.INVENTORY,
    sources=(
        well_architected(
            "Cost Optimization: optimize compute resources; Performance Efficiency: choose the right compute"
        ),
        lately(
            "Sizes for virtual machines in Azure", "Name structure; families", "azure/virtual-machines/sizes/overview"
        ),
    ),
    aliases=("WAF-COST-C1", "WAF-COST-R1", "WAF-PERF-C3"),
    question="Was the size of each cluster chosen by what training needs, and is it measured?",
)


def subjects(inventory: Inventory) -> Iterable[Compute]:
    """Every cluster but those that build images alone."""
    builders = {workspace.image_build_compute for workspace in inventory.workspaces}
    clusters = tuple(one for one in inventory.computes if one.kind == "cluster")
    return tuple(one for one in clusters if one.name not in builders) or clusters


def check(cluster: Compute, environment: Environment) -> Iterator[Finding | Doubt | Due]:
    """A finding for a size of another class; due where nobody has said what training needs."""
    requirements = environment.inventory.requirements
    thing = f'compute cluster "{cluster.name}"'
    if requirements is None or not requirements.training:
        yield CONTROL.due(thing, at=cluster.origin)
        return
    kind = kind_of_size(cluster.vm_size)
    if kind is None:
        message = f"what {cluster.vm_size} is good for is not known"
        yield CONTROL.doubt(thing, message, at=cluster.origin.of("vm_size"), mend="write the size as Azure does")
    elif kind not in requirements.training:
        yield _other_class(thing, cluster, kind, requirements)


def _other_class(thing: str, cluster: Compute, kind: str, requirements: Requirements) -> Finding:
    wanted = " or ".join(requirements.training)
    message = f"training needs sizes of the class {wanted}, and {cluster.vm_size} is of the class {kind}"
    mend = f"choose a size of the class {wanted}, or add {kind} to requirements.training"
    return CONTROL.finding(thing, message, at=cluster.origin.of("vm_size"), mend=mend)
