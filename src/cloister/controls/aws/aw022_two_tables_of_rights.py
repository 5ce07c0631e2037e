"""AW022: one table of rights."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import AwsEnvironment, Control, Decided, Due, Pillar, Severity
from cloister.controls.sources import mlflow_post
from cloister.inventory.aws import Inventory

CONTROL = Control(
    id="AW022",
    title="The authorizer's policies and the roles' policies allow the same",
    why=(
        "Two lists of rights that are kept by hand part with the first change: the browser then may what the "
        "client may not."
    ),
    remedy="Write both from one table.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.ATTESTED,
    sources=(mlflow_post("Lambda authorizer: policies by group"),),
    aliases=("S4-24",),
    question="Are the policies that the authorizer returns and those of the execution roles written from one table?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """An environment with an API."""
    return (inventory,) if inventory.rest_apis else ()


def check(inventory: Inventory, _: AwsEnvironment) -> Iterator[Due]:
    """What a person has to state."""
    yield CONTROL.due("the environment", at=inventory.origin)
