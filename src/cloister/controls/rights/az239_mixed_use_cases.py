"""AZ239: one use case a workspace."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import well_architected
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ239",
    title="Each workspace serves one use case or project",
    why="In a workspace everybody sees the data and experiments of everybody. Two projects in one are two sets of "
    "people too many.",
    remedy="Give each use case a workspace of its own.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.ATTESTED,
    sources=(well_architected("Security: use case segregation for workspaces"),),
    aliases=("WAF-SEC-C4",),
    question="does each workspace serve one use case or project",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """The environment as a whole, where it has a workspace."""
    return (inventory,) if inventory.workspaces else ()


def check(inventory: Inventory, _: Environment) -> Iterator[Due]:
    """Due: no description of an environment tells."""
    yield CONTROL.due("the environment", at=inventory.origin)
