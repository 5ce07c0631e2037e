"""AZ127: no workspace without a use of its own."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import well_architected
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ127",
    title="Each workspace has a use that no other has",
    why="Every workspace brings its stores, endpoints, rights and updates: two for one use are twice the work.",
    remedy="Join workspaces that serve one use, or state the loops that tell them apart.",
    severity=Severity.LOW,
    pillar=Pillar.OPERATIONS,
    decided=Decided.ATTESTED,
    sources=(well_architected("Operational Excellence: minimize Machine Learning workspace instances"),),
    aliases=("WAF-OPS-R1",),
    question="Which use does each workspace have that no other workspace has, here or elsewhere?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """The environment as a whole."""
    return (inventory,)


def check(inventory: Inventory, _: Environment) -> Iterator[Due]:
    """Due: other workspaces may stand in other environments, and what a use is no description tells."""
    yield CONTROL.due("the environment", at=inventory.origin)
