"""AZ140: everybody knows how long a training may take."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import well_architected
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ140",
    title="It is said how long a training may take, and how often a model is trained again",
    why="Without a target every size of machine is right, and nobody notices when training becomes too slow.",
    remedy="State requirements.training_hours and requirements.retrain_days.",
    severity=Severity.LOW,
    pillar=Pillar.PERFORMANCE,
    decided=Decided.ATTESTED,
    sources=(well_architected("Performance Efficiency: determine the acceptable training time and retrain frequency"),),
    aliases=("WAF-PERF-C1",),
    question="How long may a training take, and how often is a model trained again?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """The environment as a whole."""
    return (inventory,)


def check(inventory: Inventory, _: Environment) -> Iterator[Due]:
    """Due where one of the two is not stated."""
    wanted = inventory.requirements
    if wanted is None or wanted.training_hours is None or wanted.retrain_days is None:
        yield CONTROL.due("the environment", at=inventory.origin)
