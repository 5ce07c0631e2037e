"""AW015: clients sign."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import AwsEnvironment, Control, Decided, Due, Pillar, Severity
from cloister.controls.sources import mlflow_post
from cloister.inventory.aws import Inventory

CONTROL = Control(
    id="AW015",
    title="Clients of MLflow are told to sign, in a version that can",
    why=(
        "MLflow before 1.30 cannot sign, and later ones do so only where they are told: calls then fail, or go "
        "another way."
    ),
    remedy=(
        "Set MLFLOW_TRACKING_AWS_SIGV4=true where jobs and notebooks start, and install requests_auth_aws_sigv4 "
        "with mlflow 1.30 or later."
    ),
    severity=Severity.MEDIUM,
    pillar=Pillar.OPERATIONS,
    decided=Decided.ATTESTED,
    sources=(mlflow_post("Client: MLFLOW_TRACKING_AWS_SIGV4"),),
    aliases=("S4-16",),
    question=(
        "Do notebooks and jobs set MLFLOW_TRACKING_AWS_SIGV4=true, with mlflow 1.30 or later and "
        "requests_auth_aws_sigv4?"
    ),
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """An environment with an API."""
    return (inventory,) if inventory.rest_apis else ()


def check(inventory: Inventory, _: AwsEnvironment) -> Iterator[Due]:
    """What a person has to state."""
    yield CONTROL.due("the environment", at=inventory.origin)
