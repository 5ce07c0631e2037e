"""AZ317: the workspace's file share is reached by its own protocol."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import training_guide
from cloister.controls.traffic import Traffic, by_place, refused
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ317",
    title="Computes reach the file share of the workspace's storage on TCP 445",
    why="Notebooks, code and snapshots lie on it, and every node mounts it: a job without it fails before its "
    "first line.",
    remedy="Let TCP 445 through between the computes' subnet and the endpoint of the share, in the filters at both "
    "ends.",
    severity=Severity.HIGH,
    pillar=Pillar.OPERATIONS,
    decided=Decided.REACH,
    sources=(training_guide("Limitations: port 445 between compute and the default storage account"),),
    aliases=("S2-13",),
)


def subjects(inventory: Inventory) -> Iterable[Traffic]:
    """Each place with computes in a subnet."""
    return by_place(inventory, ("azure-ml-services",), lambda posed: "/file:" in posed.intent.question)


def check(traffic: Traffic, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for each rule that refuses it, a doubt where it cannot be told."""
    yield from refused(CONTROL, traffic, traffic.judged(environment))
