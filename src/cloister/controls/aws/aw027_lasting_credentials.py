"""AW027: credentials are not kept."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import AwsEnvironment, Control, Decided, Due, Pillar, Severity
from cloister.controls.sources import mlflow_post
from cloister.inventory.aws import Inventory

CONTROL = Control(
    id="AW027",
    title="Credentials that were assumed are kept in no notebook and no file",
    why="What stands in a notebook is shared with the notebook, and saved with it.",
    remedy="Let the session renew them: a profile with role_arn, or a session of boto3.",
    severity=Severity.LOW,
    pillar=Pillar.SECURITY,
    decided=Decided.ATTESTED,
    sources=(mlflow_post("Cross-account access from notebooks"),),
    aliases=("S4-28",),
    question="Do notebooks take assumed credentials from a profile or a session, and write them nowhere?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """An environment with notebooks."""
    return (inventory,) if inventory.sagemaker_domains or inventory.sagemaker_notebook_instances else ()


def check(inventory: Inventory, _: AwsEnvironment) -> Iterator[Due]:
    """What a person has to state."""
    yield CONTROL.due("the environment", at=inventory.origin)
