"""AZ309: the service's commands reach computes with public addresses."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import training_guide
from cloister.controls.traffic import Traffic, by_place, refused
from cloister.inventory.azure import Inventory
from cloister.verdict import Layer

COMMANDS = "commands from the service"
REQUIRED = "azure-ml-required"

CONTROL = Control(
    id="AZ309",
    title="Filters let the service's commands in on TCP 44224 to computes with public addresses",
    why="Azure puts a filter of its own before such a node, with a rule for these commands; a filter of the subnet "
    "that refuses them undoes it, and the node is never made.",
    remedy="Take public addresses from the nodes, or allow TCP 44224 from the tag AzureMachineLearning.",
    severity=Severity.HIGH,
    pillar=Pillar.OPERATIONS,
    decided=Decided.REACH,
    sources=(
        training_guide("Public IP: allow inbound TCP traffic on port 44224 from the AzureMachineLearning service tag"),
        training_guide("Public IP: rules of a filter on the subnet do not conflict with those of the filter made"),
    ),
    aliases=("S2-36", "S2-37", "S0-30"),
)


def subjects(inventory: Inventory) -> Iterable[Traffic]:
    """The way of the service's commands to each compute with a public address; where they come from is the place."""
    return by_place(inventory, (REQUIRED,), lambda posed: posed.need == COMMANDS)


def check(traffic: Traffic, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for each filter that refuses them, a doubt where it cannot be told; routes are asked of AZ310."""
    judged = (one for one in traffic.judged(environment) if one.decisive.layer is Layer.FILTER or not one.intent.mend)
    yield from refused(CONTROL, traffic, judged)
