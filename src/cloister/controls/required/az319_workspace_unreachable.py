"""AZ319: computes without public addresses reach their workspace."""

from collections.abc import Iterable, Iterator

from cloister.ask.posed import Posed
from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import training_guide
from cloister.controls.traffic import Traffic, by_place, refused
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ319",
    title="Computes without public addresses reach the workspace's private endpoint",
    why="Such a node takes its orders through the endpoint, in its own network or a peered one: without a way "
    "there it starts and is thrown away.",
    remedy="Give the workspace a private endpoint in the computes' network or a peered one, and let TCP 443 through "
    "to it.",
    severity=Severity.CRITICAL,
    pillar=Pillar.OPERATIONS,
    decided=Decided.REACH,
    sources=(training_guide("No public IP: a workspace private endpoint"),),
    aliases=("S2-20",),
)


def subjects(inventory: Inventory) -> Iterable[Traffic]:
    """Each place with such computes; that the way is not a public one is AZ018's."""
    return by_place(inventory, ("azure-ml-services",), lambda posed: _is_orders(inventory, posed))


def _is_orders(inventory: Inventory, posed: Posed) -> bool:
    """Whether it is the way from a compute without a public address to its workspace."""
    target = posed.intent.question.partition(" -> ")[2].partition(":")[0]
    hidden = {compute.name for compute in inventory.computes if not compute.node_public_ip}
    return posed.place in hidden and target in {workspace.name for workspace in inventory.workspaces}


def check(traffic: Traffic, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for each rule that refuses it, a doubt where it cannot be told."""
    yield from refused(CONTROL, traffic, traffic.judged(environment))
