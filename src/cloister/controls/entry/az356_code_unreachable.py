"""AZ356: code is reached where it is kept."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import lately
from cloister.controls.traffic import Traffic, by_place, refused
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ356",
    title="Computes and agents reach the repositories, on a server of one's own or the public service",
    why="Where the public service is forbidden and no server stands inside, code travels by mail and memory stick.",
    remedy="Put a server such as GitHub Enterprise Server or Azure DevOps Server into a network that is peered, "
    "or permit the public one by name.",
    severity=Severity.MEDIUM,
    pillar=Pillar.OPERATIONS,
    decided=Decided.REACH,
    sources=(
        lately("Azure DevOps Server", "Install and configure on-premises", "azure/devops/server/install/get-started"),
    ),
    aliases=("S3-R7",),
)


def subjects(inventory: Inventory) -> Iterable[Traffic]:
    """Each compute and each agent that uses repositories."""
    return by_place(inventory, ("source-control",), lambda _: True)


def check(traffic: Traffic, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for each rule that refuses it, a doubt where it cannot be told."""
    yield from refused(CONTROL, traffic, traffic.judged(environment))
