"""AZ346: computes without public addresses are of the time after the preview."""

from collections.abc import Iterable, Iterator
from datetime import date

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.sources import training_guide
from cloister.inventory.azure import Compute, Inventory

_GENERAL = date(2023, 1, 20)  # when computes without public addresses left the preview

CONTROL = Control(
    id="AZ346",
    title="Computes without public addresses were made after the preview ended",
    why="What was made during the preview of 2022 leaves by ways that are no longer asked for, and has to be "
    "deleted and made anew.",
    remedy="Delete the compute and make it again.",
    severity=Severity.MEDIUM,
    pillar=Pillar.OPERATIONS,
    decided=Decided.EXPORT,
    sources=(training_guide("No public IP: delete and recreate after January 20, 2023"),),
    aliases=("S2-19",),
    question="Was the compute made after 2023-01-20?",
)


def subjects(inventory: Inventory) -> Iterable[Compute]:
    """Computes in subnets without public addresses."""
    return [one for one in inventory.computes if one.subnet and not one.node_public_ip]


def check(compute: Compute, environment: Environment) -> Iterator[Finding | Due]:
    """A finding for one that was made before; due where nobody collected when it was made."""
    observed = environment.inventory.observed
    seen = observed.computes or () if observed else ()
    made = next((one.created_on for one in seen if one.name == compute.name), None)
    thing = f'compute {compute.kind} "{compute.name}"'
    if made is None:
        yield CONTROL.due(thing, at=compute.origin)
    elif made < _GENERAL:
        yield CONTROL.finding(thing, f"it was made on {made}, during the preview", at=compute.origin)
