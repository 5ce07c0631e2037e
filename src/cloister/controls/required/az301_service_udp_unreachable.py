"""AZ301: computes reach Azure Machine Learning by UDP."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import firewall_guide, training_guide
from cloister.controls.traffic import Traffic, needed, refused
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ301",
    title="Where instances are used, computes reach Azure Machine Learning on UDP 5831",
    why="Instances are made, changed and removed over it: without it they hang in creation, and nothing in the "
    "portal says why.",
    remedy="Allow UDP 5831 to the tag AzureMachineLearning in filters and firewall.",
    severity=Severity.HIGH,
    pillar=Pillar.OPERATIONS,
    decided=Decided.REACH,
    sources=(
        training_guide("No public IP and public IP: allow outbound traffic; Required public internet access"),
        firewall_guide("Recommended configuration: outbound"),
    ),
    aliases=(
        "S2-22",
        "S2-26",
        "S2-46",
        "S0-30",
    ),
)


def subjects(inventory: Inventory) -> Iterable[Traffic]:
    """Each place that the service requires it of."""
    return needed(inventory, "instances by UDP")


def check(traffic: Traffic, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for each rule that refuses it, a doubt where it cannot be told."""
    yield from refused(CONTROL, traffic, traffic.judged(environment))
