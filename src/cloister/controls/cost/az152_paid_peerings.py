"""AZ152: somebody knows what crosses the peerings."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import price
from cloister.controls.wording import listed
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ152",
    title="What crosses the peerings of the networks is known, and its price accepted",
    why="A gigabyte over a peering is paid for twice, where it leaves and where it comes in: a lake on the wrong side "
    "of one costs more than the machines that read it.",
    remedy="Put what moves much data into one network, and estimate the rest.",
    severity=Severity.LOW,
    pillar=Pillar.COST,
    decided=Decided.ATTESTED,
    sources=(price("Virtual Network", "peering: data in and out, at both ends", "virtual-network"),),
    aliases=("S0-C4",),
    question="How much data crosses the peerings in a month, and is its price accepted?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """The environment, where networks are peered."""
    return (inventory,) if inventory.peerings else ()


def check(inventory: Inventory, _: Environment) -> Iterator[Due]:
    """Due: no description tells how much data flows."""
    pairs = {tuple(sorted((one.network, one.remote))) for one in inventory.peerings}
    named = listed(f"{first} with {second}" for first, second in sorted(pairs))
    message = f"the input does not tell how much data crosses the peerings of {named}, which pay at both ends"
    yield CONTROL.due("the peerings", at=inventory.peerings[0].origin, message=message)
