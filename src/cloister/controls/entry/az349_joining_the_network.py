"""AZ349: somebody may put computes into the network."""

from collections.abc import Iterable, Iterator

from cloister.access.azure.definitions import Operation
from cloister.ask.rights.holding import Rights
from cloister.ask.rights.principals import Who, all_principals
from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.sources import training_guide
from cloister.inventory.azure import Compute, Inventory
from cloister.verdict import Answer

_CREATE = Operation("Microsoft.MachineLearningServices/workspaces/computes/write")
_READ = Operation("Microsoft.Network/virtualNetworks/read")
_JOIN = Operation("Microsoft.Network/virtualNetworks/join/action")
_JOIN_SUBNET = Operation("Microsoft.Network/virtualNetworks/subnets/join/action")

CONTROL = Control(
    id="AZ349",
    title="Who makes computes may read and join their network and subnet",
    why="A role on the workspace is not enough: without the right to join the subnet every creation fails, with a "
    "message that speaks of neither.",
    remedy="Give whoever deploys a role with the three actions on the network, such as Network Contributor.",
    severity=Severity.MEDIUM,
    pillar=Pillar.OPERATIONS,
    decided=Decided.REACH,
    sources=(training_guide("Prerequisites: Azure role-based access control on the network and the subnet"),),
    aliases=("S2-08", "S2-09", "S2-10"),
    question="May whoever makes computes read and join their network, and join their subnet?",
)


def subjects(inventory: Inventory) -> Iterable[Compute]:
    """The first compute of each subnet: the others stand behind the same rights."""
    return {one.subnet: one for one in reversed(inventory.computes) if one.subnet}.values()


def check(compute: Compute, environment: Environment) -> Iterator[Finding | Due]:
    """A finding for who may join half of the way; due where none of the principals that are described may do it all.

    Whoever deploys may be none of them, and of those who may make computes not all have to.
    """
    inventory, subnet = environment.inventory, compute.subnet or ""
    rights, workspace = environment.rights, inventory.workspace_of(compute)
    thing, place = f'compute {compute.kind} "{compute.name}"', compute.origin.of("subnet")
    made = [who for who in all_principals(inventory) if workspace and _may(rights, who, _CREATE, workspace.name)]
    held = {who.words: [at for one, at in _wanted(subnet) if _may(rights, who, one, at)] for who in made}
    if any(len(found) == len(_wanted(subnet)) for found in held.values()):
        return
    halves = {words: found for words, found in held.items() if found}
    for words in halves:
        message = f"{words} may make it, and holds some of the rights on {subnet}, and not all"
        yield CONTROL.finding(thing, message, at=place)
    if not halves:
        yield CONTROL.due(thing, at=place)


def _wanted(subnet: str) -> tuple[tuple[Operation, str], ...]:
    network = subnet.partition("/")[0]
    return (_READ, network), (_JOIN, network), (_JOIN_SUBNET, subnet)


def _may(rights: Rights, who: Who, operation: Operation, at: str) -> bool:
    return rights.by_role(who, operation, at).answer is Answer.ALLOW
