"""AZ116: somebody sees what trainings use of the machines that they stand on."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import lately, well_architected
from cloister.inventory.azure import Inventory

_USE = ("CpuUtilization", "GpuUtilization", "CpuMemoryUtilization", "GpuMemoryUtilization")
"""What names of metrics of a workspace begin with, of which one is about use."""

CONTROL = Control(
    id="AZ116",
    title="What trainings use of their processors is watched",
    why="A GPU that waits for data costs as much as one that computes, and only its use tells the two apart.",
    remedy="Set an alert on the use of CPU or GPU of the workspace, or look at it with each training.",
    severity=Severity.LOW,
    pillar=Pillar.COST,
    decided=Decided.ATTESTED,
    sources=(
        well_architected(
            "Cost Optimization: monitor your resource usage such as CPU and GPU usage when training models"
        ),
        lately(
            "Azure Machine Learning monitoring data reference",
            "Supported metrics: CpuUtilizationPercentage, GpuUtilizationPercentage",
            "azure/machine-learning/monitor-azure-machine-learning-reference",
        ),
    ),
    aliases=("WAF-COST-C6",),
    question="Does somebody look at what trainings use of CPU and GPU, and change sizes by it?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """The environment as a whole."""
    return (inventory,)


def check(inventory: Inventory, _: Environment) -> Iterator[Due]:
    """Due unless an alert on the use of a workspace is described."""
    workspaces = {one.name for one in inventory.workspaces}
    watched = (one for one in inventory.metric_alerts if one.target in workspaces)
    if not any(one.metric.startswith(_USE) for one in watched):
        yield CONTROL.due("the environment", at=inventory.origin)
