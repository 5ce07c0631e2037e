"""AZ107: models that must not fail are served in two regions."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import well_architected
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ107",
    title="Models whose loss cannot be borne are served in a second region as well",
    why="A region fails as a whole now and then; an endpoint that stands there alone fails with it.",
    remedy="Deploy the model in a second region, and put a balancer of both in front.",
    severity=Severity.MEDIUM,
    pillar=Pillar.RELIABILITY,
    decided=Decided.ATTESTED,
    sources=(well_architected("Reliability: multi-region model deployment"),),
    aliases=("WAF-REL-R1",),
    question="Is the model served in a second region, or can its loss be borne until the region is back?",
)

_ONE_REGION = 99.95
"""Percents; what is to be available for less than that may stand in one region."""


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """The environment, unless its owner asks for less than a second region gives."""
    wanted = inventory.requirements.availability if inventory.requirements else None
    return () if wanted is not None and wanted < _ONE_REGION else (inventory,)


def check(inventory: Inventory, _: Environment) -> Iterator[Due]:
    """One environment describes one region: of the second, a person tells."""
    yield CONTROL.due("the environment", at=inventory.origin)
