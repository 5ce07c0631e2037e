"""AZ304: computes reach Entra ID."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import firewall_guide, training_guide
from cloister.controls.traffic import Traffic, needed, refused
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ304",
    title="Computes reach Microsoft Entra ID on TCP 80 and 443",
    why="Every managed identity gets its tokens there; without them a job may nothing.",
    remedy="Allow the tag AzureActiveDirectory, or its names, on TCP 80 and 443.",
    severity=Severity.HIGH,
    pillar=Pillar.OPERATIONS,
    decided=Decided.REACH,
    sources=(
        training_guide("No public IP and public IP: allow outbound traffic; Required public internet access"),
        firewall_guide("Recommended configuration: outbound"),
    ),
    aliases=(
        "S2-42",
        "S0-30",
    ),
)


def subjects(inventory: Inventory) -> Iterable[Traffic]:
    """Each place that the service requires it of."""
    return needed(inventory, "sign-in")


def check(traffic: Traffic, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for each rule that refuses it, a doubt where it cannot be told."""
    yield from refused(CONTROL, traffic, traffic.judged(environment))
