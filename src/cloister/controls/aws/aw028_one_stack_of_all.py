"""AW028: parts are changed apart."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import AwsEnvironment, Control, Decided, Due, Pillar, Severity
from cloister.controls.sources import mlflow_post
from cloister.inventory.aws import Inventory

CONTROL = Control(
    id="AW028",
    title="Network, API, pages and people are stacks of their own",
    why="Where one stack holds all, a change of a user pool can replace a network.",
    remedy="Split the stacks, and hand values on as exports.",
    severity=Severity.LOW,
    pillar=Pillar.OPERATIONS,
    decided=Decided.ATTESTED,
    sources=(mlflow_post("Deployment: four stacks"),),
    aliases=("S4-29",),
    question="Are network, API, pages and people deployed as stacks of their own?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """An environment with an API."""
    return (inventory,) if inventory.rest_apis else ()


def check(inventory: Inventory, _: AwsEnvironment) -> Iterator[Due]:
    """What a person has to state."""
    yield CONTROL.due("the environment", at=inventory.origin)
