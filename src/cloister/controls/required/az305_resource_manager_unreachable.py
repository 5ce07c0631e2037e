"""AZ305: computes reach Azure Resource Manager."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import firewall_guide, training_guide
from cloister.controls.traffic import Traffic, needed, refused
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ305",
    title="Computes reach Azure Resource Manager on TCP 443",
    why="The command line and the SDK make and read resources there, from within jobs and notebooks too.",
    remedy="Allow the tag AzureResourceManager, or its name, on TCP 443.",
    severity=Severity.HIGH,
    pillar=Pillar.OPERATIONS,
    decided=Decided.REACH,
    sources=(
        training_guide("No public IP and public IP: allow outbound traffic; Required public internet access"),
        firewall_guide("Recommended configuration: outbound"),
    ),
    aliases=(
        "S2-43",
        "S0-30",
    ),
)


def subjects(inventory: Inventory) -> Iterable[Traffic]:
    """Each place that the service requires it of."""
    return needed(inventory, "resource manager")


def check(traffic: Traffic, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for each rule that refuses it, a doubt where it cannot be told."""
    yield from refused(CONTROL, traffic, traffic.judged(environment))
