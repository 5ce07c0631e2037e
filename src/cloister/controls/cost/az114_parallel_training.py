"""AZ114: smaller machines in parallel instead of a large one."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import well_architected
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ114",
    title="Whether training in parallel on smaller sizes is cheaper has been measured",
    why="Two small nodes often cost less than the one large one, and nobody knows before it is tried.",
    remedy="Run the training once with a parallel component on smaller sizes, and keep the numbers.",
    severity=Severity.LOW,
    pillar=Pillar.COST,
    decided=Decided.ATTESTED,
    sources=(
        well_architected("Cost Optimization: test parallelizing training workloads; parallelize training workloads"),
    ),
    aliases=(
        "WAF-COST-C4",
        "WAF-COST-R6",
    ),
    question="Has the training been measured in parallel on smaller sizes, and are the numbers kept?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """The environment as a whole."""
    return (inventory,)


def check(inventory: Inventory, _: Environment) -> Iterator[Due]:
    """Only a person can tell."""
    yield CONTROL.due("the environment", at=inventory.origin)
