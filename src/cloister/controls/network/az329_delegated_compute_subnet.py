"""AZ329: computes stand in subnets that no other service owns."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import training_guide
from cloister.inventory.azure import Inventory, Subnet

CONTROL = Control(
    id="AZ329",
    title="Subnets with computes are delegated to no other service",
    why="A delegated subnet takes the resources of its service alone: no instance or cluster is made in it.",
    remedy="Take the delegation off, or put the computes into a subnet of their own.",
    severity=Severity.HIGH,
    pillar=Pillar.OPERATIONS,
    decided=Decided.INVENTORY,
    sources=(training_guide("Prerequisites: the subnet is not delegated to other Azure services"),),
    aliases=("S2-05",),
)


def subjects(inventory: Inventory) -> Iterable[tuple[str, Subnet]]:
    """The subnets in which computes or serverless jobs stand, by their full names."""
    used = {one.subnet for one in inventory.computes} | {one.serverless_subnet for one in inventory.workspaces}
    named = ((f"{network.name}/{subnet.name}", subnet) for network, subnet in inventory.subnets())
    return [(name, subnet) for name, subnet in named if name in used]


def check(named: tuple[str, Subnet], _: Environment) -> Iterator[Finding]:
    """A finding where the subnet is delegated."""
    name, subnet = named
    if subnet.delegation is not None:
        message = f"computes stand in it, and it is delegated to {subnet.delegation}"
        mend = "remove the delegation, or choose another subnet for the computes"
        yield CONTROL.finding(f'subnet "{name}"', message, at=subnet.origin.of("delegation"), mend=mend)
