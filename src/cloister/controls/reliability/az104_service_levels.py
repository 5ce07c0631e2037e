"""AZ104: computes and hosts with the service level that the business needs."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import well_architected
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ104",
    title="Clusters, instances and hosts of models are chosen by the service level that the business needs",
    why="An instance is one machine without a spare, and low priority may be taken away: who serves there learns it.",
    remedy="Write down which service level each use needs, and which compute has it.",
    severity=Severity.LOW,
    pillar=Pillar.RELIABILITY,
    decided=Decided.ATTESTED,
    sources=(
        well_architected(
            "Reliability: select compute clusters, compute instances and inference hosts by reliability needs"
        ),
    ),
    aliases=("WAF-REL-C5",),
    question="Is the service level that each use needs written down, and does its compute have it?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """The environment as a whole."""
    return (inventory,)


def check(inventory: Inventory, _: Environment) -> Iterator[Due]:
    """Only a person can tell."""
    yield CONTROL.due("the environment", at=inventory.origin)
