"""AZ354: pipelines run on agents that reach what is closed."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Due, Environment, Finding, Pillar, Severity
from cloister.controls.sources import network_security_guide
from cloister.controls.traffic import Traffic, by_place, refused
from cloister.inventory.azure import Inventory

_NEED = "deployment from outside"

CONTROL = Control(
    id="AZ354",
    title="Pipelines run on agents that reach the workspace, inside or in a network that is peered",
    why="An agent of the pipeline service comes from the internet, where nothing answers it; letting in its "
    "address ranges opens the door to every customer of that service.",
    remedy="Run agents on machines in a network of your own or one that is peered, or state which ranges of "
    "hosted agents are let in.",
    severity=Severity.HIGH,
    pillar=Pillar.OPERATIONS,
    decided=Decided.REACH,
    sources=(network_security_guide("Azure-hosted agents vs. self-hosted agents: three ways to implement access"),),
    aliases=("S0-23", "S3-R8"),
    question="Which agents run the pipelines: hosted ones whose address ranges are let in, or that come by VPN?",
)


def subjects(inventory: Inventory) -> Iterable[Traffic]:
    """What each agent inside needs to deploy, or the lack of agents, where a workspace is closed and is deployed to."""
    closed = any(not workspace.public_network_access for workspace in inventory.workspaces)
    return by_place(inventory, ("three-loops",), lambda posed: posed.heading == _NEED) if closed else ()


def check(traffic: Traffic, environment: Environment) -> Iterator[Finding | Doubt | Due]:
    """A finding for what an agent does not reach; due where none stands here: hosted ones may be let in."""
    if traffic.place == _NEED:
        yield CONTROL.due("the environment", at=environment.inventory.origin)
        return
    yield from refused(CONTROL, traffic, traffic.judged(environment))
