"""AZ336: one firewall serves all workspaces."""

from collections.abc import Iterable, Iterator

from cloister.ask.lessons import firewall_each
from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.diagnosed import seen_in, taught
from cloister.controls.sources import lately
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ336",
    title="Several workspaces do not have a firewall each",
    why="A firewall for each workspace costs as often as there are workspaces, and its list of names drifts away "
    "from the others'.",
    remedy="Put one firewall into the network that all are peered with, and route everything there.",
    severity=Severity.MEDIUM,
    pillar=Pillar.COST,
    decided=Decided.REACH,
    sources=(
        lately(
            "Hub-spoke network topology in Azure",
            "Shared services in the hub",
            "azure/architecture/networking/architecture/hub-spoke",
        ),
    ),
    aliases=("S3-A6",),
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """An environment with several workspaces and firewalls."""
    return (inventory,) if len(inventory.workspaces) > 1 and inventory.firewalls else ()


def check(inventory: Inventory, environment: Environment) -> Iterator[Finding]:
    """A finding where the environment is the known one."""
    yield from taught(CONTROL, firewall_each.recognise, seen_in(inventory, environment))
