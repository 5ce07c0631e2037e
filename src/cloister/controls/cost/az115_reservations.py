"""AZ115: a lower price for what is used anyhow."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import well_architected
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ115",
    title="What is used for one to three years is reserved",
    why="Who knows what he will use pays less for it in advance, for the same machines.",
    remedy="Compare a year of use with the offers, and reserve the part that never falls below.",
    severity=Severity.LOW,
    pillar=Pillar.COST,
    decided=Decided.ATTESTED,
    sources=(well_architected("Cost Optimization: purchase Azure Reserved Virtual Machine Instances"),),
    aliases=(
        "WAF-COST-C5",
        "WAF-COST-R7",
    ),
    question="Has the steady use been compared with reservations, and is what pays off reserved?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """The environment as a whole."""
    return (inventory,)


def check(inventory: Inventory, _: Environment) -> Iterator[Due]:
    """Only a person can tell."""
    yield CONTROL.due("the environment", at=inventory.origin)
