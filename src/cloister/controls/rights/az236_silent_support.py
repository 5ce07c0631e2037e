"""AZ236: Microsoft's support asks first."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import security_baseline
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ236",
    title="Microsoft's support sees data only after somebody approved it",
    why="To solve a case, an engineer of the provider may need to look at your data. Without Customer Lockbox nobody "
    "of yours is asked.",
    remedy="Turn on Customer Lockbox for the tenant.",
    severity=Severity.LOW,
    pillar=Pillar.SECURITY,
    decided=Decided.ATTESTED,
    sources=(security_baseline("PA-8: Determine access process for cloud provider support, Customer Lockbox"),),
    aliases=("MSB-PA-8",),
    question="is Customer Lockbox on",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """The environment as a whole, where it has a workspace."""
    return (inventory,) if inventory.workspaces else ()


def check(inventory: Inventory, _: Environment) -> Iterator[Due]:
    """Due: no description of an environment tells."""
    yield CONTROL.due("the environment", at=inventory.origin)
