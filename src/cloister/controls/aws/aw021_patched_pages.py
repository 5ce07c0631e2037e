"""AW021: the pages follow the server."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import AwsEnvironment, Control, Decided, Due, Pillar, Severity
from cloister.controls.sources import mlflow_post
from cloister.inventory.aws import Inventory

CONTROL = Control(
    id="AW021",
    title="The patched pages of MLflow are those of the server's release",
    why="Pages of one release against a server of another fail in ways that look like missing rights.",
    remedy=(
        "Pin the release of the pages to that of the server, and move both together; or serve pages that need no patch."
    ),
    severity=Severity.MEDIUM,
    pillar=Pillar.OPERATIONS,
    decided=Decided.ATTESTED,
    sources=(mlflow_post("User interface: the patch of MLflow 2.3.1"),),
    aliases=("S4-22",),
    question="Are the pages that the browser loads built from the release that the tracking server runs?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """An environment with an API."""
    return (inventory,) if inventory.rest_apis else ()


def check(inventory: Inventory, _: AwsEnvironment) -> Iterator[Due]:
    """What a person has to state."""
    yield CONTROL.due("the environment", at=inventory.origin)
