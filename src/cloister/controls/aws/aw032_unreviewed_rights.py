"""AW032: rights are looked at."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import AwsEnvironment, Control, Decided, Due, Pillar, Severity
from cloister.controls.sources import mlflow_post
from cloister.inventory.aws import Inventory

CONTROL = Control(
    id="AW032",
    title="The policies of the roles are reviewed every quarter",
    why="Users live outside of MLflow: nobody there sees that somebody left.",
    remedy="Review who is in which group and what each role may, every 90 days, and write it down.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.ATTESTED,
    sources=(mlflow_post("Users and groups live in Cognito and IAM"),),
    aliases=("S4-33",),
    question="Were groups and policies reviewed within the last 90 days?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """An environment with an API."""
    return (inventory,) if inventory.rest_apis else ()


def check(inventory: Inventory, _: AwsEnvironment) -> Iterator[Due]:
    """What a person has to state."""
    yield CONTROL.due("the environment", at=inventory.origin)
