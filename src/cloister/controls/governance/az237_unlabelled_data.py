"""AZ237: sensitive data is known."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import security_baseline
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ237",
    title="It is known which data is sensitive",
    why="Nobody guards what nobody knows of: personal data is copied into a lake for training, and stays.",
    remedy="Scan the data sources with Microsoft Purview, and keep the labels.",
    severity=Severity.LOW,
    pillar=Pillar.SECURITY,
    decided=Decided.ATTESTED,
    sources=(security_baseline("DP-1: Discover, classify, and label sensitive data"),),
    aliases=("MSB-DP-1",),
    question="are the data sources scanned for sensitive data, and is it labelled",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """The environment as a whole, where it has a workspace."""
    return (inventory,) if inventory.workspaces else ()


def check(inventory: Inventory, _: Environment) -> Iterator[Due]:
    """Due: no description of an environment tells."""
    yield CONTROL.due("the environment", at=inventory.origin)
