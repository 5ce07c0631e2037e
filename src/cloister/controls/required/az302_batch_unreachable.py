"""AZ302: nodes reach Azure Batch, which makes them."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import firewall_guide, training_guide
from cloister.controls.traffic import Traffic, needed, refused
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ302",
    title="Computes reach the management of Azure Batch on port 443",
    why="Instances and clusters are pools of Azure Batch: a node that cannot report there is taken for broken and "
    "thrown away.",
    remedy="Allow port 443 to the tag BatchNodeManagement of the region, or to both of its names.",
    severity=Severity.HIGH,
    pillar=Pillar.OPERATIONS,
    decided=Decided.REACH,
    sources=(
        training_guide("No public IP and public IP: allow outbound traffic; Required public internet access"),
        firewall_guide("Recommended configuration: outbound"),
    ),
    aliases=(
        "S2-23",
        "S2-29",
        "S2-30",
        "S0-30",
    ),
)


def subjects(inventory: Inventory) -> Iterable[Traffic]:
    """Each place that the service requires it of."""
    return needed(inventory, "nodes")


def check(traffic: Traffic, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for each rule that refuses it, a doubt where it cannot be told."""
    yield from refused(CONTROL, traffic, traffic.judged(environment))
