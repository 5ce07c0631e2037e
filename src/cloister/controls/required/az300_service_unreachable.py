"""AZ300: computes reach Azure Machine Learning on every port that it listens on."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import firewall_guide, training_guide
from cloister.controls.traffic import Traffic, needed, refused
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ300",
    title="Computes reach Azure Machine Learning on TCP 443, 8787 and 18881",
    why="Jobs take their orders on 443, R Studio on an instance speaks on 8787, and completion in notebooks on "
    "18881; a rule with 443 alone leaves two of the three dead without a word.",
    remedy="Allow the tag AzureMachineLearning, or its names, on all three ports in filters and firewall.",
    severity=Severity.HIGH,
    pillar=Pillar.OPERATIONS,
    decided=Decided.REACH,
    sources=(
        training_guide("No public IP and public IP: allow outbound traffic; Required public internet access"),
        firewall_guide("Recommended configuration: outbound"),
    ),
    aliases=(
        "S2-21",
        "S2-28",
        "S2-46",
        "S0-30",
    ),
)


def subjects(inventory: Inventory) -> Iterable[Traffic]:
    """Each place that the service requires it of."""
    return needed(inventory, "the service", "instances")


def check(traffic: Traffic, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for each rule that refuses it, a doubt where it cannot be told."""
    yield from refused(CONTROL, traffic, traffic.judged(environment))
