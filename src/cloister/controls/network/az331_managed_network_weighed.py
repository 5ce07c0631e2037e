"""AZ331: a network of one's own is a choice."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import training_guide
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ331",
    title="Where networks are one's own, a managed network was weighed",
    why="Azure can keep the network of the computes, with its endpoints and its list of names: whoever builds one "
    "by hand keeps every rule of it for years.",
    remedy="Weigh a managed network, and write down why it is not enough.",
    severity=Severity.LOW,
    pillar=Pillar.OPERATIONS,
    decided=Decided.ATTESTED,
    sources=(training_guide("Managed virtual networks in the place of the steps in the article"),),
    aliases=("S2-57",),
    question="Was a managed network weighed, and why is it not used?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """An environment with a workspace that has no managed network."""
    return (inventory,) if any(one.managed_network == "Disabled" for one in inventory.workspaces) else ()


def check(inventory: Inventory, _: Environment) -> Iterator[Due]:
    """Always due."""
    yield CONTROL.due("the environment", at=inventory.origin)
