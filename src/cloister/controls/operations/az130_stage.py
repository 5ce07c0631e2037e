"""AZ130: everybody knows what an environment is for."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import network_security_guide
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ130",
    title="The environment says whether it is for development, test or production",
    why="Development may be looser than production, but only where nobody takes the one for the other.",
    remedy="State requirements.stage.",
    severity=Severity.LOW,
    pillar=Pillar.OPERATIONS,
    decided=Decided.ATTESTED,
    sources=(network_security_guide("Environments: development may have looser rules than staging and production"),),
    aliases=("S0-33",),
    question="Is this environment for development, test or production (requirements.stage)?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """The environment as a whole."""
    return (inventory,)


def check(inventory: Inventory, _: Environment) -> Iterator[Due]:
    """Due where no stage is stated."""
    if inventory.requirements is None or inventory.requirements.stage is None:
        yield CONTROL.due("the environment", at=inventory.origin)
