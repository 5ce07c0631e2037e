"""AZ318: people open notebooks on their instance."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import training_guide
from cloister.controls.traffic import Traffic, by_place, refused
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ318",
    title="People reach the notebooks of the workspace and of each instance by its name",
    why="Jupyter keeps a WebSocket open to the instance's own name: a proxy or firewall that knows the "
    "workspace's names alone opens a page that never answers.",
    remedy="Forward and permit the suffix of the instances, and let WebSocket through, for whoever works on them.",
    severity=Severity.MEDIUM,
    pillar=Pillar.OPERATIONS,
    decided=Decided.REACH,
    sources=(
        training_guide("Prerequisites: WebSocket communication to *.instances.azureml.net and *.instances.azureml.ms"),
    ),
    aliases=("S2-03",),
)


def subjects(inventory: Inventory) -> Iterable[Traffic]:
    """Each place where people work."""
    return by_place(inventory, ("notebooks",), lambda _: True)


def check(traffic: Traffic, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for each rule that refuses it, a doubt where it cannot be told."""
    yield from refused(CONTROL, traffic, traffic.judged(environment))
