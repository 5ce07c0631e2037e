"""AZ105: a long training goes on after it was broken off."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import well_architected
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ105",
    title="Long trainings write checkpoints and go on from them",
    why="A node that fails, or is taken away, costs the last minutes with checkpoints and the whole training without.",
    remedy="Let the script save its state as the training goes, and load the last state when it starts.",
    severity=Severity.MEDIUM,
    pillar=Pillar.RELIABILITY,
    decided=Decided.ATTESTED,
    sources=(
        well_architected("Reliability: self-healing capabilities such as checkpointing; model training resiliency"),
    ),
    aliases=(
        "WAF-REL-C6",
        "WAF-REL-R2",
    ),
    question="Do trainings that run for hours write checkpoints, and has one of them gone on from its last?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """The environment as a whole."""
    return (inventory,)


def check(inventory: Inventory, _: Environment) -> Iterator[Due]:
    """Only a person can tell."""
    yield CONTROL.due("the environment", at=inventory.origin)
