"""AW033: pages hold no secrets."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import AwsEnvironment, Control, Decided, Due, Pillar, Severity
from cloister.controls.sources import mlflow_post
from cloister.inventory.aws import Inventory

CONTROL = Control(
    id="AW033",
    title="The variables that build the pages hold public ids only",
    why="What a page is built with, every browser gets.",
    remedy="Keep secrets out of the build's variables.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.ATTESTED,
    sources=(mlflow_post("Amplify: build variables"),),
    aliases=("S4-34",),
    question="Do the variables with which the pages are built hold public ids only?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """An environment with an API."""
    return (inventory,) if inventory.rest_apis else ()


def check(inventory: Inventory, _: AwsEnvironment) -> Iterator[Due]:
    """What a person has to state."""
    yield CONTROL.due("the environment", at=inventory.origin)
