"""AZ141: everybody knows how fast a model has to answer."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import well_architected
from cloister.inventory.azure import Inventory
from cloister.inventory.azure.wishes import Requirements

CONTROL = Control(
    id="AZ141",
    title="It is said how fast models answer, how many requests, with how many errors, and how available they are",
    why="Sizes, numbers and scaling of deployments follow from these four; without them they are guesses.",
    remedy="State response_ms, requests_per_second, error_percent and availability under requirements.",
    severity=Severity.MEDIUM,
    pillar=Pillar.PERFORMANCE,
    decided=Decided.ATTESTED,
    sources=(
        well_architected("Performance Efficiency: define the acceptable performance targets for deployed models"),
    ),
    aliases=("WAF-PERF-C2",),
    question="What do deployed models promise: time of response, load, errors, availability, and is it measured?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """The environment as a whole."""
    return (inventory,)


def check(inventory: Inventory, _: Environment) -> Iterator[Due]:
    """Due where one of the four is not stated."""
    wanted = inventory.requirements
    if wanted is None or None in _targets(wanted):
        yield CONTROL.due("the environment", at=inventory.origin)


def _targets(wanted: Requirements) -> tuple[float | None, ...]:
    return wanted.response_ms, wanted.requests_per_second, wanted.error_percent, wanted.availability
