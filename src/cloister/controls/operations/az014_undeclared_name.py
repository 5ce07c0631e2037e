"""AZ014: every name that is used is declared."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import network_security_guide, well_architected
from cloister.inventory.azure import Inventory
from cloister.origin import Origin

CONTROL = Control(
    id="AZ014",
    title="Every name that the configuration refers to is declared",
    why="A configuration that cannot be planned was never run: what it says about closure, nobody has seen.",
    remedy="Declare what is referred to, or correct the reference.",
    severity=Severity.MEDIUM,
    pillar=Pillar.OPERATIONS,
    decided=Decided.INVENTORY,
    sources=(
        network_security_guide("Terraform examples"),
        well_architected("Operational excellence: infrastructure as code"),
    ),
    aliases=("S0-32",),
)


def subjects(inventory: Inventory) -> Iterable[tuple[str, Origin]]:
    """The names that are not declared, or else the environment as a whole, whose names all are."""
    return inventory.undeclared or (("", inventory.origin),)


def check(reference: tuple[str, Origin], _: Environment) -> Iterator[Finding]:
    """A finding for each name."""
    name, origin = reference
    if name:
        yield CONTROL.finding(
            f'"{name}"',
            "it is referred to, but nothing declares it",
            at=origin,
            mend="declare it, or correct the reference",
        )
