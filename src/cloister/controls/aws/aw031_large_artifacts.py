"""AW031: large artifacts have a way."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import AwsEnvironment, Control, Decided, Due, Pillar, Severity
from cloister.controls.sources import mlflow_post
from cloister.inventory.aws import Inventory

CONTROL = Control(
    id="AW031",
    title="Artifacts larger than API Gateway takes have another way",
    why="API Gateway takes 10 MB and waits 29 seconds: a model's upload fails there, and people look for a way around.",
    remedy="Let clients write to the bucket with rights of their own run, or raise the server's own address inside.",
    severity=Severity.MEDIUM,
    pillar=Pillar.RELIABILITY,
    decided=Decided.ATTESTED,
    sources=(mlflow_post("Limits of API Gateway"),),
    aliases=("S4-32",),
    question="Do artifacts over 10 MB go another way than through the API, with rights as narrow?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """An environment with an API."""
    return (inventory,) if inventory.rest_apis else ()


def check(inventory: Inventory, _: AwsEnvironment) -> Iterator[Due]:
    """What a person has to state."""
    yield CONTROL.due("the environment", at=inventory.origin)
