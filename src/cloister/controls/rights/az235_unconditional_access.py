"""AZ235: conditional access covers the workspace."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import security_baseline
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ235",
    title="Conditional Access covers the sign-in to Azure Machine Learning",
    why="A stolen password is enough from any machine in the world, unless the sign-in asks for more than that.",
    remedy="Add Azure Machine Learning to a Conditional Access policy with multifactor authentication.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.ATTESTED,
    sources=(
        security_baseline("IM-7: Restrict resource access based on conditions, Conditional Access for data plane"),
    ),
    aliases=("MSB-IM-7",),
    question="does a Conditional Access policy cover the sign-in to Azure Machine Learning",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """The environment as a whole, where it has a workspace."""
    return (inventory,) if inventory.workspaces else ()


def check(inventory: Inventory, _: Environment) -> Iterator[Due]:
    """Due: no description of an environment tells."""
    yield CONTROL.due("the environment", at=inventory.origin)
