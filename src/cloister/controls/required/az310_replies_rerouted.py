"""AZ310: the replies to the service leave as its commands came."""

from collections.abc import Iterable, Iterator

from cloister.ask.judgement import Standing
from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.required.az309_commands_refused import COMMANDS, REQUIRED
from cloister.controls.sources import training_guide
from cloister.controls.traffic import Traffic, by_place
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ310",
    title="Where a route sends everything to a firewall, the replies to the service's commands are excepted",
    why="The command comes to the node's own address and the reply goes to a firewall that never saw it: it drops what "
    "it does not know, and the compute is never made.",
    remedy="Add a route for the tag AzureMachineLearning with next hop Internet, or give nodes no public address.",
    severity=Severity.HIGH,
    pillar=Pillar.OPERATIONS,
    decided=Decided.REACH,
    sources=(training_guide("Public IP: a user-defined route where a firewall is used with the network"),),
    aliases=("S2-38",),
)


def subjects(inventory: Inventory) -> Iterable[Traffic]:
    """The way of the service's commands to the computes with public addresses."""
    return by_place(inventory, (REQUIRED,), lambda posed: posed.need == COMMANDS)


def check(traffic: Traffic, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for each compute whose replies a route sends elsewhere; whether filters let commands in is AZ309's."""
    for one in traffic.judged(environment):
        if one.standing is Standing.MET or not one.intent.mend:
            continue
        name, origin = one.question.partition(" -> ")[2].partition(":")[0], one.intent.origin
        message = "its replies to the service's commands go to a firewall, which did not see the commands"
        if one.standing is Standing.MISSED:
            yield CONTROL.finding(f'"{name}"', message, at=origin, mend=one.intent.mend)
        else:
            message = f"whether the service's commands find their way back cannot be told: {one.verdict.reason}"
            yield CONTROL.doubt(f'"{name}"', message, at=origin, mend=one.mend)
