"""AZ340: whoever deploys computes is of the tenant."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import training_guide
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ340",
    title="Computes are deployed from the tenant that owns the network, and not through Azure Lighthouse",
    why="The service does not make computes in a network for somebody who comes through a delegation: every "
    "creation fails.",
    remedy="Deploy with an identity of the tenant itself.",
    severity=Severity.MEDIUM,
    pillar=Pillar.OPERATIONS,
    decided=Decided.ATTESTED,
    sources=(training_guide("Limitations: Azure Lighthouse"),),
    aliases=("S2-12",),
    question="Are computes deployed by identities of the tenant itself, and not through Azure Lighthouse?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """An environment with computes in subnets."""
    return (inventory,) if any(one.subnet for one in inventory.computes) else ()


def check(inventory: Inventory, _: Environment) -> Iterator[Due]:
    """Always due."""
    yield CONTROL.due("the environment", at=inventory.origin)
