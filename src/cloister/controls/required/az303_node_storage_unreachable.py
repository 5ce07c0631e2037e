"""AZ303: nodes reach the storage from which they start."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import lately, training_guide
from cloister.controls.traffic import Traffic, needed, refused
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ303",
    title="Computes reach the storage accounts from which Azure Batch starts their nodes",
    why="A node fetches what it runs from accounts of Microsoft before any job starts: blobs, queues and tables.",
    remedy="Give the subnet a service endpoint to storage with a policy for /services/Azure/MachineLearning; a rule "
    "for the tag Storage opens everybody's accounts as well.",
    severity=Severity.HIGH,
    pillar=Pillar.OPERATIONS,
    decided=Decided.REACH,
    sources=(
        training_guide("No public IP and public IP: allow outbound traffic; Required public internet access"),
        lately(
            "Azure Machine Learning data exfiltration prevention",
            "Service endpoint policy",
            "azure/machine-learning/how-to-prevent-data-loss-exfiltration",
        ),
    ),
    aliases=(
        "S2-24",
        "S2-31",
        "S2-32",
        "S2-33",
        "S0-30",
    ),
)


def subjects(inventory: Inventory) -> Iterable[Traffic]:
    """Each place that the service requires it of."""
    return needed(inventory, "node storage")


def check(traffic: Traffic, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for each rule that refuses it, a doubt where it cannot be told."""
    yield from refused(CONTROL, traffic, traffic.judged(environment))
