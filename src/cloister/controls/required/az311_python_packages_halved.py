"""AZ311: pip finds packages and their files."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import training_guide
from cloister.controls.traffic import Traffic, by_place, refused
from cloister.inventory.azure import Inventory

_PACKS = ("packages-python",)

CONTROL = Control(
    id="AZ311",
    title="Where Python packages come from the public index, computes reach the index and its files",
    why="pypi.org names the packages, and their files lie on files.pythonhosted.org: with one of the two, pip "
    "finds everything and installs nothing.",
    remedy="Permit both names, or switch the pack packages-python off and point pip to an index of your own.",
    severity=Severity.LOW,
    pillar=Pillar.OPERATIONS,
    decided=Decided.REACH,
    sources=(training_guide("Required public internet access: host names for packages and Visual Studio Code"),),
    aliases=("S2-49",),
)


def subjects(inventory: Inventory) -> Iterable[Traffic]:
    """Each place from which it is asked."""
    return by_place(inventory, _PACKS, lambda _: True)


def check(traffic: Traffic, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for each rule that refuses it, a doubt where it cannot be told."""
    yield from refused(CONTROL, traffic, traffic.judged(environment))
